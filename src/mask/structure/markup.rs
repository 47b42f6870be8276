//! Secrets in statements of languages: `IDENTIFIED BY 'x'`, `ConvertTo-SecureString 'x'`, JSON web keys.

use super::cursor::{back_while, byte, continues_with, skip_blanks, skip_while};
use super::kind::Kind;
use super::placeholder::is_placeholder;
use super::randomness::Makeup;
use crate::mask::found::{Found, Place};
use crate::mask::severity::Confidence;

/// Reads `IDENTIFIED [WITH x] BY 'password'` at `at`; returns where to go on.
pub(super) fn identified_by(text: &[u8], at: usize, out: &mut Vec<Found>) -> usize {
    let go_on = at + "identified by".len();
    if text[at].is_ascii_lowercase() && !is_about_users(text, at) {
        return go_on;
    }
    let mut start = skip_blanks(text, at + "identified".len());
    if continues_with(text, start, "with ") {
        let method = skip_blanks(text, start + "with".len());
        start = skip_blanks(
            text,
            skip_while(text, method, MAX_METHOD, |byte| byte.is_ascii_alphanumeric() || byte == b'_'),
        );
    }
    if !continues_with(text, start, "by ") && !continues_with(text, start, "as ") {
        return go_on;
    }
    start = skip_blanks(text, start + "by".len());
    if continues_with(text, start, "password ") {
        start = skip_blanks(text, start + "password".len());
    }
    literal(text, start, Kind::Password, out).unwrap_or(go_on)
}

/// Whether a statement about users begins on the line, rather than a sentence about what is identified by what.
fn is_about_users(text: &[u8], at: usize) -> bool {
    let start = back_while(text, at, MAX_STATEMENT, |byte| byte != b'\n');
    text[start..at]
        .windows(4)
        .any(|part| part.eq_ignore_ascii_case(b"user") || part.eq_ignore_ascii_case(b" to "))
}

/// Reads `ConvertTo-SecureString [-String] "password"` at `at`; returns where to go on.
pub(super) fn secure_string(text: &[u8], at: usize, out: &mut Vec<Found>) -> usize {
    let go_on = at + "securestring".len();
    let mut start = skip_blanks(text, go_on);
    for switch in ["-asplaintext", "-force", "-string"] {
        if continues_with(text, start, switch) {
            start = skip_blanks(text, start + switch.len());
        }
    }
    literal(text, start, Kind::Password, out).unwrap_or(go_on)
}

/// Reads a private member of a JSON web key at `at`; returns where to go on.
pub(super) fn json_web_key(text: &[u8], at: usize, out: &mut Vec<Found>) -> usize {
    let go_on = at + "\"d\":".len();
    let start = skip_blanks(text, go_on);
    if byte(text, start) != b'"' {
        return go_on;
    }
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let end = skip_while(text, start + 1, MAX_KEY, is_base64url);
    let value = &text[start + 1..end];
    if byte(text, end) != b'"' || value.len() < MIN_KEY || !Makeup::of(value).is_random() {
        return go_on;
    }
    let rule = Kind::ApiKey.rule();
    out.push(Found { span: start + 1..end, rule, confidence: Confidence::Medium, place: Place::Text });
    end
}

/// Reads a literal that can only be a secret; returns where it ends.
fn literal(text: &[u8], at: usize, kind: Kind, out: &mut Vec<Found>) -> Option<usize> {
    let open = skip_while(text, at, MAX_BACKSLASHES, |byte| byte == b'\\');
    let quote = byte(text, open);
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let start = open + 1;
    let end = skip_while(text, start, MAX_LITERAL, |byte| !matches!(byte, b'\n' | b'\\') && byte != quote);
    let value = &text[start..end];
    if value.len() < MIN_LITERAL || is_placeholder(value) {
        return None;
    }
    out.push(Found {
        span: start..end,
        rule: kind.rule(),
        confidence: Confidence::Medium,
        place: Place::Text,
    });
    Some(end)
}

const MAX_BACKSLASHES: usize = 16;
const MAX_STATEMENT: usize = 160;
const MAX_METHOD: usize = 48;
const MAX_LITERAL: usize = 256;
const MIN_LITERAL: usize = 2;
const MIN_KEY: usize = 32;
const MAX_KEY: usize = 2048;
