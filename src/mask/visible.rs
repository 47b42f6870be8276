//! Makes control characters visible, so that no text can pretend to be several, or move the cursor of who reads it.

/// Which newlines stay newlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newlines {
    /// All, with the carriage return before them.
    Kept,
    /// None: the text is one line.
    #[cfg(any(test, feature = "tracing"))]
    Shown,
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
}
