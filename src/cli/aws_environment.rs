//! The credential and the region that the tools of AWS share through the environment.

use std::env;

use super::failure::Failure;
use crate::ErrorKind;
use crate::base::{SecretText, from_rfc3339};
use crate::presign::{AwsCredentials, Error};

/// The credential in the environment.
pub(super) fn credentials() -> Result<AwsCredentials, Failure> {
    let needed = |name: &'static str| {
        variable(name).ok_or_else(|| {
            Failure::new(ErrorKind::NoKey, format!("there is no credential: `{name}` is not set"))
                .hint("export AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, with a temporary one, AWS_SESSION_TOKEN")
        })
    };
    let id = needed(ID)?;
    let id = std::str::from_utf8(id.expose()).map_err(|_| Error::Credential("access key id is not UTF-8"))?;
    let mut credentials = AwsCredentials::new(id, needed(SECRET)?)?;
    if let Some(token) = variable(TOKEN) {
        credentials = credentials.with_token(token)?;
    }
    if let Some(end) = variable(EXPIRATION) {
        let end = std::str::from_utf8(end.expose()).ok().and_then(from_rfc3339);
        let end = end.ok_or_else(|| {
            Failure::usage(format!("`{EXPIRATION}` is not a time like 2026-01-31T12:00:00Z"))
        })?;
        credentials = credentials.with_expiry(end);
    }
    Ok(credentials)
}

/// The region in the environment.
pub(super) fn region() -> Option<String> {
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"))?;
    Some(String::from_utf8_lossy(region.expose()).into_owned())
}

/// A variable with something in it.
fn variable(name: &str) -> Option<SecretText> {
    let value = SecretText::new(env::var_os(name)?.into_encoded_bytes()).without_final_newline();
    if value.expose().is_empty() { None } else { Some(value) }
}

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
/// What `aws configure export-credentials --format env` sets with a temporary credential.
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";
