//! Where a word begins and ends in text that may be escaped.

use std::ops::Range;

/// Whether no word goes on from before `at`; the characters in `more` are of words too.
///
/// An escape before it is no word: `\n`, `\u003d`, `%3D`, the end of a colour of a terminal.
#[must_use]
pub(super) fn begins_word(text: &[u8], at: usize, more: &[u8]) -> bool {
    let before = &text[at.saturating_sub(LONGEST_ESCAPE)..at];
    before.last().is_none_or(|&byte| !is_of_word(byte, more)) || ends_with_escape(before)
}

/// Where the word that comes up to the end of `place` begins, not looked for before its start.
#[must_use]
pub(super) fn word_start(text: &[u8], place: Range<usize>, more: &[u8]) -> usize {
    let before = text[place.clone()].iter().rev().take_while(|byte| is_of_word(**byte, more)).count();
    place.end - before
}

/// Whether no word goes on at `at`.
#[must_use]
pub(super) fn ends_word(text: &[u8], at: usize, more: &[u8]) -> bool {
    text.get(at).is_none_or(|&byte| !is_of_word(byte, more))
}

fn is_of_word(byte: u8, more: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || more.contains(&byte)
}

/// Where the text begins behind the end of an escape that stands at `at`, whose beginning is before it: `31m` behind `ESC [`.
#[must_use]
pub(super) fn after_escape(text: &[u8], at: usize) -> usize {
    let rest = text[at..].iter().take(LONGEST_ESCAPE);
    let digits = rest.take_while(|byte| is_parameter(**byte)).count();
    let end = at + digits + 1;
    let ends = text.get(end - 1).is_some_and(|byte| ends_sequence(*byte))
        && is_sequence(&text[end.saturating_sub(LONGEST_ESCAPE)..end - 1]);
    if ends { end } else { at }
}

/// How long the escape of a terminal is that begins at `at`: zero if none does.
#[must_use]
pub(super) fn escape_len(text: &[u8], at: usize) -> usize {
    let rest = &text[at.min(text.len())..];
    let Some(opening) = SEQUENCES.iter().find(|opening| rest.starts_with(opening)) else { return 0 };
    let parameters = rest[opening.len()..].iter().take(LONGEST_ESCAPE);
    let len = opening.len() + parameters.take_while(|byte| is_parameter(**byte)).count();
    if rest.get(len).is_some_and(|byte| ends_sequence(*byte)) { len + 1 } else { 0 }
}

fn ends_with_escape(text: &[u8]) -> bool {
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match text {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., b'%', a, b] | [.., b'\\', b'x', a, b] => hex(&[*a, *b]),
        [.., b'\\', b'u', a, b, c, d] => hex(&[*a, *b, *c, *d]),
        [start @ .., last] if ends_sequence(*last) => is_sequence(start),
        _ => false,
    }
}

/// Whether `text` ends with an escape of a terminal that lacks its last letter only.
fn is_sequence(text: &[u8]) -> bool {
    let parameters = text.iter().rev().take_while(|byte| is_parameter(**byte)).count();
    SEQUENCES.iter().any(|opening| text[..text.len() - parameters].ends_with(opening))
}

/// Whether `byte` ends an escape that colours, erases or moves.
fn ends_sequence(byte: u8) -> bool {
    matches!(byte, b'm' | b'A'..=b'D' | b'G' | b'H' | b'J' | b'K')
}

fn is_parameter(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b';'
}

/// How an escape of a terminal begins, as it is and written out in JSON, Python, a shell.
const SEQUENCES: &[&[u8]] =
    &[b"\x1b[", b"\\u001b[", b"\\u001B[", b"\\x1b[", b"\\x1B[", b"\\u{1b}[", b"\\033[", b"\\e["];
/// `\u001b[38;2;255;255;255m`.
pub(super) const LONGEST_ESCAPE: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_begins_after_what_is_of_no_word() {
        for before in [
            "",
            " ",
            "\"",
            "=",
            r"\n",
            r"\t",
            r"\u003d",
            r"\x3d",
            "%3D",
            "\u{1b}[31m",
            "\u{1b}[38;5;123m",
            "\u{1b}[m\u{1b}[K",
            r"\u001b[31m",
            r"\\u001b[38;2;255;255;255m",
            r"\x1b[1;31m",
            r"\033[0m",
            "é",
        ] {
            let text = format!("{before}ghp");
            assert!(begins_word(text.as_bytes(), before.len(), b""), "{before}");
        }
        for before in ["a", "_", "7", "n", "u003d", "3D", "31m", "[31m", "%G1"] {
            let text = format!("{before}ghp");
            assert!(!begins_word(text.as_bytes(), before.len(), b""), "{before}");
        }
    }

    #[test]
    fn tells_the_escapes_of_a_terminal() {
        for (text, at, end) in
            [("\u{1b}[3mkey", 2, 4), (r"\u001b[38;5;1mkey", 12, 14), ("[3mkey", 1, 1), ("3m", 0, 0)]
        {
            assert_eq!(after_escape(text.as_bytes(), at), end, "{text}");
        }
        for (text, len) in [("\u{1b}[0mx", 4), (r"\x1b[1;31mx", 10), ("\u{1b}[31", 0), ("[0m", 0), ("", 0)] {
            assert_eq!(escape_len(text.as_bytes(), 0), len, "{text}");
        }
    }

    #[test]
    fn a_word_is_followed_back_to_its_beginning_or_as_far_as_allowed() {
        assert_eq!(word_start(b"a-bc:x", 0..4, b""), 2);
        assert_eq!(word_start(b"a-bc:x", 0..4, b"-"), 0);
        assert_eq!(word_start(b"a-bc:x", 3..4, b"-"), 3);
        assert_eq!(word_start(b"a-bc:x", 0..5, b""), 5);
    }

    #[test]
    fn more_characters_may_be_of_a_word() {
        assert!(begins_word(b"-a", 1, b"") && !begins_word(b"-a", 1, b"-"));
        assert!(ends_word(b"a-", 1, b"") && !ends_word(b"a-", 1, b"-"));
        assert!(ends_word(b"a", 1, b"-") && !ends_word(b"ab", 1, b""));
    }
}
