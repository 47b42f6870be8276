//! Reads a named field: name, joint, value.

use std::ops::Range;

use super::cursor::{self, back_while, byte, is_name_byte, skip_while};
use super::header;
use super::joint::{self, Joined, Joint};
use super::kind::Kind;
use super::name::{self, Promise, Strength};
use super::plausible::Subject;
use super::value::{self, Around, Form};
use crate::mask::boundary::after_escape;
use crate::mask::found::{Found, Place};
use crate::mask::masked;
use crate::mask::syntax::Syntax;
use crate::mask::work::looked_at;

/// Reads the field whose name has a trigger at `at`; returns where to go on.
pub(super) fn read(text: &[u8], at: usize, syntax: Syntax, out: &mut Vec<Found>) -> usize {
    let start = back_while(text, at, MAX_NAME_HALF, is_name_byte);
    let end = skip_while(text, at, MAX_NAME_HALF, is_name_byte);
    let go_on = end.max(at + 1);
    if start > 0 && is_name_byte(text[start - 1]) || is_name_byte(byte(text, end)) {
        return go_on;
    }
    let (start, end) = without_masked(text, start, end);
    let (start, end) = trim_name(text, start, end);
    let Some(joined) = joint::after_name(text, start, end, syntax) else { return go_on };
    let Some(mut promise) = name::judge(with_word_before(text, start, end)) else { return go_on };
    if joined.joint == Joint::Call && !name::takes_a_secret(&text[start..end]) {
        promise.strength = Strength::Weak;
    }
    let before = text[..start.saturating_sub(1)].trim_ascii_end().last();
    let is_choice = joined.quoted && joined.joint == Joint::Colon && before == Some(&b'?');
    // A part of an address made of colons: `arn:aws:secretsmanager:…:secret:name`, `AWS::KMS::Key`.
    let is_part = start > 0
        && text[start - 1] == b':'
        && (text[..start].ends_with(b"::") && joined.quoted
            || joined.joint == Joint::Colon && joined.at == end + 1);
    // The token of a badge is there for everybody to see it.
    let is_badge = text[..start].ends_with(b".svg?");
    let is_verb = text[start..end].eq_ignore_ascii_case(b"pass");
    if is_choice
        || is_part
        || is_badge
        || is_verb
            && (matches!(joined.joint, Joint::Space | Joint::Prose)
                || byte(text, end) == b' '
                    && joined.joint == Joint::Equals
                    && byte(text, end + 1).is_ascii_alphabetic())
    {
        return go_on;
    }
    if joined.joint == Joint::Comma && !takes_pairs(text, start, before) {
        return go_on;
    }
    if promise.kind == Kind::Authorization
        && let Some(end) = header::credentials(text, joined.at, syntax, out)
    {
        return end;
    }
    read_value(text, start..end, &joined, promise, syntax, out).unwrap_or(go_on)
}

/// Whether the quoted name at `start` is the first of two arguments of a function, and not one of a list: `put("password", "x")`.
fn takes_pairs(text: &[u8], start: usize, before: Option<&u8>) -> bool {
    let open = text[..start.saturating_sub(1)].trim_ascii_end().len();
    let called = text[..open.saturating_sub(1)].trim_ascii_end().last();
    before == Some(&b'(') && called.is_some_and(|byte| is_name_byte(*byte) || *byte == b'!')
}

/// Reads and judges the value behind a joint; returns where to go on if that is beyond the name.
fn read_value(
    text: &[u8],
    name: Range<usize>,
    joined: &Joined,
    promise: Promise,
    syntax: Syntax,
    out: &mut Vec<Found>,
) -> Option<usize> {
    let around = around(text, name.start, joined.quoted, syntax);
    let value = value::read(text, joined.at, joined.joint, around, syntax)?;
    let closed = matches!(byte(text, cursor::skip_blanks(text, value.span.end + 1)), b')' | b']' | b'}');
    if !may_stand(syntax, joined.joint, value.form, around) || joined.joint == Joint::Comma && !closed {
        return None;
    }
    // The quote in which the name stands was taken for one that opens: `"Password:", x + "y"`.
    let is_closing = value.form == Form::Quoted
        && value.span.start > joined.at
        && around == Around::Quotes(text[value.span.start - 1])
        && text[value.span.start - 2] != b'\\'
        && matches!(syntax, Syntax::Code | Syntax::Data);
    let span = trim_value(text, value.span.clone(), value.form, syntax);
    if span.is_empty() || is_closing {
        return None;
    }
    let subject = Subject {
        name: &text[name],
        value: &text[span.clone()],
        promise,
        form: value.form,
        joint: joined.joint,
        syntax,
        goes_on: value.form == Form::Bare && goes_on(text, value.span.end),
    };
    looked_at(subject.value.len());
    let Some(confidence) = subject.confidence() else {
        return (value.span.len() > MAX_REREAD).then_some(value.span.end);
    };
    let place = place(text, &value, joined);
    let end = span.end;
    out.push(Found { span, rule: promise.kind.rule(), confidence, place });
    Some(end)
}

