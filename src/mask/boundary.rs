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

fn ends_with_escape(text: &[u8]) -> bool {
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match text {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., b'%', a, b] | [.., b'\\', b'x', a, b] => hex(&[*a, *b]),
        [.., b'\\', b'u', a, b, c, d] => hex(&[*a, *b, *c, *d]),
        [start @ .., b'm'] => {
            let parameters =
                start.iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
            start[..start.len() - parameters].ends_with(b"\x1b[")
        }
        _ => false,
    }
}

/// `ESC [ 38 ; 5 ; 123 m`.
const LONGEST_ESCAPE: usize = 12;

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
            "é",
        ] {
            let text = format!("{before}ghp");
            assert!(begins_word(text.as_bytes(), before.len(), b""), "{before}");
        }
        for before in ["a", "_", "7", "n", "u003d", "3D", "31m", "%G1"] {
            let text = format!("{before}ghp");
            assert!(!begins_word(text.as_bytes(), before.len(), b""), "{before}");
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
