//! `modelcrypt:allow` on a line: whoever wrote it has looked.

use std::ops::Range;

use memchr::memmem;

/// Where a text allows findings. One `modelcrypt:allow` allows all that stand on its line,
/// `modelcrypt:allow=rule-id,other-rule` those of these rules. For a secret of several lines, any of them will do, and the
/// two before: a private key stands behind the line that says what it is.
pub(super) struct Allowed<'t> {
    text: &'t [u8],
    /// In the order of the text, without their newlines.
    lines: Vec<AllowedLine>,
}

struct AllowedLine {
    range: Range<usize>,
    rules: Rules,
}

enum Rules {
    All,
    These(Vec<String>),
}

impl<'t> Allowed<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        let mut lines: Vec<AllowedLine> = Vec::new();
        for at in memmem::find_iter(text, MARK) {
            let Some(rules) = named(&text[at + MARK.len()..]) else { continue };
            match lines.last_mut() {
                Some(line) if at < line.range.end => line.rules.add(rules),
                _ => {
                    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
                    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |len| at + len);
                    lines.push(AllowedLine { range: start..end, rules });
                }
            }
        }
        Self { text, lines }
    }

    /// Whether a finding of `rule` at `span` is allowed.
    pub(super) fn contains(&self, span: &Range<usize>, rule: &str) -> bool {
        if self.lines.is_empty() {
            return false;
        }
        let start = if self.text[span.clone()].contains(&b'\n') {
            let mut newlines = memchr::memrchr_iter(b'\n', &self.text[..span.start]);
            newlines.nth(2).map_or(0, |newline| newline + 1)
        } else {
            span.start
        };
        let first = self.lines.partition_point(|line| line.range.end < start);
        let touched = self.lines[first..].iter().take_while(|line| line.range.start <= span.end);
        touched.into_iter().any(|line| line.rules.contain(rule))
    }
}

impl Rules {
    fn add(&mut self, others: Self) {
        match (&mut *self, others) {
            (Self::These(rules), Self::These(others)) => rules.extend(others),
            _ => *self = Self::All,
        }
    }

    fn contain(&self, rule: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(rules) => rules.iter().any(|name| name == rule),
        }
    }
}

/// What follows the mark: nothing, or rules. `None` where it is the beginning of another word.
fn named(rest: &[u8]) -> Option<Rules> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    if rest.first() != Some(&b'=') {
        return if rest.first().is_some_and(is_word) { None } else { Some(Rules::All) };
    }
    let list = &rest[1..];
    let len = list.iter().position(|byte| !is_word(byte) && *byte != b',').unwrap_or(list.len());
    let list = String::from_utf8_lossy(&list[..len]);
    Some(Rules::These(list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
}

const MARK: &[u8] = b"modelcrypt:allow";

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(text: &str, rule: &str) -> bool {
        let start = text.find("SECRET").unwrap();
        let end = text.rfind("SECRET").unwrap() + 6;
        Allowed::of(text.as_bytes()).contains(&(start..end), rule)
    }

    #[test]
    fn a_mark_holds_for_its_line() {
        for (text, expected) in [
            ("a=SECRET # modelcrypt:allow", true),
            ("# modelcrypt:allow a=SECRET", true),
            ("# modelcrypt:allow\na=SECRET", false),
            ("a=SECRET\n# modelcrypt:allow", false),
            ("x\na=SECRET // modelcrypt:allow\ny", true),
            ("a=SECRET # modelcrypt:allowed", false),
            ("a=SECRET # modelcrypt:allow-not", false),
            ("a=SECRET # modelcrypt:allow: a test key", true),
            ("a=SECRET # modelcrypt:allow=token", true),
            ("a=SECRET # modelcrypt:allow=password,token", true),
            ("a=SECRET # modelcrypt:allow=password", false),
            ("a=SECRET # modelcrypt:allow=tok", false),
            ("a=SECRET # modelcrypt:allow=password modelcrypt:allow=token", true),
            ("a=SECRET # modelcrypt:allow=", false),
        ] {
            assert_eq!(is_allowed(text, "token"), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_of_several_lines_is_allowed_on_any_of_them_or_before() {
        for (text, expected) in [
            ("# modelcrypt:allow\nSECRET\nSECRET", true),
            ("SECRET\nx SECRET modelcrypt:allow\n", true),
            ("# modelcrypt:allow\n-----BEGIN\nSECRET\nSECRET", true),
            ("# modelcrypt:allow\n\n-----BEGIN\nSECRET\nSECRET", false),
            ("SECRET\nSECRET\n# modelcrypt:allow", false),
        ] {
            assert_eq!(is_allowed(text, "private-key"), expected, "{text}");
        }
    }
}
