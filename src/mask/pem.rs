//! Private keys over several lines: PEM (RFC 7468, RFC 1421), with those of SSH, the armour of RFC 9580 (section 6.2), and PPK files.
//!
//! A line belongs to a key or it does not: that is told line by line, so that a stream needs nothing held back. What stands before each
//! line, a time and a level say, and line breaks written as `\n` inside of a string are seen through.

use std::ops::Range;

use memchr::memmem;

use super::masked;
use super::work::looked_at;

/// A key that has begun and may go on in the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Armour {
    /// What stands before the key in its first line: so many words, the last byte. Not how many bytes: these may be masked.
    prefix_words: usize,
    prefix_end: Option<u8>,
    widest: usize,
    /// Only the last line is narrower than those before.
    after_last: bool,
    /// A line of it is masked already, and with it all that were its lines.
    is_masked: bool,
}

/// What a line after the first one is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The part of it that belongs to the key.
    pub(super) body: Option<Range<usize>>,
    pub(super) next: Next,
}

/// Whether the key may go on after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    GoesOn,
    Ended,
    /// The line was none of the key's.
    Foreign,
}

/// The beginning of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Begun {
    /// The part of the key in the same line.
    pub(super) body: Option<Range<usize>>,
    /// It may go on in the next line.
    pub(super) open: Option<Armour>,
    /// So much of the line has been read: no other key begins in there.
    pub(super) read_len: usize,
}

/// The key that begins in `line`, where one of [`TRIGGERS`] stands at `at`.
pub(super) fn begin(line: &[u8], at: usize) -> Option<Begun> {
    let marker = marker(line, at)?;
    let rest = &line[marker.end..];
    let (len, longest_run) = inline_len(rest);
    let body = trim(&rest[..len]);
    let body = (longest_run >= MIN_RUN).then(|| marker.end + body.start..marker.end + body.end);
    let around = len + around_len(&rest[len..]);
    let goes_on = around == rest.len() && (body.is_some() || trim(&rest[..len]).is_empty());
    let prefix = &line[..marker.start];
    // Asked once a line at most, for it looks back over all of it: a key that goes on is the last of its line.
    let open = || Armour {
        prefix_words: words(prefix),
        prefix_end: prefix.last().copied(),
        widest: 0,
        after_last: false,
        is_masked: false,
    };
    Some(Begun { body, open: goes_on.then(open), read_len: marker.end + around })
}

impl Armour {
    /// Reads the next line, without its newline.
    pub(super) fn read(&mut self, line: &[u8]) -> Line {
        for end in ENDS {
            if let Some(at) = memmem::find(line, end) {
                return Line {
                    body: self.body(&line[..at]).filter(|body| !body.is_empty()),
                    next: Next::Ended,
                };
            }
        }
        looked_at(line.len());
        let content = trim(line);
        let has_header = || HEADERS.iter().any(|name| memmem::find(&line[content.clone()], name).is_some());
        let is_prefix =
            self.prefix_end.is_some_and(|end| end.is_ascii_whitespace() && line.last() == Some(&end))
                && words(line) == self.prefix_words;
        if content.is_empty() || is_prefix {
            return Line { body: None, next: Next::GoesOn };
        }
        if masked::ends(&line[..content.end]) {
            self.is_masked = true;
            return Line { body: None, next: Next::GoesOn };
        }
        if self.is_masked {
            return Line { body: None, next: Next::Foreign };
        }
        match self.body(line) {
            Some(body) => Line { body: Some(body), next: Next::GoesOn },
            None if self.widest == 0 && has_header() => Line { body: None, next: Next::GoesOn },
            None => Line { body: None, next: Next::Foreign },
        }
    }

    /// The part of `line` that belongs to the key: base64, alone or after as much as stood before the first line.
    fn body(&mut self, line: &[u8]) -> Option<Range<usize>> {
        let content = trim(line);
        let run = line[..content.end].iter().rev().take_while(|byte| is_base64(**byte)).count();
        let start = content.end - run;
        // What stands before it may be of base64 itself, right up to it: `x-----BEGIN`.
        let glued = self.prefix_end.is_some_and(is_base64);
        // The end of a masked form is no sign of anything.
        let glue = self.prefix_end.filter(|end| *end != b'_');
        let is_own = start == content.start
            || words(&line[..start]) + usize::from(glued) == self.prefix_words
                && (line[start - 1].is_ascii_whitespace() || glue == Some(line[start - 1]));
        if run == 0 || !is_own {
            return None;
        }
        let width = content.end - start;
        if self.after_last && width < MIN_RUN && line[start] != b'=' {
            return None;
        }
        self.after_last = width < self.widest;
        self.widest = self.widest.max(width);
        Some(start..content.end)
    }
}

