//! A line as it may be shown: who sees it learns where the secret is, and nothing of it.

use std::fmt::Write;
use std::ops::Range;

use memchr::memmem;

use crate::mask::Found;

/// The surroundings of `all[index]` in its line: every secret in them is masked, also where the finding's own text
/// stands once more. Bounded, and with nothing in it that a terminal would act on.
pub(super) fn of(text: &[u8], all: &[Found], index: usize) -> String {
    let span = &all[index].span;
    let shown = surroundings(text, span);
    let mut masked = vec![(span.clone(), all[index].rule.id.as_str())];
    let near = |found: &&Found| found.span.start < shown.end && found.span.end > shown.start;
    masked.extend(
        all[..index].iter().rev().take_while(near).map(|found| (found.span.clone(), &*found.rule.id)),
    );
    masked
        .extend(all[index + 1..].iter().take_while(near).map(|found| (found.span.clone(), &*found.rule.id)));
    masked.extend(repeats(text, span, &shown).map(|range| (range, all[index].rule.id.as_str())));
    masked.sort_by_key(|(range, _)| range.start);

    let mut preview = String::new();
    if begins_inside(text, shown.start) {
        preview.push('…');
    }
    let mut at = shown.start;
    for (range, rule) in masked {
        if range.end <= at {
            continue;
        }
        push_printable(&mut preview, &text[at..range.start.max(at)]);
        let _ = write!(preview, "[masked:{rule}]");
        at = range.end;
    }
    if at < shown.end {
        push_printable(&mut preview, &text[at..shown.end]);
    }
    if shown.end < text.len() && text[shown.end] != b'\n' && at <= shown.end {
        preview.push('…');
    }
    preview.trim().to_owned()
}

/// The part of the lines around `span` that is shown.
fn surroundings(text: &[u8], span: &Range<usize>) -> Range<usize> {
    let mut start = span.start.saturating_sub(MAX_BEFORE);
    if let Some(newline) = memchr::memrchr(b'\n', &text[start..span.start]) {
        start += newline + 1;
    }
    let mut end = text.len().min(span.end + MAX_AFTER);
    if let Some(newline) = memchr::memchr(b'\n', &text[span.end..end]) {
        end = span.end + newline;
    }
    while start < span.start && is_continuation(text[start]) {
        start += 1;
    }
    while end > span.end && end < text.len() && is_continuation(text[end]) {
        end -= 1;
    }
    start..end
}

/// Where the text of `span` stands once more, as far as it meets `shown`.
fn repeats<'t>(
    text: &'t [u8],
    span: &Range<usize>,
    shown: &Range<usize>,
) -> impl Iterator<Item = Range<usize>> + use<'t> {
    let secret = &text[span.clone()];
    // A longer one cannot stand in what is shown beside itself, but it can begin or end there.
    let before = shown.start.saturating_sub(secret.len())..span.start;
    let after = span.end..text.len().min(shown.end + secret.len());
    let is_long_enough = secret.len() >= MIN_REPEATED;
    [before, after].into_iter().filter(move |_| is_long_enough).flat_map(move |part| {
        let found = memmem::find_iter(&text[part.clone()], secret);
        found.map(move |at| part.start + at..part.start + at + secret.len()).collect::<Vec<_>>()
    })
}

fn begins_inside(text: &[u8], start: usize) -> bool {
    start > 0 && text[start - 1] != b'\n'
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn push_printable(preview: &mut String, bytes: &[u8]) {
    for c in String::from_utf8_lossy(bytes).chars() {
        match c {
            '\t' => preview.push(' '),
            '\r' => {}
            c if c.is_control() || turns_the_writing(c) => {
                let _ = write!(preview, "\\u{{{:x}}}", u32::from(c));
            }
            c => preview.push(c),
        }
    }
}

fn turns_the_writing(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Bytes that are shown before the secret: enough for the name of its field.
const MAX_BEFORE: usize = 60;

/// Bytes that are shown behind it.
const MAX_AFTER: usize = 24;

/// A shorter text that stands twice is a coincidence.
const MIN_REPEATED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::{Confidence, Place, rule};

    fn preview(text: &str, secrets: &[&str]) -> String {
        let found = |secret: &&str| {
            let start = text.find(secret).unwrap();
            let rule = rule("password").unwrap();
            Found {
                span: start..start + secret.len(),
                rule,
                confidence: Confidence::High,
                place: Place::Text,
            }
        };
        let all: Vec<Found> = secrets.iter().map(found).collect();
        of(text.as_bytes(), &all, 0)
    }

    #[test]
    fn names_stay_and_every_secret_goes() {
        for (text, secrets, shown) in [
            ("x\n  password = hunter22\ny", &["hunter22"][..], "password = [masked:password]"),
            (
                "p=hunter22 q=swordfish z",
                &["hunter22", "swordfish"],
                "p=[masked:password] q=[masked:password] z",
            ),
            ("p=hunter22 again hunter22", &["hunter22"], "p=[masked:password] again [masked:password]"),
            ("a\u{1b}[2J=hunter22\r\n", &["hunter22"], "a\\u{1b}[2J=[masked:password]"),
            ("key: |\n  AA\n  BB\nnext", &["AA\n  BB"], "[masked:password]"),
        ] {
            assert_eq!(preview(text, secrets), shown, "{text}");
        }
    }

    #[test]
    fn it_is_bounded_and_cuts_no_secret_that_begins_at_its_edge() {
        let far = "é".repeat(500);
        let text = format!("{far}p=hunter22hunter2 ={far}");
        let shown = preview(&text, &["hunter22hunter2"]);
        assert!(shown.chars().count() < 120 && shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        // Its repetition reaches out of what is shown.
        let text = format!("p={0} some words, {0}", "0123456789abcdef");
        assert_eq!(preview(&text, &["0123456789abcdef"]).matches("0123").count(), 0);
    }
}
