//! Makes control characters visible, so that no text can pretend to be several, or move the cursor of who reads it.

use zeroize::Zeroizing;

/// Which newlines stay newlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newlines {
    /// All, with the carriage return before them.
    Kept,
    /// None: the text is one line.
    Shown,
}

/// Makes the control characters of a stream visible, newlines kept, however it is split.
#[derive(Default)]
pub(super) struct Controls {
    /// What a character, or the end of a line, may begin with.
    held: Zeroizing<Vec<u8>>,
}

impl Controls {
    /// What `text` shows, as far as it does not depend on what comes after it.
    pub(super) fn show(&mut self, text: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new([&self.held, text].concat());
        let held_len = match text[..] {
            [.., 0xE2, 0x80 | 0x81] => 2,
            [.., b'\r' | 0xC2 | 0xE2] => 1,
            _ => 0,
        };
        let shown_len = text.len() - held_len;
        self.held = Zeroizing::new(text.split_off(shown_len));
        visible(&text, Newlines::Kept).map_or(text, Zeroizing::new)
    }

    /// The rest.
    pub(super) fn end(&mut self) -> Zeroizing<Vec<u8>> {
        let held = std::mem::take(&mut self.held);
        visible(&held, Newlines::Kept).map_or(held, Zeroizing::new)
    }
}

/// `text` with control characters, and those that change the direction of writing or break lines, escaped as in JSON; nothing where there
/// are none. Tabs stay.
pub(super) fn visible(text: &[u8], newlines: Newlines) -> Option<Vec<u8>> {
    let first = next(text, 0, newlines)?;
    let mut shown = text[..first.0].to_vec();
    let mut hit = Some(first);
    let mut done = first.0;
    while let Some((at, len, char)) = hit {
        shown.extend_from_slice(&text[done..at]);
        match char {
            '\n' => shown.extend_from_slice(b"\\n"),
            '\r' => shown.extend_from_slice(b"\\r"),
            _ => shown.extend_from_slice(format!("\\u{:04x}", u32::from(char)).as_bytes()),
        }
        done = at + len;
        hit = next(text, done, newlines);
    }
    shown.extend_from_slice(&text[done..]);
    Some(shown)
}

/// The next character to show from `from` on: its place, length and name.
fn next(text: &[u8], mut from: usize, newlines: Newlines) -> Option<(usize, usize, char)> {
    loop {
        let at = from
            + text[from..]
                .iter()
                .position(|byte| *byte < 0x20 || *byte == 0x7F || matches!(*byte, 0xC2 | 0xE2))?;
        let rest = &text[at..];
        let keeps = newlines == Newlines::Kept && (rest[0] == b'\n' || rest.starts_with(b"\r\n"));
        match rest {
            [b'\t', ..] => {}
            [byte @ (0..=0x1F | 0x7F), ..] if !keeps => return Some((at, 1, char::from(*byte))),
            [0xC2, byte @ 0x80..=0x9F, ..] => return Some((at, 2, char::from(*byte))),
            [0xE2, 0x80 | 0x81, _, ..] => {
                let char = std::str::from_utf8(&rest[..3]).ok().and_then(|char| char.chars().next());
                if let Some(
                    char @ ('\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'),
                ) = char
                {
                    return Some((at, 3, char));
                }
            }
            _ => {}
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, newlines: Newlines) -> Option<String> {
        visible(text.as_bytes(), newlines).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn shows_what_would_act_and_nothing_else() {
        assert_eq!(shown("a\tb é ✓ 日本 “q” \u{2014}", Newlines::Shown), None);
        assert_eq!(shown("\n\r\n", Newlines::Kept), None);
        assert_eq!(shown("a\nb\r\nc\rd", Newlines::Kept).unwrap(), "a\nb\r\nc\\rd");
        assert_eq!(
            shown("a\nb\r\n\u{1b}[2J\0\u{7f}\u{9b}\u{2028}\u{202e}é", Newlines::Shown).unwrap(),
            "a\\nb\\r\\n\\u001b[2J\\u0000\\u007f\\u009b\\u2028\\u202eé"
        );
    }

    #[test]
    fn shows_a_stream_alike_however_it_is_split() {
        let text = "a\r\nb\rc\u{9b}\u{2028}é\u{2014}\r".as_bytes();
        let text = [text, b"\xe2\xe2\x80\xa8\xc2\xe2\x80\xc2\x9b\r\xe2\x81"].concat();
        let whole = visible(&text, Newlines::Kept).unwrap();
        for len in 1..5 {
            let mut controls = Controls::default();
            let mut shown: Vec<u8> = text.chunks(len).flat_map(|part| controls.show(part).to_vec()).collect();
            shown.extend_from_slice(&controls.end());
            assert_eq!(shown, whole, "{len}");
        }
    }
}
