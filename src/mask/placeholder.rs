//! Texts that stand where a secret will stand: `sk-xxxxxxxx`, `hf_your_token_here`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Whether people wrote this in the place of a secret.
///
/// The keys in the documentation of AWS, which hold `EXAMPLE`, are none: they have the form of a key in full, and are masked.
#[must_use]
pub fn is_placeholder(secret: &[u8]) -> bool {
    has_run(secret, SAME_RUN, |a, b| a == b && !FILLING.contains(&a))
        || has_run(secret, COUNTED_RUN, |a, b| a.checked_add(1) == Some(b))
        || (secret.len() >= FEW_AMONG && distinct(secret) < FEW)
        || secret.len() <= LONGEST_WITH_WORDS && SEARCHER.is_match(secret)
}

static SEARCHER: LazyLock<AhoCorasick> = LazyLock::new(|| AhoCorasick::new(WORDS).expect("a few words fit"));

/// Whether `len` bytes in a row are each `next` to the one before.
fn has_run(text: &[u8], len: usize, next: impl Fn(u8, u8) -> bool) -> bool {
    let mut run = 1;
    text.windows(2).any(|pair| {
        run = if next(pair[0], pair[1]) { run + 1 } else { 1 };
        run >= len
    })
}

fn distinct(text: &[u8]) -> u32 {
    let mut seen = [0_u64; 4];
    for &byte in text {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    seen.iter().map(|bits| bits.count_ones()).sum()
}

/// As long as this no drawn text repeats a character, not even a hexadecimal one of 64.
const SAME_RUN: usize = 6;

/// `12345678`, `abcdefgh`.
const COUNTED_RUN: usize = 8;

/// What zeros and ones become in Base64, and padding.
const FILLING: &[u8] = b"A/=";

const FEW: u32 = 6;
const FEW_AMONG: usize = 16;

/// In a longer text four letters may come together by chance.
const LONGEST_WITH_WORDS: usize = 160;

/// In the cases they are written in; at least four letters, so that no drawn text has one.
const WORDS: &[&str] = &[
    "your",
    "YOUR",
    "Your",
    "example",
    "placeholder",
    "PLACEHOLDER",
    "changeme",
    "CHANGEME",
    "redacted",
    "REDACTED",
    "dummy",
    "DUMMY",
    "replace",
    "REPLACE",
    "insert",
    "INSERT",
    "sample",
    "SAMPLE",
    "fake",
    "FAKE",
    "_here",
    "-here",
    "_HERE",
    "-HERE",
    "TokenHere",
    "KeyHere",
    "${",
    "{{",
    "...",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_people_write_in_the_place_of_a_secret() {
        for text in [
            "sk-xxxxxxxxxxxxxxxxxxxx",
            "ghp_************************************",
            "hf_your_token_here",
            "AKIAAAAAAAAAAAAAAAAA",
            "0123456789abcdef0123456789abcdef",
            "abababababababababababababababab",
            "YOUR_API_KEY_IN_THIS_PLACE",
        ] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn leaves_drawn_texts_and_documented_keys() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "3f9b0c7d1e5a48262b9d4f6071c8ea35",
            "IQoJb3JpZ2luX2VjEJr//////////wEaCXVz",
        ] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
    }
}
