//! Where masked forms may stand in JSON so that it stays JSON: inside of strings, between escapes, and in quotes where a number was.

use std::ops::Range;

use memchr::memchr2;
use serde::de::IgnoredAny;

use super::found::Place;
use super::overlap::Piece;
use super::work::looked_at;

/// Whether `text` is JSON: one value or several.
pub(super) fn is_json(text: &[u8]) -> bool {
    looked_at(text.len());
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.all(|value| value.is_ok())
}

/// Whether `text` may go on as JSON.
pub(super) fn begins_json(text: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    looked_at(text.len());
    let starts = matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
    starts && values.all(|value| value.map_or_else(|error| error.is_eof(), |_| true))
}

/// Moves `pieces`, sorted and apart, to where they may stand in `json`, which begins inside of a string or outside.
pub(super) fn fit(json: &[u8], inside: bool, pieces: &[Piece]) -> Vec<Piece> {
    let mut fitting = Vec::with_capacity(pieces.len());
    let mut rest = pieces;
    for token in Tokens::new(json, inside) {
        looked_at(token.span.len() + 1);
        let ended = rest.iter().take_while(|piece| piece.found.span.end <= token.span.start).count();
        rest = &rest[ended..];
        if rest.is_empty() {
            break;
        }
        let inside = rest.iter().take_while(|piece| piece.found.span.start < token.span.end);
        if token.is_string {
            fit_string(json, &token.span, inside, &mut fitting);
        } else {
            fitting.extend(inside.take(1).map(|piece| at(piece, token.span.clone(), Place::BareJson)));
        }
    }
    fitting
}

/// The first place at or after `at` where `json` can be cut, and whether that is inside of a string.
pub(super) fn cut(json: &[u8], inside: bool, at: usize) -> (usize, bool) {
    for token in Tokens::new(json, inside) {
        if at < token.span.start {
            // Before the token; right before a string's content is its quote.
            let after_quote = token.is_string && at + 1 == token.span.start && token.span.start > 0;
            return if after_quote { (token.span.start, true) } else { (at, false) };
        }
        if at <= token.span.end && token.is_string {
            let mut end = token.span.start;
            while end < at {
                end += unit_len(json, end);
            }
            return (end.min(token.span.end), true);
        }
        if at < token.span.end {
            return (token.span.end, false);
        }
    }
    (at, false)
}

fn fit_string<'a>(
    json: &[u8],
    content: &Range<usize>,
    pieces: impl Iterator<Item = &'a Piece>,
    fitting: &mut Vec<Piece>,
) {
    let mut unit = content.start;
    for piece in pieces {
        let span = &piece.found.span;
        while unit < span.start && unit + unit_len(json, unit) <= span.start {
            unit += unit_len(json, unit);
        }
        let start = unit;
        while unit < span.end.min(content.end) {
            unit += unit_len(json, unit);
        }
        let span = start..unit.min(content.end);
        if !span.is_empty() {
            fitting.push(at(piece, span, Place::Text));
        }
    }
}

fn at(piece: &Piece, span: Range<usize>, place: Place) -> Piece {
    let mut piece = piece.clone();
    piece.found.span = span;
    piece.found.place = place;
    piece
}

/// How many bytes make the character or escape at `at`.
fn unit_len(json: &[u8], at: usize) -> usize {
    let unit = &json[at..];
    let is_surrogate = |unit: &[u8], halves: &[u8]| matches!(unit, [b'\\', b'u', b'd' | b'D', half, ..] if halves.contains(&half.to_ascii_lowercase()));
    match unit {
        [b'\\', b'u', ..] => {
            let is_pair =
                is_surrogate(unit, b"89ab") && unit.get(6..).is_some_and(|low| is_surrogate(low, b"cdef"));
            if is_pair { 12 } else { 6 }
        }
        [b'\\', ..] => 2,
        [_, rest @ ..] => 1 + rest.iter().take(3).take_while(|byte| is_continuation(**byte)).count(),
        [] => 1,
    }
}

/// Whether the byte goes on with a character of UTF-8.
pub(super) fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// A string's content, or a number or a word.
struct Token {
    span: Range<usize>,
    is_string: bool,
}

struct Tokens<'a> {
    json: &'a [u8],
    at: usize,
    inside: bool,
}

impl<'a> Tokens<'a> {
    fn new(json: &'a [u8], inside: bool) -> Self {
        Self { json, at: 0, inside }
    }

    /// The place of the quote that ends the string.
    fn string_end(&self) -> usize {
        let mut at = self.at;
        while let Some(len) = self.json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            at += len;
            if self.json[at] == b'"' {
                return at;
            }
            at += 2;
        }
        self.json.len()
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if !self.inside {
            self.at += self.json.get(self.at..)?.iter().take_while(|byte| is_between(**byte)).count();
            let first = *self.json.get(self.at)?;
            if first != b'"' {
                let start = self.at;
                let is_part = |byte: &&u8| !is_between(**byte) && **byte != b'"';
                self.at += self.json[start..].iter().take_while(is_part).count();
                return Some(Token { span: start..self.at, is_string: false });
            }
            self.at += 1;
        }
        let span = self.at..self.string_end();
        self.inside = false;
        self.at = span.end + 1;
        Some(Token { span, is_string: true })
    }
}

fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':')
}
