//! The form of a gateway's URLs. There is one way to write each: what a proxy, a framework and the verifier could read
//! in different ways is refused before it is signed, and again before it is believed.

use super::Error;
use super::endpoint::{PATH_ALSO, Scheme, checked_host, host_header};
use super::method::Method;
use super::percent::decode_canonical;
use super::url_key::check_kid;

/// What of a URL is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target<'u> {
    /// Lower case, with its port unless that is the usual one.
    pub(super) host: String,
    /// As it is sent.
    pub(super) path: &'u str,
    /// As it is sent; `None` is not the same as empty.
    pub(super) query: Option<&'u str>,
}

/// The fields that a signature adds to a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignedFields<'u> {
    pub(super) kid: &'u str,
    pub(super) expires: u64,
    pub(super) not_before: Option<u64>,
    /// As it is listed.
    pub(super) methods: &'u str,
    pub(super) signature: &'u str,
    /// The query up to the signature.
    pub(super) signed_query: &'u str,
}

impl<'u> Target<'u> {
    /// Takes an absolute URL apart.
    pub(super) fn of_url(url: &'u str) -> Result<(Scheme, Self), Error> {
        let (scheme, rest) =
            Scheme::split(url).ok_or(Error::Url("begins with neither https:// nor http://"))?;
        let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at(at);
        checked_host(authority).map_err(Error::Url)?;
        Ok((scheme, Self::new(host_header(scheme, authority), path_and_query)?))
    }

    /// Takes what a request brings: its header `Host` and its target.
    pub(super) fn of_request(host: &str, path_and_query: &'u str) -> Result<Self, Error> {
        checked_host(host).map_err(Error::Url)?;
        Self::new(host.to_ascii_lowercase(), path_and_query)
    }

    fn new(host: String, path_and_query: &'u str) -> Result<Self, Error> {
        if path_and_query.len() > MAX_LEN {
            return Err(Error::Url("is longer than 8192 bytes"));
        }
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        check_path(path)?;
        if let Some(query) = query {
            // The fragment, which no server sees, is among what is not allowed here.
            decode_canonical(query, QUERY_ALSO)
                .ok_or(Error::Url("has a query that is not percent-encoded as it should be"))?;
        }
        Ok(Self { host, path, query })
    }

    /// Fails if a name in the query could be taken for one of a signature.
    pub(super) fn require_unsigned(&self) -> Result<(), Error> {
        match self.query {
            Some(query) if query.split(['&', ';']).any(resembles_own) => {
                Err(Error::Url("has a query parameter whose name begins like those of a signature"))
            }
            _ => Ok(()),
        }
    }

    /// Splits the signature's fields off: they stand at the end, in their order, each once and nothing like them before.
    pub(super) fn signed_fields(&self) -> Result<SignedFields<'u>, Error> {
        let query = self.query.ok_or(Error::Malformed("has no signature"))?;
        let (before, signature) =
            query.rsplit_once("&mc-sig=").ok_or(Error::Malformed("has no signature at its end"))?;
        let own_at = match before.strip_prefix("mc-v=") {
            Some(_) => 0,
            None => before.find("&mc-v=").ok_or(Error::Malformed("has no version"))? + 1,
        };
        let original = Self { query: before[..own_at].strip_suffix('&'), ..self.clone() };
        original.require_unsigned().map_err(|_| Error::Malformed("has a field of its signature twice"))?;

        let mut fields = before[own_at..].split('&');
        let mut field =
            |name: &str| fields.next().and_then(|field| field.strip_prefix(name)?.strip_prefix('='));
        if field("mc-v") != Some(VERSION) {
            return Err(Error::Malformed("is of another version"));
        }
        let kid = field("mc-kid").filter(|kid| check_kid(kid).is_ok());
        let kid = kid.ok_or(Error::Malformed("does not name its key"))?;
        let expires =
            field("mc-exp").and_then(seconds).ok_or(Error::Malformed("does not say when it expires"))?;
        let rest: Vec<&str> = fields.collect();
        let (not_before, methods) = match rest[..] {
            [methods] => (None, methods),
            [not_before, methods] => {
                let not_before = not_before.strip_prefix("mc-nbf=").and_then(seconds);
                (Some(not_before.ok_or(Error::Malformed("does not say when it begins"))?), methods)
            }
            _ => return Err(Error::Malformed("has other fields than a signature has")),
        };
        let methods = methods.strip_prefix("mc-m=").filter(|methods| methods.split(',').all(is_method));
        let methods = methods.ok_or(Error::Malformed("does not say its methods"))?;
        Ok(SignedFields { kid, expires, not_before, methods, signature, signed_query: before })
    }
}

impl SignedFields<'_> {
    /// The methods that are allowed.
    pub(super) fn listed(&self) -> Vec<Method> {
        self.methods
            .split(',')
            .map(|text| Method::parse(text).expect("parsed: every method is one"))
            .collect()
    }
}

/// The id of the key that a signed URL names. Nothing is verified yet.
pub fn kid_of(url: &str) -> Result<&str, Error> {
    let (_, target) = Target::of_url(url)?;
    Ok(target.signed_fields()?.kid)
}

/// The fields that come before the signature's own, as they stand in the URL.
pub(super) fn fields_text(kid: &str, expires: u64, not_before: Option<u64>, methods: &str) -> String {
    let not_before = not_before.map(|seconds| format!("&mc-nbf={seconds}")).unwrap_or_default();
    format!("mc-v={VERSION}&mc-kid={kid}&mc-exp={expires}{not_before}&mc-m={methods}")
}

fn check_path(path: &str) -> Result<(), Error> {
    if !path.starts_with('/') {
        return Err(Error::Url("has no path"));
    }
    let decoded = decode_canonical(path, PATH_ALSO)
        .ok_or(Error::Url("has a path that is not percent-encoded as it should be"))?;
    // Encoded, these are no part of a name for one server and a step between names for the next.
    if path.contains("%2F") || decoded.contains(&b'\\') || decoded.contains(&0) {
        return Err(Error::Url("has a path with an encoded slash, a backslash or a zero byte"));
    }
    // Servers that know parameters of segments (RFC 3986, section 3.3) take `..;x` for `..`.
    let step = |segment: &str| segment.split(';').next().is_some_and(|name| name == "." || name == "..");
    if path.split('/').any(step) {
        return Err(Error::Url(
            "has a path with `.` or `..` in it, which clients resolve before they send it",
        ));
    }
    Ok(())
}

/// Whether a framework could read the name of this parameter as one of the signature's: in another case, with brackets
/// around or behind it, with spaces before it, or with a dot or an underscore for the hyphen.
fn resembles_own(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    let decoded = decode_canonical(name, QUERY_ALSO).unwrap_or_default();
    let start: Vec<u8> = decoded
        .into_iter()
        .skip_while(|byte| b"+[]".contains(byte) || *byte == b' ' || byte.is_ascii_control())
        .take(3)
        .map(|byte| if b"-_. +[".contains(&byte) { b'-' } else { byte.to_ascii_lowercase() })
        .collect();
    start == b"mc-"
}

/// Decimal, in the one way to write it.
fn seconds(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_number { text.parse().ok() } else { None }
}

fn is_method(text: &str) -> bool {
    Method::parse(text).is_ok()
}

const VERSION: &str = "1";
/// What most servers take.
const MAX_LEN: usize = 8192;
/// What a query may hold unencoded beside the unreserved: RFC 3986, section 3.4.
const QUERY_ALSO: &[u8] = b"/?!$&'()*+,;=:@";
