//! Reads the value behind a joint.

use std::ops::Range;

use memchr::memchr;

use super::cursor::{byte, continues_with, is_name_byte, skip_blanks, skip_space, skip_while};
use super::joint::Joint;
use crate::mask::syntax::Syntax;
use crate::mask::work::looked_at;

/// A value as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// The value without its quotes.
    pub(super) span: Range<usize>,
    pub(super) form: Form,
}

/// How a value stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Between quotes or tags.
    Quoted,
    /// Without.
    Bare,
}

/// What surrounds a value and so ends one without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// The name begins its line: the value may hold any punctuation.
    Line,
    /// Something else of the line: a list, a query, an object.
    Among,
    /// A query parameter.
    Query,
    /// Quotes opened before the name.
    Quotes(u8),
}

/// Reads the value at `at`, where `joint` ends.
pub(super) fn read(text: &[u8], at: usize, joint: Joint, around: Around, syntax: Syntax) -> Option<Value> {
    if joint == Joint::Element || joint == Joint::Pair && text[at - 1] == b'>' {
        return element(text, at);
    }
    let mut at = skip_blanks(text, at);
    if matches!(syntax, Syntax::Code | Syntax::Data) && matches!(byte(text, at), b'\n' | b'\r') {
        at = skip_space(text, at);
        if !matches!(byte(text, at), b'"' | b'\'' | b'`') {
            return None;
        }
    }
    if byte(text, at) == b'[' {
        let inside = skip_space(text, at + 1);
        at = if matches!(byte(text, inside), b'"' | b'\'' | b'\\') { inside } else { at };
    }
    if let Some(start) = opening(text, at, syntax) {
        return match quoted(text, start, syntax) {
            Some(value) => Some(value),
            // A line that was cut off: what there is of the value.
            None if syntax == Syntax::Log => Some(bare(text, at + 1, around, syntax)),
            None => None,
        };
    }
    Some(bare(text, at, around, syntax))
}

/// Where the opening quote of a literal stands, behind a prefix (`b"`, `@"`) or a conversion (`[]byte("`).
fn opening(text: &[u8], at: usize, syntax: Syntax) -> Option<usize> {
    let quote = skip_while(text, at, MAX_BACKSLASHES, |byte| byte == b'\\');
    if matches!(byte(text, quote), b'"' | b'\'' | b'`') {
        return Some(at);
    }
    if continues_with(text, at, "&quot;") {
        return Some(at);
    }
    if !matches!(syntax, Syntax::Code | Syntax::Prose | Syntax::Log) {
        return None;
    }
    if matches!(byte(text, at), b'b' | b'r' | b'u' | b'@' | b'L' | b'B' | b'f' | b'$' | b'N')
        && matches!(byte(text, at + 1), b'"' | b'\'')
    {
        return Some(at + 1);
    }
    let call = skip_while(text, at, MAX_CALL, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'[' | b']' | b':' | b' ' | b'*')
    });
    let is_conversion = byte(text, call) == b'(' && {
        let name = &text[at..call];
        CONVERSIONS.iter().any(|known| name.ends_with(known.as_bytes()))
    };
    let inside = skip_blanks(text, call + 1);
    let inside = if matches!(byte(text, inside), b'b' | b'@') { inside + 1 } else { inside };
    (is_conversion && matches!(byte(text, inside), b'"' | b'\'' | b'`')).then_some(inside)
}

/// Reads a literal from its opening quote on.
fn quoted(text: &[u8], at: usize, syntax: Syntax) -> Option<Value> {
    if continues_with(text, at, "&quot;") {
        let start = at + 6;
        let end = skip_while(text, start, MAX_QUOTED, |byte| byte != b'&' && byte != b'\n');
        return continues_with(text, end, "&quot;").then_some(Value { span: start..end, form: Form::Quoted });
    }
    let open = skip_while(text, at, MAX_BACKSLASHES, |byte| byte == b'\\');
    let (depth, quote) = (open - at, text[open]);
    let mut start = open + 1;
    if depth == 0 && byte(text, start) == quote && byte(text, start + 1) == quote {
        // A block of code in Markdown.
        if quote == b'`' {
            return None;
        }
        start += 2;
    }
    let limit = text.len().min(start + MAX_QUOTED);
    let mut from = start;
    // Where quotes are escaped over and over, each of them asks for the same stretch of text: no secret holds so many.
    for _ in 0..MAX_ESCAPED {
        let found = memchr(quote, &text[from..limit]).map(|len| from + len);
        looked_at(found.unwrap_or(limit) - from);
        let found = found?;
        let slashes = text[start..found].iter().rev().take_while(|byte| **byte == b'\\').count();
        looked_at(slashes);
        let closes = if depth == 0 { slashes % 2 == 0 } else { slashes <= depth };
        if closes {
            let end = found - if depth == 0 { 0 } else { slashes };
            let value = &text[start..end];
            if quote != b'`' && syntax != Syntax::Data && memchr(b'\n', value).is_some() {
                return None;
            }
            return Some(Value { span: start..end, form: Form::Quoted });
        }
        from = found + 1;
    }
    None
}

