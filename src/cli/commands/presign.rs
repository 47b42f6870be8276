//! `presign`: a URL for one thing with one object in S3.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use serde::Serialize;

use crate::base::{Clock, SystemClock, to_rfc3339};
use crate::cli::args::PresignArgs;
use crate::cli::aws_credential::AwsLogin;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{aws_environment, credential_store, json};
use crate::credentials::{CredentialStore, Name, Selector};
use crate::presign::{Addressing, Endpoint, Method, ObjectRequest, PlainHttp, Region, S3Signer, SignedUrl};

pub(in crate::cli) fn run(args: &PresignArgs, context: &Context) -> Result<Exit, Failure> {
    let request = request(args)?;
    let kept = kept(args, context)?;
    let endpoint_url = args.endpoint.as_ref().or(kept.as_ref().and_then(|kept| kept.endpoint.as_ref()));
    let region = region(args, kept.as_ref(), endpoint_url.is_some())?;
    let plain_http = match &kept {
        _ if args.allow_http => PlainHttp::Allowed,
        Some(kept) if args.endpoint.is_none() => kept.plain_http,
        _ => PlainHttp::LoopbackOnly,
    };
    let endpoint = match endpoint_url {
        Some(url) => Endpoint::parse(url, plain_http)?,
        None => Endpoint::aws(&region)?,
    };
    let addressing = match (args.path_style, args.virtual_host) {
        (true, _) => Addressing::Path,
        (_, true) => Addressing::VirtualHost,
        _ => Addressing::Auto,
    };
    let credentials = match kept {
        Some(kept) => kept.credentials,
        None => aws_environment::credentials()?,
    };
    let signer = S3Signer::new(endpoint, region, credentials).with_addressing(addressing);
    let url = signer.presign(&request, args.expires.0, SystemClock.now())?;

    if url.life_left(url.signed_at()) < args.expires.0 {
        let end = to_rfc3339(url.expires_at());
        context.terminal.note(&format!("valid until {end} only, when the credential ends"));
    }
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in url.headers() {
        headers.entry(name).and_modify(|values| *values += ",").or_default().push_str(value);
    }
    if !headers.is_empty() {
        let names = headers.keys().copied().collect::<Vec<_>>().join(", ");
        context.terminal.note(&format!("works only with the headers that were given: {names}"));
    }
    context.terminal.print(&if context.json {
        json::line(&Presigned::new(context.verb, &url, headers))
    } else {
        url.expose().to_owned() + "\n"
    })?;
    Ok(Exit::Done)
}

fn request(args: &PresignArgs) -> Result<ObjectRequest, Failure> {
    let method = Method::parse(&args.method.to_ascii_uppercase())?;
    let (bucket, key) = bucket_and_key(&args.object).ok_or_else(|| {
        Failure::usage("the object is not of the form s3://BUCKET/KEY")
            .hint("name an object: s3://BUCKET/KEY")
    })?;
    let mut request = ObjectRequest::new(method, bucket, key)?;
    if let Some(version) = &args.version_id {
        request = request.version(version)?;
    }
    // What is wrong in an argument may be secret: its value is not repeated.
    for parameter in &args.query {
        let (name, value) =
            parameter.split_once('=').ok_or_else(|| Failure::usage("a --query is not NAME=VALUE"))?;
        request = request.query(name, value)?;
    }
    for header in &args.header {
        let (name, value) =
            header.split_once(':').ok_or_else(|| Failure::usage("a --header is not NAME:VALUE"))?;
        if SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(Failure::usage(format!("the value of the header `{name}` is a secret"))
                .hint("everybody on this machine can read arguments: sign it through the library"));
        }
        request = request.header(name, value.trim())?;
    }
    Ok(request)
}

fn bucket_and_key(object: &OsStr) -> Option<(&str, &[u8])> {
    let place = object.as_encoded_bytes().strip_prefix(b"s3://")?;
    let slash = place.iter().position(|byte| *byte == b'/')?;
    Some((std::str::from_utf8(&place[..slash]).ok()?, &place[slash + 1..]))
}

/// The access key that is named.
fn kept(args: &PresignArgs, context: &Context) -> Result<Option<AwsLogin>, Failure> {
    let Some(name) = &args.credential else { return Ok(None) };
    let name: Name = name.parse()?;
    let store = credential_store::open(&args.stores, context)?;
    AwsLogin::of(&store.get(&name, Selector::CURRENT)?).map(Some)
}

fn region(args: &PresignArgs, kept: Option<&AwsLogin>, has_endpoint: bool) -> Result<Region, Failure> {
    let kept = || kept.and_then(|kept| kept.region.clone());
    let name = args.region.clone().or_else(kept).or_else(aws_environment::region);
    match name {
        Some(name) => Ok(Region::parse(&name)?),
        None if has_endpoint => Ok(Region::parse(USUAL_REGION)?),
        None => Err(Failure::usage("no region was given").hint("pass --region REGION or export AWS_REGION")),
    }
}

#[derive(Serialize)]
struct Presigned<'u> {
    verb: &'static str,
    url: &'u str,
    method: &'u str,
    headers: BTreeMap<&'u str, String>,
    expires: String,
}

impl<'u> Presigned<'u> {
    fn new(verb: &'static str, url: &'u SignedUrl, headers: BTreeMap<&'u str, String>) -> Self {
        let method = url.methods().first().map_or("", Method::as_str);
        Self { verb, url: url.expose(), method, headers, expires: to_rfc3339(url.expires_at()) }
    }
}

/// What servers that have no regions answer to.
const USUAL_REGION: &str = "us-east-1";
const SECRET_HEADERS: &[&str] = &[
    "cookie",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key",
];
