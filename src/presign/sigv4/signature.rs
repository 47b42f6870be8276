//! The signature and the URL that carries it: "Create a string to sign", "Derive a signing key", "Calculate the
//! signature", "Add the signature to the request".

use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::canonical::{Headers, canonical_request};
use super::request::{Request, Scope, TokenPlace};
use crate::base::{Secret, to_rfc3339};
use crate::crypto::{hmac_sha256, sha256};
use crate::presign::Error;
use crate::presign::credentials::AwsCredentials;
use crate::presign::percent::{Slash, encode_onto, encoded_len};
use crate::presign::signed_url::SignedUrl;
use crate::presign::times::{from_unix, unix_seconds, whole_seconds};

/// The longest life that AWS allows.
pub const MAX_LIFETIME: Duration = Duration::from_secs(604_800);

/// Signs `request` in the query of a URL that is valid from `now` for `lifetime` (1 s to 7 days, full seconds), or as
/// long as the credential lives if that is shorter.
pub fn presign(
    request: &Request,
    credentials: &AwsCredentials,
    scope: &Scope,
    lifetime: Duration,
    now: SystemTime,
) -> Result<SignedUrl, Error> {
    let signed_at = unix_seconds(now)?;
    let lifetime = cut(whole_seconds(lifetime, MAX_LIFETIME)?, credentials, signed_at)?;
    let expires_at = from_unix(signed_at + lifetime)?;
    let time = basic_time(from_unix(signed_at)?);
    let scope_text = format!("{}/{}/{}/aws4_request", &time[..8], scope.region.as_str(), scope.service.name);

    let headers = Headers::of(request);
    let mut query = Parameters::default();
    for (name, value) in request.query.iter() {
        query.push(name, value);
    }
    query.push("X-Amz-Algorithm", ALGORITHM);
    query.push("X-Amz-Credential", &format!("{}/{scope_text}", credentials.access_key_id()));
    query.push("X-Amz-Date", &time);
    query.push("X-Amz-Expires", &lifetime.to_string());
    query.push("X-Amz-SignedHeaders", &headers.names());
    let (signed_token, appended_token) = match scope.service.token_place {
        TokenPlace::Signed => (credentials.token(), None),
        TokenPlace::AfterSignature => (None, credentials.token()),
    };
    if let Some(token) = signed_token {
        query.push("X-Amz-Security-Token", token);
    }

    let canonical = canonical_request(request, &scope.service, &query.pairs(), &headers);
    let hash = HEXLOWER.encode(&sha256(canonical.as_bytes()));
    let string_to_sign = format!("{ALGORITHM}\n{time}\n{scope_text}\n{hash}");
    let key = signing_key(credentials, scope, &time[..8]);
    let signature = Zeroizing::new(HEXLOWER.encode(&hmac_sha256(key.expose(), string_to_sign.as_bytes())));

    query.push("X-Amz-Signature", &signature);
    if let Some(token) = appended_token {
        query.push("X-Amz-Security-Token", token);
    }
    let text = query.into_url(&[&request.origin, &request.path]);
    let headers = request.headers.clone();
    Ok(SignedUrl::new(text, vec![request.method.clone()], headers, from_unix(signed_at)?, expires_at))
}

/// Percent-encoded parameters. A session token and a signature are among them: they wipe themselves.
#[derive(Default)]
struct Parameters(Vec<(Zeroizing<String>, Zeroizing<String>)>);

impl Parameters {
    fn push(&mut self, name: &str, value: &str) {
        let encoded = |text: &str| {
            let mut encoded =
                Zeroizing::new(String::with_capacity(encoded_len(text.as_bytes(), Slash::Encoded)));
            encode_onto(&mut encoded, text.as_bytes(), Slash::Encoded);
            encoded
        };
        self.0.push((encoded(name), encoded(value)));
    }

    fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn into_url(self, before: &[&str]) -> Zeroizing<String> {
        let before_len: usize = before.iter().map(|piece| piece.len()).sum();
        let query_len: usize = self.0.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        let mut text = Zeroizing::new(String::with_capacity(before_len + query_len));
        for piece in before {
            text.push_str(piece);
        }
        for (index, (name, value)) in self.0.iter().enumerate() {
            for piece in [if index == 0 { "?" } else { "&" }, name, "=", value] {
                text.push_str(piece);
            }
        }
        text
    }
}

/// No longer than the credential lives.
fn cut(lifetime: u64, credentials: &AwsCredentials, signed_at: u64) -> Result<u64, Error> {
    let Some(end) = credentials.expires_at() else { return Ok(lifetime) };
    let left = end.duration_since(from_unix(signed_at)?).map_or(0, |left| left.as_secs());
    if left == 0 { Err(Error::CredentialExpired) } else { Ok(lifetime.min(left)) }
}

/// `20150830T123600Z`: ISO 8601, basic format.
fn basic_time(time: SystemTime) -> String {
    to_rfc3339(time).replace(['-', ':'], "")
}

fn signing_key(credentials: &AwsCredentials, scope: &Scope, date: &str) -> Secret<32> {
    let start = Zeroizing::new([b"AWS4", credentials.secret()].concat());
    let mut key = Secret::copy_from(&hmac_sha256(&start, date.as_bytes()));
    for step in [scope.region.as_str(), &scope.service.name, "aws4_request"] {
        key = Secret::copy_from(&hmac_sha256(key.expose(), step.as_bytes()));
    }
    key
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
