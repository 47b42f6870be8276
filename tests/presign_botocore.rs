//! Signed URLs are those of botocore, byte for byte, and the signatures those of AWS's own test suite.
//!
//! `fixtures/presign/botocore.jsonl` is made by `tests/python/check_presign.py`, which also runs this test on thousands of
//! other cases, through `$PRESIGN_CASES`.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_encoding::BASE64;
use modelcrypt::base::SecretText;
use modelcrypt::crypto::sha256;
use modelcrypt::presign::sigv4::{self, EncodedPath, PathSteps, Request, Scope, Service, TokenPlace};
use modelcrypt::presign::{
    Addressing, AwsCredentials, Endpoint, Method, ObjectRequest, PlainHttp, Region, S3Signer, SignedUrl,
};
use serde::Deserialize;

#[test]
fn urls_are_those_of_botocore() {
    let path = std::env::var_os("PRESIGN_CASES").map_or_else(|| fixture("botocore.jsonl"), PathBuf::from);
    let text = fs::read_to_string(path).unwrap();
    let mut count = 0;
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let url = case.signed();
        assert_eq!(url.expose(), case.url, "{line}");
        count += 1;
    }
    assert!(count >= 120, "only {count} cases");
    println!("{count} URLs are those of botocore");
}

#[test]
fn signatures_are_those_of_the_aws_signing_test_suite() {
    let text = fs::read_to_string(fixture("aws-signing-test-suite.json")).unwrap();
    let suite: Vec<SuiteCase> = serde_json::from_str(&text).unwrap();
    assert_eq!(suite.len(), 38);
    for case in suite {
        let url = case.signed();
        let signature = url.expose().split("X-Amz-Signature=").nth(1).unwrap().split('&').next().unwrap();
        assert_eq!(signature, case.signature, "{}", case.name);
    }
}

#[derive(Deserialize)]
struct Case {
    kind: Kind,
    access_key: String,
    secret: String,
    token: Option<String>,
    region: String,
    time: u64,
    expires: u64,
    endpoint: Option<String>,
    addressing: Option<AddressingName>,
    service: Option<String>,
    bucket: Option<String>,
    method: String,
    key: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    S3,
    Service,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum AddressingName {
    Auto,
    Virtual,
    Path,
}

impl Case {
    fn signed(&self) -> SignedUrl {
        let region = Region::parse(&self.region).unwrap();
        let endpoint = match &self.endpoint {
            Some(url) => Endpoint::parse(url, PlainHttp::LoopbackOnly).unwrap(),
            None => Endpoint::aws(&region).unwrap(),
        };
        let credentials = credentials(&self.access_key, &self.secret, self.token.as_deref());
        let key = BASE64.decode(self.key.as_bytes()).unwrap();
        let method = Method::parse(&self.method).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(self.time);
        let lifetime = Duration::from_secs(self.expires);
        match self.kind {
            Kind::S3 => {
                let addressing = match self.addressing.as_ref().unwrap() {
                    AddressingName::Auto => Addressing::Auto,
                    AddressingName::Virtual => Addressing::VirtualHost,
                    AddressingName::Path => Addressing::Path,
                };
                let signer = S3Signer::new(endpoint, region, credentials).with_addressing(addressing);
                let mut request = ObjectRequest::new(method, self.bucket.as_ref().unwrap(), key).unwrap();
                for (name, value) in &self.query {
                    request = request.query(name, value).unwrap();
                }
                for (name, value) in &self.headers {
                    request = request.header(name, value).unwrap();
                }
                signer.presign(&request, lifetime, now).unwrap()
            }
            Kind::Service => {
                let service = Service::named(self.service.as_ref().unwrap()).unwrap();
                let request =
                    with_fields(Request::new(method, &endpoint, &key).unwrap(), &self.query, &self.headers);
                sigv4::presign(&request, &credentials, &Scope { region, service }, lifetime, now).unwrap()
            }
        }
    }
}

#[derive(Deserialize)]
struct SuiteCase {
    name: String,
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<String>,
    token: Option<String>,
    token_is_signed: bool,
    normalize: bool,
    signature: String,
}

impl SuiteCase {
    fn signed(&self) -> SignedUrl {
        let endpoint = Endpoint::parse("https://example.amazonaws.com", PlainHttp::LoopbackOnly).unwrap();
        let steps = if self.normalize { PathSteps::Resolved } else { PathSteps::Kept };
        let place = if self.token_is_signed { TokenPlace::Signed } else { TokenPlace::AfterSignature };
        let service = Service::named("service").unwrap();
        let service = service.with_path(steps, EncodedPath::Once).with_token_place(place);
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let credentials = credentials("AKIDEXAMPLE", secret, self.token.as_deref());
        let method = Method::parse(&self.method).unwrap();
        let request = Request::new(method, &endpoint, self.path.as_bytes()).unwrap();
        let mut request = with_fields(request, &self.query, &self.headers);
        if let Some(body) = &self.body {
            request = request.body_sha256(sha256(body.as_bytes()));
        }
        let scope = Scope { region: Region::parse("us-east-1").unwrap(), service };
        // 2015-08-30T12:36:00Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        sigv4::presign(&request, &credentials, &scope, Duration::from_secs(3600), now).unwrap()
    }
}

fn with_fields(mut request: Request, query: &[(String, String)], headers: &[(String, String)]) -> Request {
    for (name, value) in query {
        request = request.query(name, value).unwrap();
    }
    for (name, value) in headers {
        request = request.header(name, value).unwrap();
    }
    request
}

fn credentials(id: &str, secret: &str, token: Option<&str>) -> AwsCredentials {
    let credentials = AwsCredentials::new(id, SecretText::new(secret.into())).unwrap();
    match token {
        Some(token) => credentials.with_token(SecretText::new(token.into())).unwrap(),
        None => credentials,
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/presign").join(name)
}
