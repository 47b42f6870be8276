//! The values of `Authorization` headers and cookies.

use data_encoding::BASE64;

use super::cursor::{continues_with, skip_blanks, skip_while};
use super::kind::Kind;
use super::placeholder::is_placeholder;
use super::randomness::Makeup;
use crate::mask::found::{Found, Place};
use crate::mask::severity::Confidence;
use crate::mask::syntax::Syntax;

/// Reads `Bearer x`, `Basic x`, `Token x` behind the joint of an authorization field; returns where it ends.
pub(super) fn credentials(text: &[u8], at: usize, syntax: Syntax, out: &mut Vec<Found>) -> Option<usize> {
    let start = skip_while(text, skip_blanks(text, at), 20, |byte| {
        matches!(byte, b'\\' | b'"' | b'\'' | b'`' | b'@' | b'[')
    });
    let scheme = SCHEMES.iter().find(|scheme| continues_with(text, start, scheme))?;
    scheme_value(text, start + scheme.len(), syntax, out)
}

/// Reads what follows the name of a scheme: blanks and a token.
pub(super) fn scheme_value(text: &[u8], at: usize, syntax: Syntax, out: &mut Vec<Found>) -> Option<usize> {
    let start = skip_blanks(text, at);
    if start == at {
        return None;
    }
    let end = skip_while(text, start, usize::MAX, is_token_byte);
    let value = &text[start..end];
    if value.len() < MIN_LEN || is_placeholder(value) || value.windows(3).any(|part| part == b"://") {
        return None;
    }
    let makeup = Makeup::of(&value[..value.len().min(MAX_JUDGED)]);
    let confidence = match () {
        () if makeup.is_random() => Confidence::Medium,
        () if makeup.digits > 0 && value.len() >= MIN_MIXED => Confidence::Medium,
        () if syntax == Syntax::Log && (makeup.digits > 0 || value.len() >= MIN_MIXED) => Confidence::Low,
        () => return None,
    };
    out.push(Found { span: start..end, rule: Kind::Authorization.rule(), confidence, place: Place::Text });
    Some(end)
}

/// Whether `byte` can stand in a token (RFC 7235's token68) or in a list of them.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b':' | b'|' | b'%')
}

/// Reads `Basic` and what it is followed by where no field says that it is a header, at `at`: it has to be a user and a password.
pub(super) fn basic(text: &[u8], at: usize, out: &mut Vec<Found>) -> usize {
    let start = at + "basic ".len();
    let end = skip_while(text, start, MAX_JUDGED, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
    });
    let decoded = BASE64.decode(&text[start..end]).unwrap_or_default();
    let is_pair = decoded.contains(&b':') && decoded.iter().all(|byte| matches!(byte, b' '..=b'~'));
    if !is_pair || decoded.len() < MIN_LEN {
        return start;
    }
    let rule = Kind::Authorization.rule();
    out.push(Found { span: start..end, rule, confidence: Confidence::Medium, place: Place::Text });
    end
}

const SCHEMES: &[&str] = &[
    "bearer",
    "basic",
    "token",
    "apikey",
    "key",
    "jwt",
    "negotiate",
    "oauth",
    "bot",
    "client-id",
    "gcm",
    "sso-key",
    "splunk",
];
const MIN_LEN: usize = 4;
const MIN_MIXED: usize = 8;
const MAX_JUDGED: usize = 512;
