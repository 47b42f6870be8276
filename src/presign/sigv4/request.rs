//! What is signed, and for which service.

use crate::presign::Error;
use crate::presign::addressing::Region;
use crate::presign::endpoint::Endpoint;
use crate::presign::fields::Fields;
use crate::presign::method::Method;
use crate::presign::percent::{Slash, encode_onto, encoded_len};

/// A request as it will be sent, less the signature.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) origin: String,
    pub(super) host: String,
    /// Percent-encoded once, as it is sent.
    pub(super) path: String,
    pub(super) query: Fields,
    pub(super) headers: Fields,
    pub(super) body_sha256: Option<[u8; 32]>,
}

/// What a signature holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Where.
    pub region: Region,
    /// What.
    pub service: Service,
}

/// A service, and the ways in which its signatures differ from others'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub(super) name: String,
    pub(super) body: Body,
    pub(super) path_steps: PathSteps,
    pub(super) encoded_path: EncodedPath,
    pub(super) token_place: TokenPlace,
}

/// What becomes of `.`, `..` and doubled slashes in the path that is signed. The URL keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathSteps {
    /// They stay: S3.
    Kept,
    /// They are resolved (RFC 3986, 5.2.4): all others.
    Resolved,
}

/// How often the path that is signed is percent-encoded. In the URL it is so once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodedPath {
    /// Once: S3.
    Once,
    /// Twice: all others.
    Twice,
}

/// Where a session token comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPlace {
    /// It is signed like the rest.
    Signed,
    /// It is appended after the signature: AWS `IoT`.
    AfterSignature,
}

/// What is signed of a body that nobody gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Unsigned,
    Empty,
}

impl Request {
    /// A request to the server for `path`, which begins with a slash and is not percent-encoded yet.
    pub fn new(method: Method, server: &Endpoint, path: &[u8]) -> Result<Self, Error> {
        if !path.starts_with(b"/") {
            return Err(Error::Url("has a path that does not begin with a slash"));
        }
        let mut encoded = String::with_capacity(server.base_path().len() + encoded_len(path, Slash::Kept));
        encoded.push_str(server.base_path());
        encode_onto(&mut encoded, path, Slash::Kept);
        Ok(Self {
            method,
            origin: server.origin(),
            host: server.host_header(),
            path: encoded,
            query: Fields::default(),
            headers: Fields::default(),
            body_sha256: None,
        })
    }

    /// The same with a query parameter, neither half encoded yet.
    pub fn query(mut self, name: &str, value: &str) -> Result<Self, Error> {
        check_parameter(name)?;
        self.query.push(name.to_owned(), value);
        Ok(self)
    }

    /// The same with a header that has to be sent exactly so. Values of one name are joined in their order.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let name = check_header(name, value)?;
        self.headers.push(name, value);
        Ok(self)
    }

    /// The same with the SHA-256 of the body. Without one S3 takes any body, and other services take none.
    #[must_use]
    pub fn body_sha256(mut self, sha256: [u8; 32]) -> Self {
        self.body_sha256 = Some(sha256);
        self
    }
}

impl Service {
    /// S3.
    #[must_use]
    pub fn s3() -> Self {
        Self {
            name: "s3".into(),
            body: Body::Unsigned,
            path_steps: PathSteps::Kept,
            encoded_path: EncodedPath::Once,
            token_place: TokenPlace::Signed,
        }
    }

    /// A service by the name that it is signed under: `execute-api`, `sts`.
    pub fn named(name: &str) -> Result<Self, Error> {
        if name == "s3" {
            return Ok(Self::s3());
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(Error::Url("is for a service whose name is not made of letters, digits and hyphens"));
        }
        Ok(Self {
            name: name.to_owned(),
            body: Body::Empty,
            path_steps: PathSteps::Resolved,
            encoded_path: EncodedPath::Twice,
            token_place: TokenPlace::Signed,
        })
    }

    /// The same with another way to sign its paths.
    #[must_use]
    pub fn with_path(mut self, steps: PathSteps, encoded: EncodedPath) -> Self {
        self.path_steps = steps;
        self.encoded_path = encoded;
        self
    }

    /// The same with session tokens somewhere else.
    #[must_use]
    pub fn with_token_place(mut self, place: TokenPlace) -> Self {
        self.token_place = place;
        self
    }
}

/// The lower-case name of a header that can be signed.
pub(in crate::presign) fn check_header(name: &str, value: &str) -> Result<String, Error> {
    let lower = name.to_ascii_lowercase();
    // RFC 9110, section 5.6.2. What is no name may be a value that got into its place: it is not told.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if lower.is_empty() || !lower.bytes().all(is_token) {
        return Err(Error::HeaderName);
    }
    let refused = |reason| Error::Header { name: lower.clone(), reason };
    if !value.bytes().all(|byte| byte == b' ' || byte == b'\t' || byte.is_ascii_graphic()) {
        return Err(refused("has a value with characters that are not printable ASCII"));
    }
    if OWN_HEADERS.contains(&lower.as_str()) {
        return Err(refused("is the signature's own"));
    }
    if CHANGED_ON_THE_WAY.contains(&lower.as_str()) {
        return Err(refused("may be changed on the way and is not signed"));
    }
    Ok(lower)
}

/// Fails for the parameters that the signature itself brings, in any case.
pub(in crate::presign) fn check_parameter(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::Url("has a query parameter without a name"));
    }
    if OWN_PARAMETERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err(Error::ReservedParameter(name.to_owned()));
    }
    Ok(())
}

const OWN_HEADERS: &[&str] = &["authorization", "host", "x-amz-date", "x-amz-security-token"];
/// The headers that SDKs of AWS leave unsigned.
const CHANGED_ON_THE_WAY: &[&str] = &[
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];
const OWN_PARAMETERS: &[&str] = &[
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];
