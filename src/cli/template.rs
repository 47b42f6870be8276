//! Templates: text with places in it where values of credentials go.

use std::str::from_utf8;

use super::commands::cred::Target;
use crate::credentials;

/// A template, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Template<'t> {
    pub(super) pieces: Vec<Piece<'t>>,
}

/// What it is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Stays as it is.
    Text(&'t [u8]),
    /// A value that stands in this line, counted from 1.
    Value { target: Target, line: usize },
}

/// What is wrong with a template, and in which line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) what: What,
}

/// What is wrong with a template.
#[derive(Debug)]
pub(super) enum What {
    /// A reference that does not end in its line.
    Unclosed(&'static str),
    /// Something else than `NAME/FIELD`.
    Name(credentials::Error),
}

impl<'t> Template<'t> {
    /// Takes `text` apart, in one pass.
    pub(super) fn parse(text: &'t [u8]) -> Result<Self, Fault> {
        let mut template = Self::default();
        let (mut line, mut text_from, mut at) = (1, 0, 0);
        while at < text.len() {
            let rest = &text[at..];
            let found = match rest {
                // The second character of each escape is the text that stays.
                [b'$', b'$', ..] => Some((Found::Text(1), 2)),
                [b'{', b'{', b'{', b'{', ..] => Some((Found::Text(2), 4)),
                [b'$', b'{', ..] => Some(enclosed(rest, "${", "}", line)?),
                [b'{', b'{', ..] => Some(enclosed(rest, "{{", "}}", line)?),
                _ if rest.starts_with(SCHEME) && !is_scheme_end(&text[..at]) => Some(bare(rest, line)?),
                _ => None,
            };
            let Some((found, len)) = found else {
                line += usize::from(text[at] == b'\n');
                at += 1;
                continue;
            };
            template.push_text(&text[text_from..at]);
            text_from = at + len;
            match found {
                Found::Text(kept) => text_from -= kept,
                Found::Value(target) => template.pieces.push(Piece::Value { target, line }),
            }
            at += len;
        }
        template.push_text(&text[text_from..]);
        Ok(template)
    }

    fn push_text(&mut self, text: &'t [u8]) {
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text));
        }
    }
}

enum Found {
    /// So many bytes at its end are text.
    Text(usize),
    Value(Target),
}

/// A reference between `open` and `close`, which stand in the same line, and its length.
fn enclosed(
    text: &[u8],
    open: &'static str,
    close: &'static str,
    line: usize,
) -> Result<(Found, usize), Fault> {
    let inner = &text[open.len()..];
    let inner = &inner[..inner.len().min(MAX_REFERENCE_LEN)];
    let inner = inner.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = inner.windows(close.len()).position(|bytes| bytes == close.as_bytes());
    let end = end.ok_or(Fault { line, what: What::Unclosed(open) })?;
    Ok((Found::Value(target(&inner[..end], line)?), open.len() + end + close.len()))
}

/// A reference that goes on for as long as its characters may stand in a name and then in a field.
fn bare(text: &[u8], line: usize) -> Result<(Found, usize), Fault> {
    let inner = &text[SCHEME.len()..];
    let inner = &inner[..inner.len().min(MAX_REFERENCE_LEN)];
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"._-@:+".contains(byte);
    let is_of_field = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let name_len = inner.iter().take_while(|byte| is_of_name(byte)).count();
    let len = match inner[name_len..].split_first() {
        Some((b'/', field)) if field.first().is_some_and(is_of_field) => {
            name_len + 1 + field.iter().take_while(|byte| is_of_field(byte)).count()
        }
        _ => name_len,
    };
    Ok((Found::Value(target(&inner[..len], line)?), SCHEME.len() + len))
}

fn target(text: &[u8], line: usize) -> Result<Target, Fault> {
    let fault = |error| Fault { line, what: What::Name(error) };
    let reason = "it is not UTF-8";
    let text =
        from_utf8(text).map_err(|_| fault(credentials::Error::Invalid { field: "name".into(), reason }))?;
    Target::parse(text.trim_matches([' ', '\t'])).map_err(fault)
}

/// Whether `mc://` behind it would be the end of a longer scheme.
fn is_scheme_end(before: &[u8]) -> bool {
    before.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
}

const SCHEME: &[u8] = b"mc://";
/// Longer than any name with any field.
const MAX_REFERENCE_LEN: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// Values as `<NAME/FIELD>LINE`.
    fn shown(text: &str) -> String {
        let template = Template::parse(text.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?}"));
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Piece::Value { target, line } => format!("<{}/{}>{line}", target.name, target.field),
        };
        template.pieces.iter().map(piece).collect()
    }

    #[test]
    fn the_three_forms_are_one() {
        for text in ["${db/user}", "${ db/user }", "{{db/user}}", "{{ db/user }}", "mc://db/user"] {
            assert_eq!(shown(text), "<db/user>1", "{text}");
        }
        assert_eq!(shown("${db} {{ db }} mc://db"), "<db/secret>1 <db/secret>1 <db/secret>1");
        assert_eq!(shown("a\n\nx=${a:b@c/d}\n"), "a\n\nx=<a:b@c/d>3\n");
    }

    #[test]
    fn what_is_escaped_or_no_reference_stays() {
        for (text, made) in [
            ("$${db}", "${db}"),
            ("$$$${db}", "$${db}"),
            ("$$${db}", "$<db/secret>1"),
            ("{{{{ db }}", "{{ db }}"),
            ("$HOME $(x) $ 5$", "$HOME $(x) $ 5$"),
            ("{ } }} {x}", "{ } }} {x}"),
            ("xmc://db", "xmc://db"),
            ("mc:/db mc:", "mc:/db mc:"),
            ("", ""),
        ] {
            assert_eq!(shown(text), made, "{text}");
        }
    }

    #[test]
    fn a_bare_reference_ends_where_no_field_goes_on() {
        let made = "postgres://<db/user>1:<db/password>1@h/x";
        assert_eq!(shown("postgres://mc://db/user:mc://db/password@h/x"), made);
        assert_eq!(shown("\"mc://a/b\", (mc://a/)"), "\"<a/b>1\", (<a/secret>1/)");
    }

    #[test]
    fn a_fault_is_told_with_its_line_and_without_what_stands_there() {
        for text in ["${db", "${db\n}", "{{ db }", "${}", "${a b}", "{{ .Values.x }}", "mc://", "${db/}"] {
            let fault = Template::parse(format!("1\n2 canary\n{text}").as_bytes()).unwrap_err();
            assert_eq!(fault.line, 3, "{text}");
        }
        let fault = Template::parse(b"${!canary!}").unwrap_err();
        assert!(!format!("{fault:?}").contains("canary"), "{fault:?}");
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        let template = Template::parse(b"\xff\xfe${a}\x80").unwrap();
        assert_eq!(template.pieces.len(), 3);
        assert!(Template::parse(b"${\xff}").is_err());
    }
}
