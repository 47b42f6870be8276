//! What joins a name to its value.

use super::cursor::{byte, continues_with, skip_blanks, skip_space, skip_while};
use crate::mask::syntax::Syntax;

/// What joins a name to its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// `name: value`.
    Colon,
    /// `name=value`, `name := value`.
    Equals,
    /// `name => value`.
    Arrow,
    /// `name == value`.
    Compare,
    /// `("name", value)`.
    Comma,
    /// `name(value)`.
    Call,
    /// `<name>value<`, `<p name="name">value<`.
    Element,
    /// `name: name, value: value`, in whatever notation.
    Pair,
    /// `--name value`.
    Flag,
    /// `name is value`.
    Prose,
    /// `name value`.
    Space,
}

/// The joint behind a name, and where the value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) joint: Joint,
    pub(super) at: usize,
    /// The name stood in quotes.
    pub(super) quoted: bool,
}

/// What joins the name at `start..end` to a value.
pub(super) fn after_name(text: &[u8], start: usize, end: usize, syntax: Syntax) -> Option<Joined> {
    let (mut at, quoted) = after_quotes(text, end);
    // A style speaks of a kind of field: `input[type=password]:focus`.
    if byte(text, at) == b']' && byte(text, at + 1) == b':' && syntax != Syntax::Log {
        return None;
    }
    if matches!(byte(text, at), b']' | b')') && (quoted || byte(text, at) == b']') {
        at += 1;
    }
    if byte(text, at) == b'[' {
        let close = skip_while(text, at + 1, 24, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if byte(text, close) != b']' {
            return None;
        }
        at = close + 1;
    }
    if matches!(byte(text, at), b'?' | b'!') && byte(text, at + 1) == b':' {
        at += 1;
    }
    if let Some(at) = value_elsewhere(text, at) {
        return Some(Joined { joint: Joint::Pair, at, quoted });
    }
    let gap = skip_blanks(text, at);
    let found = |joint, at| Some(Joined { joint, at, quoted });
    match (byte(text, gap), byte(text, gap + 1)) {
        (b'=' | b'!', b'=') => found(Joint::Compare, gap + if byte(text, gap + 2) == b'=' { 3 } else { 2 }),
        (b'=', b'>') => found(Joint::Arrow, gap + 2),
        (b'=', b'~') | (b':', b':') => None,
        (b'=', _) => found(Joint::Equals, gap + 1),
        (b':' | b'+' | b'?' | b'|', b'=') => found(Joint::Equals, gap + 2),
        (b'|', b'|') | (b'?', b'?') if byte(text, gap + 2) == b'=' => found(Joint::Equals, gap + 3),
        (b':', _) => match typed(text, gap + 1, syntax, Behind::Colon) {
            Some(at) => found(Joint::Equals, at),
            None => found(Joint::Colon, skip_while(text, gap + 1, 3, |byte| byte == b'*')),
        },
        (b',', _) if quoted => found(Joint::Comma, gap + 1),
        (b'(', _) if !quoted && gap == at => found(Joint::Call, gap + 1),
        (b'>', _) if quoted && is_quoted_alone(text, start) || start > 0 && text[start - 1] == b'<' => {
            found(Joint::Element, gap + 1)
        }
        (b'%', b'3') if matches!(byte(text, gap + 2), b'd' | b'D') => found(Joint::Equals, gap + 3),
        (0xEF, 0xBC) if byte(text, gap + 2) == 0x9A => found(Joint::Colon, gap + 3),
        _ if gap == at => None,
        _ if text[start..end].starts_with(b"-") => found(Joint::Flag, gap),
        _ if continues_with(text, gap, "is ") => found(Joint::Prose, gap + 3),
        _ if quoted => found(Joint::Space, gap),
        _ => match typed(text, gap, syntax, Behind::Blank) {
            Some(at) => found(Joint::Equals, at),
            None => found(Joint::Space, gap),
        },
    }
}

/// Whether the quote before a name opens right there, so that it is all of the literal.
fn is_quoted_alone(text: &[u8], start: usize) -> bool {
    start > 0 && matches!(text[start - 1], b'"' | b'\'')
}

/// Skips the quote that closes a name, with its backslashes, or the marks of emphasis around it.
fn after_quotes(text: &[u8], end: usize) -> (usize, bool) {
    let quote = skip_while(text, end, MAX_BACKSLASHES, |byte| byte == b'\\');
    if matches!(byte(text, quote), b'"' | b'\'' | b'`') {
        return (quote + 1, true);
    }
    if continues_with(text, end, "&quot;") {
        return (end + 6, true);
    }
    (skip_while(text, end, 3, |byte| byte == b'*'), false)
}

/// Where the value begins if the name is itself the value of a `name`, and a `value` stands behind it: `name: x, value: y`,
/// `name="x" value="y"`, `<key>x</key><string>y</string>`.
fn value_elsewhere(text: &[u8], at: usize) -> Option<usize> {
    let mut next = at;
    if continues_with(text, next, "</") {
        next = skip_while(text, next + 2, 16, |byte| byte.is_ascii_alphanumeric());
        next = skip_space(text, next + usize::from(byte(text, next) == b'>'));
        let tag = ["<value>", "<string>", "<val>"].into_iter().find(|tag| continues_with(text, next, tag))?;
        return Some(next + tag.len());
    }
    next = skip_space(text, next);
    if matches!(byte(text, next), b',' | b';') {
        next = skip_space(text, next + 1);
    }
    next += usize::from(matches!(byte(text, next), b'"' | b'\''));
    if next == at || !continues_with(text, next, "value") {
        return None;
    }
    next += "value".len();
    next += usize::from(matches!(byte(text, next), b'"' | b'\''));
    next = skip_blanks(text, next);
    matches!(byte(text, next), b':' | b'=').then_some(next + 1)
}

/// What stands between a name and its type.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    Colon,
    Blank,
}

/// Skips a type and the `=` behind it: `: String = `, ` string = `.
fn typed(text: &[u8], at: usize, syntax: Syntax, behind: Behind) -> Option<usize> {
    if matches!(syntax, Syntax::Config | Syntax::Data) {
        return None;
    }
    let start = skip_blanks(text, at);
    if !byte(text, start).is_ascii_alphabetic() && !matches!(byte(text, start), b'&' | b'[' | b'*') {
        return None;
    }
    let end = skip_while(text, start, MAX_TYPE, |byte| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'_' | b'<' | b'>' | b'[' | b']' | b'&' | b'?' | b'|' | b'.' | b' ' | b'*' | b'\''
            )
    });
    let is_assigned = byte(text, end) == b'=' && !matches!(byte(text, end + 1), b'=' | b'>');
    // Elsewhere it could as well be a value and the next name: `password=x dbname=y`.
    let is_literal = matches!(byte(text, skip_blanks(text, end + 1)), b'"' | b'\'');
    (is_assigned && (syntax == Syntax::Code && behind == Behind::Colon || is_literal)).then_some(end + 1)
}

const MAX_BACKSLASHES: usize = 16;
const MAX_TYPE: usize = 40;
