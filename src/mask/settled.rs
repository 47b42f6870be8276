//! How much of a line under way can belong to no secret, whatever comes after it.

use memchr::memmem;

use super::boundary::begins_word;
use super::finder::Finder;
use super::search::Extent;
use super::syntax::Syntax;
use super::text::in_characters;

/// So much of `held`, the beginning of a line, can be passed on: at least `from`, which has been.
///
/// What follows is not known, so it is tried: wherever a secret would be found that reaches to the end and beyond if one went on there, it
/// begins what is held back. So does a word that may become a token, the beginning of a registered value, and what stands in open quotes.
pub(super) fn settled_len(finder: &Finder, held: &[u8], from: usize) -> usize {
    if KEYS.iter().any(|word| memmem::find(held, word).is_some()) {
        return from;
    }
    let mut len = held.len() - open_word_len(&held[from..]);
    len = len.min(open_quote(held).unwrap_or(len));
    if let Some(known) = finder.known() {
        len = len.min(held.len() - known.under_way_len(&held[from..]));
    }
    for probe in PROBES {
        let text = [held, probe.as_bytes()].concat();
        let pieces = finder.search(&text, Syntax::Log, Extent::Lines, &mut None);
        for piece in in_characters(&text, pieces) {
            let span = piece.found.span;
            if span.end >= held.len() || span.start < len && len < span.end {
                len = len.min(span.start);
            }
        }
    }
    len.max(from)
}

/// The length of the word at the end of `text` that may go on as a token. Colours, what closes, and what stands at the end of a prompt or a
/// percentage end a word.
fn open_word_len(text: &[u8]) -> usize {
    let mut end = text.len();
    while end > 0
        && text[end - 1].is_ascii_alphabetic()
        && text[..end].contains(&0x1B)
        && begins_word(text, end, b"")
    {
        let Some(escape) = text[..end].iter().rposition(|byte| *byte == 0x1B) else { break };
        end = escape;
    }
    let word_len = text[..end].iter().rev().take_while(|byte| **byte > b' ').count();
    let word = &text[end - word_len..end];
    let is_ended = match word {
        [word @ .., b':'] => word.iter().all(u8::is_ascii_alphabetic),
        [word @ .., b'%'] => word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'),
        [] | [.., b'.', b'.'] | [.., b')' | b']' | b'}' | b'>' | b'|' | b'?' | b'!'] => true,
        [.., last] => !last.is_ascii() && std::str::from_utf8(word).is_ok(),
    };
    if is_ended { 0 } else { text.len() - end + word_len }
}

/// Where the quote stands that is open at the end of `text`.
fn open_quote(text: &[u8]) -> Option<usize> {
    let (mut open, mut before) = (None, 0);
    for (at, &byte) in text.iter().enumerate() {
        match open {
            Some((quote, _)) if byte == quote && before != b'\\' => open = None,
            // An apostrophe stands behind a letter.
            None if matches!(byte, b'"' | b'`') || byte == b'\'' && !before.is_ascii_alphanumeric() => {
                open = Some((byte, at));
            }
            _ => {}
        }
        before = byte;
    }
    open.map(|(_, at)| at)
}

/// Private keys are told line by line: nothing of a line with one is passed on early.
const KEYS: &[&[u8]] = &[b"PRIVATE KEY", b"Private-Lines"];

/// What may come next: what looks like a secret, and how it may end.
const PROBES: &[&str] = &[
    "",
    "Zq7w3Fx9Rt5Kp2LmVb8N",
    "Zq7w3Fx9Rt5Kp2LmVb8N\"",
    "Zq7w3Fx9Rt5Kp2LmVb8N'",
    "Zq7w3Fx9Rt5Kp2LmVb8N`",
    "Zq7w3Fx9Rt5Kp2LmVb8N\\\"",
    "Zq7w3Fx9Rt5Kp2LmVb8N&quot;",
    "Zq7w3Fx9Rt5Kp2LmVb8N</a>",
    "Zq7w3Fx9Rt5Kp2LmVb8N@db.internal/",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(text: &str) -> &str {
        &text[..settled_len(&Finder::default(), text.as_bytes(), 0)]
    }

    #[test]
    fn prompts_and_bars_are_settled() {
        for text in [
            "Password: ",
            "Password:",
            "Continue? [y/N]",
            "Enter passphrase for key '/root/.ssh/id_ed25519': ",
            ">>> ",
            "\r 10%|█▎        | 1/10 [00:01<00:09,  1.00s/it]",
            "\rTokenizing:  10%|█▎        | 1/10 [00:01<00:09,  1.00s/it]",
            "\rReceiving objects:  12% (12/100)\r",
            "Reading package lists... 12%",
            "loading the model...",
            "\u{1b}[32mready \u{1b}[0m",
        ] {
            assert_eq!(settled(text), text);
        }
    }

    #[test]
    fn what_may_become_a_secret_is_not_settled() {
        for (text, len) in [
            ("password: hunter2", 10),
            ("password=\"correct horse ", 9),
            ("x password='", 2),
            ("using hf", 6),
            ("at postgres://svc:abc", 3),
            ("loading mo", 8),
            ("-----BEGIN PRIVATE KEY----- ", 0),
        ] {
            assert_eq!(settled(text).len(), len, "{text}");
        }
    }
}
