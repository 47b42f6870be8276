//! Small steps over bytes, all of them bounded.

use crate::mask::boundary::escape_len;
use crate::mask::work::looked_at;

/// Whether `byte` can stand in the name of a field.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

/// The byte at `at`, zero past the end.
pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// Skips spaces, tabs and the colours of a terminal, at most `MAX_GAP` and one more.
pub(super) fn skip_blanks(text: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < at + MAX_GAP {
        let len = if matches!(byte(text, end), b' ' | b'\t') { 1 } else { escape_len(text, end) };
        if len == 0 {
            break;
        }
        end += len;
    }
    end
}

/// Skips white space over line ends, at most `MAX_GAP`.
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    skip_while(text, at, MAX_GAP, |byte| byte.is_ascii_whitespace())
}

/// Skips at most `most` bytes that are `wanted`.
pub(super) fn skip_while(text: &[u8], at: usize, most: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let Some(rest) = text.get(at..) else { return at };
    let len = rest.iter().take(most).take_while(|byte| wanted(**byte)).count();
    looked_at(len + 1);
    at + len
}

/// The first of at most `most` bytes before `at` such that all from it on are `wanted`.
pub(super) fn back_while(text: &[u8], at: usize, most: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let len = text[..at].iter().rev().take(most).take_while(|byte| wanted(**byte)).count();
    looked_at(len + 1);
    at - len
}

/// Whether `text` goes on with `word` at `at`, in whatever case. `word` is in lower case.
pub(super) fn continues_with(text: &[u8], at: usize, word: &str) -> bool {
    text.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

/// The start of the line of `at`, or of the last `most` bytes of it before `at`.
pub(super) fn line_start(text: &[u8], at: usize, most: usize) -> usize {
    back_while(text, at, most, |byte| byte != b'\n')
}

/// The quote that is open at `at`, judged from the start of the line, or of the last bytes of it.
pub(super) fn open_quote(text: &[u8], at: usize) -> Option<u8> {
    let start = line_start(text, at, MAX_LOOK_BACK);
    let mut open = None;
    let mut before = 0;
    for &byte in &text[start..at] {
        match open {
            Some(quote) if byte == quote && before != b'\\' => open = None,
            // An apostrophe stands behind a letter.
            None if matches!(byte, b'"' | b'`') || (byte == b'\'' && !before.is_ascii_alphanumeric()) => {
                open = Some(byte);
            }
            _ => {}
        }
        before = byte;
    }
    open
}

const MAX_GAP: usize = 64;
const MAX_LOOK_BACK: usize = 160;
