//! Short flags of known tools: `curl -u user:password`, `mysql -ppassword`, `sshpass -p password`.

use super::cursor::{byte, line_start, skip_blanks, skip_while};
use super::kind::Kind;
use super::placeholder::is_placeholder;
use crate::mask::found::{Found, Place};
use crate::mask::severity::Confidence;
use crate::mask::syntax::Syntax;

/// Reads the flag that begins at `at` with its blank; returns where to go on.
pub(super) fn read(text: &[u8], at: usize, syntax: Syntax, out: &mut Vec<Found>) -> usize {
    let go_on = at + 3;
    let letter = byte(text, at + 2).to_ascii_lowercase();
    let line = &text[line_start(text, at, MAX_LINE)..at];
    let takes = |tools| calls(line, tools);
    let found = match letter {
        b'u' if byte(text, go_on) == b' ' && takes(USER_TOOLS) => {
            user_and_password(text, skip_blanks(text, go_on))
        }
        b'p' if takes(PASSWORD_TOOLS) => password(text, go_on, takes(GLUED_TOOLS)),
        _ => None,
    };
    let Some((start, end)) = found else { return go_on };
    let value = &text[start..end];
    if value.len() < MIN_LEN || is_placeholder(value) || syntax == Syntax::Data {
        return go_on;
    }
    out.push(Found {
        span: start..end,
        rule: Kind::Password.rule(),
        confidence: Confidence::Medium,
        place: Place::Text,
    });
    end
}

fn user_and_password(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let (start, end) = argument(text, at)?;
    let colon = text[start..end].iter().position(|byte| *byte == b':')?;
    (colon > 0 && !text[start..end].starts_with(b"http")).then_some((start + colon + 1, end))
}

fn password(text: &[u8], at: usize, glued: bool) -> Option<(usize, usize)> {
    let start = skip_blanks(text, at);
    if glued && start != at {
        return None;
    }
    let (start, end) = argument(text, start)?;
    (byte(text, start) != b'-').then_some((start, end))
}

/// One argument of a shell, without its quotes.
fn argument(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let quote = byte(text, at);
    if matches!(quote, b'"' | b'\'') {
        let end = skip_while(text, at + 1, MAX_ARGUMENT, |byte| byte != quote && byte != b'\n');
        return (byte(text, end) == quote).then_some((at + 1, end));
    }
    let end = skip_while(text, at, MAX_ARGUMENT, |byte| {
        byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | b';' | b'|' | b')' | b'<' | b',')
    });
    (end > at).then_some((at, end))
}

/// Whether one of `tools` is called on `line`: by its name, or by its name and a verb.
fn calls(line: &[u8], tools: &[(&str, &str)]) -> bool {
    let words = || line.split(|byte| !byte.is_ascii_alphanumeric());
    words().any(|word| {
        tools.iter().any(|(tool, verb)| {
            word == tool.as_bytes() && (verb.is_empty() || words().any(|word| word == verb.as_bytes()))
        })
    })
}

const USER_TOOLS: &[(&str, &str)] =
    &[("curl", ""), ("http", ""), ("wget", ""), ("smbclient", ""), ("ldapsearch", "")];
const PASSWORD_TOOLS: &[(&str, &str)] = &[
    ("mysql", ""),
    ("mysqldump", ""),
    ("mysqladmin", ""),
    ("sshpass", ""),
    ("docker", "login"),
    ("mongo", ""),
    ("mongodump", ""),
    ("mongorestore", ""),
];
const GLUED_TOOLS: &[(&str, &str)] = &[("mysql", ""), ("mysqldump", ""), ("mysqladmin", "")];
const MIN_LEN: usize = 3;
const MAX_LINE: usize = 96;
const MAX_ARGUMENT: usize = 256;