/// Reads the field whose name is written in another script, at `at`; returns where to go on.
pub(super) fn read_foreign(text: &[u8], at: usize, syntax: Syntax, out: &mut Vec<Found>) -> usize {
    // The name ends where the joint begins: a colon of either width, an equals sign, a blank.
    let end = skip_while(text, at, MAX_FOREIGN, |byte| byte >= 0x80 && byte != 0xEF);
    let Some(joined) = joint::after_name(text, at, end, syntax) else { return end };
    let promise = Promise { kind: Kind::Password, strength: Strength::Strong };
    read_value(text, at..end, &joined, promise, syntax, out).unwrap_or(end)
}

/// A name less the punctuation around it.
fn trim_name(text: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    // The letter of an escape: `\\nAuthorization`.
    if start > 0 && start < end && text[start - 1] == b'\\' && matches!(text[start], b'n' | b'r' | b't') {
        start += 1;
    }
    start = after_escape(text, start).min(end);
    while start < end && matches!(text[start], b'.' | b'$') {
        start += 1;
    }
    while start < end && matches!(text[end - 1], b'.' | b'-' | b'$') {
        end -= 1;
    }
    (start, end)
}

/// A name less the masked forms in it: they name nothing.
fn without_masked(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let forms = masked::all(&text[start..end]);
    match (forms.first(), forms.last()) {
        (Some(_), Some(last)) if start + last.end < end => (start + last.end, end),
        (Some(first), _) => (start, start + first.start),
        _ => (start, end),
    }
}

/// The name, with the word before it where that decides and is written apart: `API key`.
fn with_word_before(text: &[u8], start: usize, end: usize) -> &[u8] {
    if !text[start..end].eq_ignore_ascii_case(b"key") {
        return &text[start..end];
    }
    if start > 1 && text[start - 1] == b' ' && text[start - 2].is_ascii_alphabetic() {
        let word = back_while(text, start - 1, 16, |byte| byte.is_ascii_alphabetic());
        return &text[word..end];
    }
    &text[start..end]
}

fn around(text: &[u8], start: usize, quoted: bool, syntax: Syntax) -> Around {
    let line = cursor::line_start(text, start, MAX_INDENT);
    let before = text[line..start].trim_ascii();
    let begins_line = line == 0 || text[line - 1] == b'\n';
    if begins_line
        && matches!(syntax, Syntax::Config | Syntax::Prose | Syntax::Log)
        && LINE_OPENERS.contains(&before)
        && !quoted
    {
        return Around::Line;
    }
    if !quoted && start > 0 && matches!(text[start - 1], b'?' | b'&') {
        return Around::Query;
    }
    if quoted {
        return Around::Among;
    }
    cursor::open_quote(text, start).map_or(Around::Among, Around::Quotes)
}

/// Whether a value of this form can be a literal there.
fn may_stand(syntax: Syntax, joint: Joint, form: Form, around: Around) -> bool {
    if form == Form::Quoted {
        return true;
    }
    let in_quotes = matches!(around, Around::Quotes(_) | Around::Query);
    match joint {
        Joint::Comma | Joint::Call | Joint::Compare | Joint::Element => false,
        Joint::Pair => matches!(syntax, Syntax::Config | Syntax::Log),
        Joint::Flag => syntax != Syntax::Data,
        Joint::Space | Joint::Prose | Joint::Arrow => matches!(syntax, Syntax::Log | Syntax::Prose),
        Joint::Colon | Joint::Equals => match syntax {
            Syntax::Code | Syntax::Data => in_quotes && joint == Joint::Equals,
            Syntax::Config | Syntax::Log | Syntax::Prose => true,
        },
    }
}

fn trim_value(text: &[u8], span: Range<usize>, form: Form, syntax: Syntax) -> Range<usize> {
    let mut end = span.end;
    if form == Form::Bare {
        while end > span.start
            && (matches!(text[end - 1], b',' | b';' | b'\\')
                || syntax != Syntax::Config && matches!(text[end - 1], b'.' | b':' | b'`' | b'"' | b'\''))
        {
            end -= 1;
        }
    }
    span.start..end
}

/// Whether more words stand behind a value.
fn goes_on(text: &[u8], end: usize) -> bool {
    let next = cursor::skip_blanks(text, end);
    let byte = byte(text, next);
    next > end && byte.is_ascii_alphabetic() && {
        let word =
            skip_while(text, next, 32, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        !matches!(text.get(word), Some(b'=' | b':'))
    }
}

/// A word or number without quotes behind a quoted name: JSON needs quotes in its place.
fn place(text: &[u8], value: &value::Value, joined: &Joined) -> Place {
    let is_json = value.form == Form::Bare && joined.quoted && joined.joint == Joint::Colon;
    let closed = matches!(byte(text, value.span.end), b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | 0);
    if is_json && closed { Place::BareJson } else { Place::Text }
}

const MAX_NAME_HALF: usize = 48;
const MAX_FOREIGN: usize = 36;
const MAX_INDENT: usize = 48;
const MAX_REREAD: usize = 256;
/// What may stand before the name of a setting on its line.
const LINE_OPENERS: &[&[u8]] = &[
    b"",
    b"-",
    b"export",
    b"*",
    b"#",
    b"//",
    b";",
    b"set",
    b"SET",
    b"ENV",
    b"env",
    b"- -",
    b"+",
    b">",
    b"$ export",
    b"ARG",
    b"--",
];
