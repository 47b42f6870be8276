//! One signed list: of the objects of its bucket, or of the buckets.

use std::time::Duration;

use super::answer::Answer;
use super::web;
use crate::base::{Clock, SystemClock};
use crate::cli::aws_credential::AwsLogin;
use crate::cli::failure::Failure;
use crate::credentials::Credential;
use crate::presign::sigv4::{Request, Scope, Service, presign};
use crate::presign::{Error, Method};

pub(super) fn ask(credential: &Credential, patience: Duration) -> Result<Answer, Failure> {
    let login = AwsLogin::of(credential)?;
    let (endpoint, region) = login.place()?;
    let server = login.endpoint.clone().unwrap_or_else(|| format!("S3 in {}", region.as_str()));
    let get = Method::parse("GET")?;
    let request = match &login.bucket {
        Some(bucket) => Request::new(get, &endpoint, format!("/{bucket}").as_bytes())?
            .query("list-type", "2")?
            .query("max-keys", "1")?,
        None => Request::new(get, &endpoint, b"/")?,
    };
    let scope = Scope { region, service: Service::s3() };
    let url = presign(&request, &login.credentials, &scope, LIFETIME, SystemClock.now()).map_err(told)?;
    let found = match web::get(url.expose(), None, patience) {
        Ok(found) => found,
        Err(said) => return Ok(Answer::bad(server, said)),
    };
    if found.status == 200 {
        let said = match &login.bucket {
            Some(bucket) => format!("it lists the bucket {bucket}"),
            None => format!("it lists {} buckets", found.body.matches("<Bucket>").count()),
        };
        return Ok(Answer::good(server, said));
    }
    let code = found.body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map_or(String::new(), |(code, _)| {
        format!(" ({})", code.chars().take(MAX_CODE_LEN).collect::<String>())
    });
    Ok(Answer::bad(server, found.status_line() + &code))
}

fn told(error: Error) -> Failure {
    error.into()
}

const LIFETIME: Duration = Duration::from_secs(60);
const MAX_CODE_LEN: usize = 60;
