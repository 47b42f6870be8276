//! `.env` files: `NAME=value` lines, as shells and most readers of such files take them.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::found::{Found, Item};
use crate::base::SecretText;
use crate::cli::failure::Failure;
use crate::credentials::Kind;

/// The variables in `text`; of one that is set twice the last value counts. Nothing in a value is replaced.
pub(super) fn parse(text: &str) -> Found {
    let mut found = Found::default();
    let mut variables = BTreeMap::new();
    let mut rest = text;
    let mut line = 1;
    while !rest.is_empty() {
        let before = rest;
        match assignment(&mut rest) {
            Ok(Some((name, value))) => drop(variables.insert(name, value)),
            Ok(None) => {}
            Err(reason) => found.failures.push(Failure::usage(format!("line {line}: {reason}"))),
        }
        line += before[..before.len() - rest.len()].matches('\n').count();
    }
    for (name, value) in variables {
        if value.expose().is_empty() {
            found.passed_over.push(format!("`{name}` is empty"));
        } else {
            found.items.push(Item::new(name, Kind::EnvVar, value));
        }
    }
    found
}

/// Takes one assignment, or a line without one, off the front of `rest`.
fn assignment<'t>(rest: &mut &'t str) -> Result<Option<(&'t str, SecretText)>, &'static str> {
    let (line, after) = rest.split_once('\n').unwrap_or((*rest, ""));
    let text = line.trim();
    let text = text.strip_prefix("export").filter(|text| text.starts_with([' ', '\t'])).unwrap_or(text);
    let text = text.trim_start();
    if text.is_empty() || text.starts_with('#') {
        *rest = after;
        return Ok(None);
    }
    let Some((name, value)) = text.split_once('=') else {
        *rest = after;
        return Err("it has no `=`");
    };
    let (name, value) = (name.trim_end(), value.trim_start());
    if !is_variable(name) {
        *rest = after;
        return Err("what stands before the `=` is no name of a variable");
    }
    let Some(quote) = value.chars().next().filter(|first| "'\"".contains(*first)) else {
        *rest = after;
        return Ok(Some((name, SecretText::new(bare(value).as_bytes().to_vec()))));
    };
    // A quoted value may go on over the end of the line.
    let start = value.as_ptr() as usize - rest.as_ptr() as usize + 1;
    let Some((value, len)) = quoted(&rest[start..], quote) else {
        *rest = after;
        return Err("a quote is not closed");
    };
    let behind = &rest[start + len..];
    let (tail, after) = behind.split_once('\n').unwrap_or((behind, ""));
    *rest = after;
    let tail = tail.trim();
    if !tail.is_empty() && !tail.starts_with('#') {
        return Err("something stands behind a quote");
    }
    Ok(Some((name, value)))
}

/// A value without quotes ends before a comment.
fn bare(value: &str) -> &str {
    if value.starts_with('#') {
        return "";
    }
    let comment = value.match_indices('#').find(|(at, _)| value[..*at].ends_with([' ', '\t']));
    value[..comment.map_or(value.len(), |(at, _)| at)].trim_end()
}

/// The value up to the closing quote, and how many bytes it takes with the quote; `None`: there is no such quote.
fn quoted(text: &str, quote: char) -> Option<(SecretText, usize)> {
    if quote == '\'' {
        let end = text.find('\'')?;
        return Some((SecretText::new(text.as_bytes()[..end].to_vec()), end + 1));
    }
    let end = closing_quote(text.as_bytes())?;
    // Room for this value alone: what is wiped is as long as what is read.
    let mut value = Zeroizing::new(Vec::with_capacity(end));
    let mut bytes = text.as_bytes()[..end].iter();
    while let Some(byte) = bytes.next() {
        match (byte, if *byte == b'\\' { bytes.next() } else { None }) {
            (_, Some(b'n')) => value.push(b'\n'),
            (_, Some(b'r')) => value.push(b'\r'),
            (_, Some(b't')) => value.push(b'\t'),
            (_, Some(escaped @ (b'"' | b'\\' | b'$' | b'`'))) => value.push(*escaped),
            (_, Some(other)) => value.extend([b'\\', *other]),
            (byte, None) => value.push(*byte),
        }
    }
    Some((SecretText::new(std::mem::take(&mut *value)), end + 1))
}

/// Where the first double quote is that no backslash stands before.
fn closing_quote(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn is_variable(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && name.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let found = parse(text);
        assert!(found.failures.is_empty(), "{:?}", found.failures);
        let value = |item: Item| (item.name, String::from_utf8(item.secret.expose().to_vec()).unwrap());
        found.items.into_iter().map(value).collect()
    }

    fn value(text: &str) -> String {
        values(&format!("A={text}")).pop().unwrap().1
    }

    #[test]
    fn values_are_taken_as_shells_take_them() {
        for (text, read) in [
            ("plain", "plain"),
            ("  spaced out  ", "spaced out"),
            ("a#b", "a#b"),
            ("a #b", "a"),
            ("a=b==", "a=b=="),
            ("'a #b\\n' # c", "a #b\\n"),
            (r#""a\nb\"\\\$x\q""#, "a\nb\"\\$x\\q"),
            ("\"two\nlines\"", "two\nlines"),
            ("'two\nlines'", "two\nlines"),
            ("${X}", "${X}"),
            ("é", "é"),
        ] {
            assert_eq!(value(text), read, "{text}");
        }
    }

    #[test]
    fn lines_around_assignments_are_passed_over() {
        let text = "# comment\n\nexport A=1\r\n  B = 2\nexported=3\nA=4\n";
        let expected = [("A", "4"), ("B", "2"), ("exported", "3")];
        assert_eq!(values(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(parse("A=\nB=''\nC=#x").passed_over, ["`A` is empty", "`B` is empty", "`C` is empty"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_line_and_not_shown() {
        let found = parse("A=\"x\ny\"\ncanary\n1X=canary\nB='canary\nC=1\nD='x'canary\nE='canary\n");
        let told: Vec<_> = found.failures.iter().map(|failure| failure.message.as_str()).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].starts_with("line 3:") && told[1].starts_with("line 4:"), "{told:?}");
        assert!(!told.concat().contains("canary"));
    }

    // With room for the whole rest for each of them, this would take minutes.
    #[test]
    fn many_quoted_values_cost_as_much_as_they_are_long() {
        let lines: Vec<String> = (0..60_000).map(|number| format!("A{number}=\"x\"\n")).collect();
        let text = lines.concat();
        assert_eq!(parse(&text).items.len(), 60_000);
        // A quote that is not closed is looked for once: nothing behind it opens another one.
        assert_eq!(parse(&format!("A=\"x\n{}", "B=\\\"x\n".repeat(60_000))).failures.len(), 1);
        assert_eq!(parse(&format!("A='x\n{}", "B=x\n".repeat(60_000))).failures.len(), 1);
    }
}