/// The boundary that begins a private key, around its words at `at`.
fn marker(line: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &line[at..];
    if let Some(count) = rest.strip_prefix(LINES) {
        let digits = count.iter().take_while(|byte| byte.is_ascii_digit()).count();
        return Some(at..at + LINES.len() + digits);
    }
    let name_from = at.saturating_sub(MAX_NAME_LEN);
    let before = &line[name_from..at];
    for (opening, closing) in BOUNDARIES {
        let Some(start) = memmem::rfind(before, opening) else { continue };
        let is_name = before[start + opening.len()..]
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ');
        let after = rest.strip_prefix(b"PRIVATE KEY")?;
        let after = after.strip_prefix(b" BLOCK").unwrap_or(after);
        if is_name && let Some(after) = after.strip_prefix(*closing) {
            return Some(name_from + start..line.len() - after.len());
        }
    }
    None
}

/// How far a key can go in its first line, and the longest run of base64 in it.
fn inline_len(rest: &[u8]) -> (usize, usize) {
    let (mut at, mut run, mut longest_run) = (0, 0, 0);
    while let Some(&byte) = rest.get(at) {
        let ends = byte == b'-' && rest[at..].starts_with(b"----")
            || byte == b'P' && [&b"Private-MAC"[..], LINES].iter().any(|word| rest[at..].starts_with(word));
        if ends || !(is_base64(byte) || matches!(byte, b' ' | b'\t' | b'\\' | b':' | b',' | b'.' | b'-')) {
            break;
        }
        run = if is_base64(byte) { run + 1 } else { 0 };
        longest_run = longest_run.max(run);
        at += 1;
        if byte == b'\\' {
            // However often it was escaped, the letter after it is none of the key's.
            at += rest[at..].iter().take_while(|byte| **byte == b'\\').count();
            at += usize::from(rest.get(at).is_some_and(u8::is_ascii_alphabetic));
        }
    }
    looked_at(at);
    (at, longest_run)
}

/// `line` without what stands around a line of a key in a text or a program: space, quotes, commas, escaped newlines.
fn trim(line: &[u8]) -> Range<usize> {
    let (mut start, mut end) = (0, line.len());
    while end > 0 {
        match line[end - 1] {
            b'n' | b'r' if end > 1 && line[end - 2] == b'\\' => end -= 2,
            b'+' if end > 1 && line[end - 2] == b' ' => end -= 2,
            byte if is_around(byte) => end -= 1,
            _ => break,
        }
    }
    while start < end {
        match line[start] {
            b'\\' if start + 1 < end && matches!(line[start + 1], b'n' | b'r') => start += 2,
            byte if is_around(byte) => start += 1,
            _ => break,
        }
    }
    looked_at(line.len() - (end - start));
    start..end
}

/// How much of what stands around a line of a key `text` begins with.
fn around_len(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() {
        at += match &text[at..] {
            [b'\\', b'n' | b'r', ..] | [b' ', b'+', ..] => 2,
            [byte, ..] if is_around(*byte) => 1,
            _ => break,
        };
    }
    looked_at(at);
    at
}

fn is_around(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'(' | b')' | b'\\' | b'#' | b'*' | b'>' | b'|')
}

