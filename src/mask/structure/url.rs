//! User and password in a URL: `scheme://user:password@host`.

use super::cursor::{back_while, byte, skip_while};
use super::kind::Kind;
use super::placeholder::is_placeholder;
use super::shape::is_constant;
use crate::mask::found::{Found, Place};
use crate::mask::severity::Confidence;

/// Reads the URL whose `://` stands at `at`; returns where to go on.
pub(super) fn user_info(text: &[u8], at: usize, out: &mut Vec<Found>) -> usize {
    let start = at + 3;
    let scheme = back_while(text, at, MAX_SCHEME, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
    });
    if scheme == at {
        return start;
    }
    let limit = skip_while(text, start, MAX_USER_INFO, |byte| {
        byte > b' ' && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\')
    });
    let Some((colon, end)) = split(&text[start..limit]) else { return start };
    let (user, password) = (start..start + colon, start + colon + 1..start + end);
    let value = &text[password.clone()];
    if is_placeholder(value)
        || is_constant(value) && is_constant(&text[user.clone()])
        || is_placeholder_name(value)
        || text[user.clone()].contains(&b'/')
    {
        return start;
    }
    let is_example = is_word_for_a_user(&text[user]) && value.iter().all(u8::is_ascii_alphabetic)
        || is_example_host(text, password.end + 1)
        || is_own_machine(text, password.end + 1)
            && value.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
    let confidence = if value.len() >= MIN_LEN && !is_example { Confidence::Medium } else { Confidence::Low };
    out.push(Found {
        span: password.clone(),
        rule: Kind::UrlCredentials.rule(),
        confidence,
        place: Place::Text,
    });
    password.end
}

/// Where the password begins (at its colon) and where it ends (at its `@`).
fn split(rest: &[u8]) -> Option<(usize, usize)> {
    let colon = rest.iter().position(|byte| matches!(byte, b':' | b'/' | b'@' | b'?' | b'#'))?;
    if rest[colon] != b':' {
        return None;
    }
    // Up to the first slash there is the authority; a password may hold slashes and at signs itself.
    let authority = rest[colon..].iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b','));
    let authority = authority.map_or(rest.len(), |len| colon + len);
    let end = match rest[..authority].iter().rposition(|byte| *byte == b'@') {
        Some(end) => wider(rest, end, authority).unwrap_or(end),
        None if is_port(&rest[colon + 1..authority]) => return None,
        None => {
            let end = rest.iter().position(|byte| *byte == b'@')?;
            let path = &rest[colon + 1..end];
            if path.iter().any(|byte| matches!(byte, b'?' | b'&' | b',' | b';' | b')' | b'('))
                || !byte(rest, end + 1).is_ascii_alphanumeric()
            {
                return None;
            }
            end
        }
    };
    (end > colon + 1).then_some((colon, end))
}

/// The at sign of a password that holds a slash: behind `end` there stands no host, behind a later one there does.
fn wider(rest: &[u8], end: usize, authority: usize) -> Option<usize> {
    let is_host =
        |host: &[u8]| host.contains(&b'.') || host.contains(&b':') || host.eq_ignore_ascii_case(b"localhost");
    if byte(rest, authority) != b'/' || is_host(&rest[end + 1..authority]) {
        return None;
    }
    let later = authority + rest[authority..].iter().position(|byte| *byte == b'@')?;
    let host_end = skip_while(rest, later + 1, MAX_HOST, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':')
    });
    is_host(&rest[later + 1..host_end]).then_some(later)
}

fn is_port(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// Whether it is a word for a password in the documentation of a URL's form.
fn is_placeholder_name(value: &[u8]) -> bool {
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether it is a word for a user in the documentation of a URL's form.
fn is_word_for_a_user(user: &[u8]) -> bool {
    USERS.iter().any(|word| user.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether the host at `at` is one of documentation: `example.com`, `host`.
fn is_example_host(text: &[u8], at: usize) -> bool {
    let host = host_at(text, at);
    HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known.as_bytes()))
        || host.windows(8).any(|part| part == b"example.")
}

/// Whether the host at `at` is the machine itself: a word for a password there is a developer's.
fn is_own_machine(text: &[u8], at: usize) -> bool {
    [&b"localhost"[..], b"127.0.0.1", b"0.0.0.0"].contains(&host_at(text, at))
}

fn host_at(text: &[u8], at: usize) -> &[u8] {
    let end =
        skip_while(text, at, MAX_HOST, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    &text[at.min(end)..end]
}

const USERS: &[&str] = &["user", "username", "usr", "login", "name", "foo", "myuser", "u"];
const HOSTS: &[&str] = &[
    "host",
    "hostname",
    "server",
    "domain",
    "domain.com",
    "ip",
    "address",
    "myhost",
    "site.com",
    "foo",
    "foo.com",
    "bar.com",
];
const MIN_LEN: usize = 2;
const MAX_HOST: usize = 64;
const WORDS: &[&str] = &[
    "password",
    "pass",
    "pwd",
    "passwd",
    "token",
    "secret",
    "port",
    "pw",
    "mypassword",
    "my-token",
    "foo",
    "bar",
    "xxx",
    "p",
    "x",
];
const MAX_SCHEME: usize = 24;
const MAX_USER_INFO: usize = 512;
