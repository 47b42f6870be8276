//! Values that SQL and markup give to a secret in words: `IDENTIFIED BY 'x'`.

use super::cursor::{byte, continues_with, skip_blanks};
use super::kind::Kind;
use super::placeholder::is_placeholder;
use crate::mask::found::{Found, Place};
use crate::mask::severity::Confidence;

/// Reads `IDENTIFIED [WITH x] BY 'password'` at `at`; returns where to go on.
pub(super) fn identified_by(text: &[u8], at: usize, out: &mut Vec<Found>) -> usize {
    let mut go_on = at + "identified by".len();
    let mut start = skip_blanks(text, go_on);
    if continues_with(text, start, "password ") {
        start = skip_blanks(text, start + "password".len());
    }
    while byte(text, start) == b'\\' {
        start += 1;
    }
    let quote = byte(text, start);
    if !matches!(quote, b'"' | b'\'') {
        return go_on;
    }
    start += 1;
    let len = text[start..]
        .iter()
        .take(256)
        .take_while(|byte| !matches!(**byte, b'\n' | b'\\') && **byte != quote)
        .count();
    let value = &text[start..start + len];
    if len >= 2 && !is_placeholder(value) {
        go_on = start + len;
        out.push(Found {
            span: start..go_on,
            rule: Kind::Password.rule(),
            confidence: Confidence::Medium,
            place: Place::Text,
        });
    }
    go_on
}