fn words(text: &[u8]) -> usize {
    looked_at(text.len());
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Stand in the first line of every key.
pub(super) const TRIGGERS: &[&str] = &["private key", "private-lines: "];

const LINES: &[u8] = b"Private-Lines: ";
const BOUNDARIES: &[(&[u8], &[u8])] = &[(b"-----BEGIN ", b"-----"), (b"---- BEGIN ", b" ----")];
const ENDS: &[&[u8]] = &[b"-----END", b"---- END", b"Private-MAC"];
const HEADERS: &[&[u8]] =
    &[b"Proc-Type:", b"DEK-Info:", b"Version:", b"Comment:", b"Hash:", b"Charset:", b"MessageID:"];
/// More than `ENCRYPTED`, `OPENSSH` and the like need.
const MAX_NAME_LEN: usize = 48;
/// Words of a sentence are shorter, lines of a key longer.
const MIN_RUN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c5v6b7n8m9q0w1e2r3t4y5u6i7o8p";

    /// What of each line belongs to the key, until it ends.
    fn read<'a>(text: &'a str) -> Vec<&'a str> {
        let mut lines = text.lines();
        let first = lines.next().unwrap();
        let at = first.find("PRIVATE KEY").or_else(|| first.find("Private-Lines")).unwrap();
        let begun = begin(first.as_bytes(), at).unwrap();
        let mut parts: Vec<&'a str> = begun.body.map(|body| &first[body]).into_iter().collect();
        let Some(mut armour) = begun.open else { return parts };
        for line in lines {
            let read = armour.read(line.as_bytes());
            parts.extend(read.body.map(|body| &line[body]));
            if read.next != Next::GoesOn {
                break;
            }
        }
        parts
    }

    #[test]
    fn a_key_ends_with_its_last_boundary_or_a_line_that_is_none_of_it() {
        let begin = "-----BEGIN RSA PRIVATE KEY-----";
        assert_eq!(
            read(&format!("{begin}\n{BODY}\nabc=\n-----END RSA PRIVATE KEY-----\nword")),
            [BODY, "abc="]
        );
        assert_eq!(read(&format!("{begin}\n{BODY}\n{BODY}\nloaded the model\n{BODY}")), [BODY, BODY]);
        assert_eq!(read(&format!("{begin}\n{BODY}\nabc=\nword\nword")), [BODY, "abc="]);
        assert_eq!(read(&format!("{begin}\n{BODY}-----END")), [BODY]);
        assert!(read("-----BEGIN PRIVATE KEY----- is how one begins\nword").is_empty());
    }

    #[test]
    fn sees_through_what_stands_before_each_line() {
        for (before, then) in [
            ("12:00:01 INFO  ", "12:00:02 INFO  "),
            ("9:59 a ", "10:00 a "),
            ("    ", "    "),
            ("  \"", "  \""),
            ("a b|", "cd ef|"),
            ("Az", ""),
        ] {
            let text = format!(
                "{before}-----BEGIN PRIVATE KEY-----\n{then}{BODY}\n{then}Qw==\n{then}-----END PRIVATE KEY-----\n{then}{BODY}"
            );
            assert_eq!(read(&text), [BODY, "Qw=="], "{text}");
        }
    }

    #[test]
    fn sees_through_escaped_newlines() {
        for newline in ["\\n", "\\r\\n", "\\\\n", " "] {
            let body = format!("{BODY}{newline}{BODY}");
            for end in ["-----END PRIVATE KEY-----", "\"}", ""] {
                let text = format!("{{\"key\":\"-----BEGIN PRIVATE KEY-----{newline}{body}{newline}{end}");
                assert_eq!(read(&text), [&*body], "{text}");
            }
        }
        let program =
            format!("k = \"-----BEGIN PRIVATE KEY-----\\n\" +\n    \"{BODY}\\n\" +\n    \"Qw==\\n\" +");
        assert_eq!(read(&program), [BODY, "Qw=="]);
    }

    #[test]
    fn reads_keys_with_headers_and_those_of_openpgp_and_putty() {
        let rsa = format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\n{BODY}"
        );
        assert_eq!(read(&rsa), [BODY]);
        let pgp =
            format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n{BODY}\nQw==\n=aBcD\n-----END");
        assert_eq!(read(&pgp), [BODY, "Qw==", "=aBcD"]);
        assert_eq!(read(&format!("Private-Lines: 2\n{BODY}\nQw==\nPrivate-MAC: 00")), [BODY, "Qw=="]);
        assert_eq!(read(&format!("Private-Lines: 1\\n{BODY}\\nPrivate-MAC: 00")), [BODY]);
    }

    #[test]
    fn what_has_been_read_of_a_line_is_not_read_again() {
        for piece in
            ["Private-Lines: 1", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----(", "((("]
        {
            let line = format!("-----BEGIN PRIVATE KEY-----{}", piece.repeat(1000));
            let (mut read_until, mut work) = (0, 0);
            for (at, _) in line.match_indices("PRIVATE KEY").chain(line.match_indices("Private-Lines: ")) {
                if at >= read_until {
                    read_until = begin(line.as_bytes(), at).unwrap().read_len;
                    work += read_until - at;
                }
            }
            assert!(work <= line.len(), "{piece}: {work}");
        }
    }

    #[test]
    fn a_key_begins_after_what_looks_like_one() {
        let begun = begin(b"Private-Lines: 3 Private-Lines: 2", 0).unwrap();
        assert_eq!((begun.read_len, begun.open), (17, None));
        assert!(begin(b"Private-Lines: 3 Private-Lines: 2", 17).unwrap().open.is_some());
    }

    #[test]
    fn a_masked_key_ends_where_it_ended() {
        let (begin, masked) = ("-----BEGIN PRIVATE KEY-----", "__masked.private-key.01234567__");
        for line in ["word", "Proc-Type: 4,ENCRYPTED"] {
            assert_eq!(read(&format!("{begin}\n{BODY}\nabc=\n{line}\n{BODY}")), [BODY, "abc="]);
            assert!(read(&format!("{begin}\n{masked}\n{masked}\n{line}\n{BODY}")).is_empty(), "{line}");
        }
    }

    #[test]
    fn public_keys_and_certificates_are_no_keys() {
        for line in ["-----BEGIN PUBLIC KEY-----", "the PRIVATE KEY-----", "-----BEGIN a PRIVATE KEY-----"] {
            assert_eq!(line.find("PRIVATE KEY").and_then(|at| begin(line.as_bytes(), at)), None);
        }
    }
}