/// Reads the text of an element up to the next tag.
fn element(text: &[u8], at: usize) -> Option<Value> {
    let start = skip_space(text, at);
    let start = if continues_with(text, start, "<![cdata[") { start + 9 } else { start };
    let limit = text.len().min(start + MAX_QUOTED);
    let end = start + memchr(b'<', &text[start..limit])?;
    if byte(text, end + 1) != b'/' && byte(text, end + 1) != b'!' {
        return None;
    }
    let end = start + text[start..end].trim_ascii_end().len();
    let end = if text[start..end].ends_with(b"]]>") { end - 3 } else { end };
    Some(Value { span: start..end, form: Form::Quoted })
}

/// Reads a value without quotes.
fn bare(text: &[u8], at: usize, around: Around, syntax: Syntax) -> Value {
    let mut end = at;
    while end < text.len() {
        let here = text[end];
        if here.is_ascii_whitespace() || here < 0x20 {
            break;
        }
        let ends = match around {
            Around::Line => false,
            // In a log nothing of a value may be left: it ends only where the next name follows.
            Around::Among | Around::Quotes(_) if syntax == Syntax::Log && matches!(here, b'&' | b';') => {
                ends_at_separator(text, end)
            }
            Around::Query => !is_query_byte(here),
            Around::Quotes(quote) => {
                here == quote
                    || here == b'\\' && !byte(text, end + 1).is_ascii_punctuation()
                    || here == b'\\' && matches!(byte(text, end + 1), b'"' | b'\'' | b'\\')
                    || matches!(here, b'&' | b';' | b',')
            }
            Around::Among => {
                matches!(
                    here,
                    b'"' | b'\'' | b'`' | b',' | b';' | b'&' | b'<' | b'>' | b')' | b'}' | b']' | b'|'
                )
            }
        };
        if ends {
            break;
        }
        end += 1;
    }
    looked_at(end - at);
    Value { span: at..end, form: Form::Bare }
}

/// Whether the separator at `at` ends a value: nothing follows, or a name with its `=`, or what no word begins with.
fn ends_at_separator(text: &[u8], at: usize) -> bool {
    let next = byte(text, at + 1);
    let name = skip_while(text, at + 1, MAX_NAME, is_name_byte);
    !(next.is_ascii_alphanumeric() || next.is_ascii_punctuation())
        || matches!(next, b'"' | b'\'' | b'`' | b'\\' | b'<' | b'>' | b')' | b'}' | b']')
        || byte(text, name) == b'='
}

/// Whether `byte` can stand in a query parameter; what is not allowed in one does stand in them.
fn is_query_byte(byte: u8) -> bool {
    !matches!(
        byte,
        b'&' | b'#'
            | b'"'
            | b'\''
            | b'`'
            | b'<'
            | b'>'
            | b')'
            | b']'
            | b'}'
            | b','
            | b';'
            | b'\\'
            | b'|'
            | b'^'
    )
}

const MAX_BACKSLASHES: usize = 16;
const MAX_NAME: usize = 48;
const MAX_CALL: usize = 40;
const MAX_ESCAPED: usize = 16;
const MAX_QUOTED: usize = 4096;

/// Ends of the names of functions that give their argument back in another type.
const CONVERSIONS: &[&str] = &[
    "byte",
    "bytes",
    "Bytes",
    "string",
    "String",
    "str",
    "Some",
    "from",
    "fromString",
    "encode",
    "of",
    "text",
    "Text",
    "ptr",
    "Pointer",
    "Secret",
    "Password",
    "SecureString",
    "quote",
    "Just",
    "pack",
    "Value",
    "value",
    "u",
    "b",
    "Buffer",
    "stringPtr",
    "GetBytes",
    "getBytes",
    "decode",
    "parse",
    "decodeBase64",
    "b64decode",
    "hex",
    "unhexlify",
    "fromHex",
    "DecodeString",
    "FromBase64String",
    "StringPtr",
    "s",
];
