//! Goes through JSON as text: nothing is built, and everything keeps its place. Depth costs no stack.

use std::borrow::Cow;
use std::ops::Range;

use crate::scan::passage::Pieces;

/// A place in a JSON text. Each step is `None` where the text is no JSON.
pub(super) struct Json<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Json<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// One within the value at `span`.
    pub(super) fn within(&self, span: &Range<usize>) -> Self {
        Self { text: &self.text[..span.end], at: span.start }
    }

    /// The byte that the next value begins with.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// Goes through an object: `visit` gets each name and where its value is.
    pub(super) fn entries(&mut self, mut visit: impl FnMut(&str, Range<usize>)) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let name = self.string()?;
            self.expect(b':')?;
            let value = self.value()?;
            visit(&unescaped(&self.text[name]), value);
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
            self.peek()?;
        }
        self.at += 1;
        Some(())
    }

    /// Goes through an array: `visit` gets where each value is.
    pub(super) fn items(&mut self, mut visit: impl FnMut(Range<usize>)) -> Option<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            visit(self.value()?);
            match self.peek()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return None,
            }
        }
        self.at += 1;
        Some(())
    }

    /// Every string that is a value somewhere in the value at `span`, between its quotes.
    pub(super) fn strings(&self, span: Range<usize>, mut visit: impl FnMut(Range<usize>)) -> Option<()> {
        let mut json = self.within(&span);
        while let Some(byte) = json.peek() {
            if byte != b'"' {
                json.at += 1;
                continue;
            }
            let string = json.string()?;
            if json.peek() != Some(b':') {
                visit(string);
            }
        }
        Some(())
    }

    /// Steps over a value of any kind.
    fn value(&mut self) -> Option<Range<usize>> {
        self.peek()?;
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                byte if is_of_a_word(byte) => {
                    let rest = &self.text[self.at..];
                    self.at += rest.iter().position(|&byte| !is_of_a_word(byte)).unwrap_or(rest.len());
                }
                _ => return None,
            }
            if depth == 0 {
                return Some(start..self.at);
            }
        }
    }

    /// Steps over a string: what stands between its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            self.at += memchr::memchr2(b'"', b'\\', &self.text[self.at..])?;
            if self.text[self.at] == b'"' {
                self.at += 1;
                return Some(start..self.at - 1);
            }
            self.at += 2;
            if self.at > self.text.len() {
                return None;
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        let is_there = self.peek()? == byte;
        self.at += 1;
        is_there.then_some(())
    }
}

/// Adds what the string at `span` of `text` says to a passage, each character with the place it has there.
pub(super) fn push_unescaped(pieces: &mut Pieces, text: &[u8], span: Range<usize>) {
    let mut at = span.start;
    while at < span.end {
        let len = memchr::memchr(b'\\', &text[at..span.end]).unwrap_or(span.end - at);
        if len > 0 {
            pieces.push(&text[at..at + len], at);
            at += len;
            continue;
        }
        let (character, len) = escape(&text[at..span.end]);
        pieces.push(character.encode_utf8(&mut [0; 4]).as_bytes(), at);
        at += len;
    }
}

fn unescaped(text: &[u8]) -> Cow<'_, str> {
    if !text.contains(&b'\\') {
        return String::from_utf8_lossy(text);
    }
    let mut plain = String::new();
    let mut at = 0;
    while at < text.len() {
        let len = memchr::memchr(b'\\', &text[at..]).unwrap_or(text.len() - at);
        plain.push_str(&String::from_utf8_lossy(&text[at..at + len]));
        at += len;
        if at < text.len() {
            let (character, len) = escape(&text[at..]);
            plain.push(character);
            at += len;
        }
    }
    plain.into()
}

/// The character that an escape stands for, and how long it is. What is none stands for itself.
fn escape(text: &[u8]) -> (char, usize) {
    let character = match text.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return unicode(text),
        Some(&byte) if byte.is_ascii() => char::from(byte),
        _ => return ('\\', 1),
    };
    (character, 2)
}

fn unicode(text: &[u8]) -> (char, usize) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let Some(first) = unit(0) else { return ('\u{fffd}', 2) };
    let units = [first, unit(6).unwrap_or(0)];
    match char::decode_utf16(units).next() {
        Some(Ok(character)) => (character, 6 * character.len_utf16()),
        _ => ('\u{fffd}', 6),
    }
}

fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_keep_their_places() {
        let text = br#" { "a\u00e9" : [1, {"x": "}"}] , "b":null } "#;
        let mut seen = Vec::new();
        Json::new(text).entries(|name, span| seen.push((name.to_owned(), text[span].to_vec()))).unwrap();
        assert_eq!(seen[0], ("a\u{e9}".into(), br#"[1, {"x": "}"}]"#.to_vec()));
        assert_eq!(seen[1], ("b".into(), b"null".to_vec()));
    }

    #[test]
    fn only_values_are_strings_that_are_visited() {
        let text = br#"{"a":"1","b":[{"c":"2\"3"}]}"#;
        let mut seen = Vec::new();
        Json::new(text).strings(0..text.len(), |span| seen.push(text[span].to_vec())).unwrap();
        assert_eq!(seen, [b"1".to_vec(), br#"2\"3"#.to_vec()]);
    }

    #[test]
    fn what_is_no_json_ends_it() {
        for text in ["", "{", "{\"a\"", "{\"a\":", "{\"a\":]}", "{\"a\":1", "{\"a\":\"\\", "[1}", "{\"a\" 1}"]
        {
            assert_eq!(Json::new(text.as_bytes()).entries(|_, _| ()), None, "{text}");
        }
        let deep = "[".repeat(1_000_000);
        assert_eq!(Json::new(deep.as_bytes()).items(|_| ()), None);
    }

    #[test]
    fn escapes_become_characters_and_wrong_ones_do_no_harm() {
        for (text, plain) in [
            (r"a\nb\\n", "a\nb\\n"),
            (r"\ud83d\ude00!", "\u{1f600}!"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\u12", "\u{fffd}12"),
            (r"\", "\\"),
            (r"\/\q", "/q"),
        ] {
            let mut pieces = Pieces::default();
            push_unescaped(&mut pieces, text.as_bytes(), 0..text.len());
            let passage = pieces.into_passage(crate::mask::Syntax::Data, None);
            assert_eq!(String::from_utf8_lossy(&passage.text), plain, "{text}");
            assert_eq!(unescaped(text.as_bytes()), plain);
        }
    }
}
