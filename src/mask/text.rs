//! Takes the secrets out of a text that lies in memory.

use std::ops::Range;

use memchr::{memchr, memrchr};

use super::finder::Finder;
use super::found::Place;
use super::json_places::{fit, is_continuation, is_json};
use super::masked;
use super::masked::Fingerprint;
use super::overlap::Piece;
use super::pem::Armour;
use super::search::Extent;
use super::syntax::Syntax;
use super::work::looked_at;

/// `text` without its secrets; nothing where it has none.
pub(super) fn whole(finder: &Finder, text: &[u8]) -> Option<Vec<u8>> {
    settle(finder, text, finder.search(text, Syntax::Log, Extent::Whole, &mut None))
}

/// Adds `text`, whole lines, to `out` without their secrets; adds nothing and says so where they have none. `armour` is a key that began
/// before, and then one that goes on.
pub(super) fn lines(finder: &Finder, text: &[u8], armour: &mut Option<Armour>, out: &mut Vec<u8>) -> bool {
    let pieces = finder.search(text, Syntax::Log, Extent::Lines, armour);
    if pieces.is_empty() {
        return false;
    }
    let mut done = 0;
    for (line, pieces) in by_line(text, pieces) {
        out.extend_from_slice(&text[done..line.start]);
        match settle(finder, &text[line.clone()], pieces) {
            Some(masked) => out.extend_from_slice(&masked),
            None => out.extend_from_slice(&text[line.clone()]),
        }
        done = line.end;
    }
    out.extend_from_slice(&text[done..]);
    true
}

/// Adds `text` to `out` with masked forms in the place of `pieces`.
pub(super) fn render(finder: &Finder, text: &[u8], pieces: &[Piece], out: &mut Vec<u8>) {
    looked_at(text.len());
    let mut done = 0;
    for piece in pieces {
        let found = &piece.found;
        out.extend_from_slice(&text[done..found.span.start]);
        let known = piece.value.and_then(|value| Some(finder.known()?.fingerprint(value)));
        let fingerprint = known.unwrap_or_else(|| {
            let is_taken = |digits: &[u8]| finder.known().is_some_and(|known| known.are_in(digits));
            Fingerprint::of(&text[found.span.clone()], is_taken)
        });
        let quote = if found.place == Place::BareJson { &b"\""[..] } else { b"" };
        out.extend_from_slice(quote);
        masked::push(out, &found.rule.id, fingerprint);
        out.extend_from_slice(quote);
        done = found.span.end;
    }
    out.extend_from_slice(&text[done..]);
}

/// Only registered values count in what is binary, and no character is cut in two.
pub(super) fn in_characters(text: &[u8], mut pieces: Vec<Piece>) -> Vec<Piece> {
    if pieces.iter().any(|piece| piece.value.is_none()) && is_binary(text) {
        pieces.retain(|piece| piece.value.is_some());
    }
    let mut end = 0;
    for piece in &mut pieces {
        let span = &mut piece.found.span;
        let back = (0..=3).find(|back| *back == span.start || !is_continuation(text[span.start - back]));
        let ahead = text[span.end..].iter().take(3).take_while(|byte| is_continuation(**byte)).count();
        *span = (span.start - back.unwrap_or(0)).max(end)..span.end + ahead;
        end = span.end;
    }
    pieces.retain(|piece| !piece.found.span.is_empty());
    pieces
}

/// Masks again until nothing is found: what is masked once stays as it is for good.
fn settle(finder: &Finder, text: &[u8], pieces: Vec<Piece>) -> Option<Vec<u8>> {
    let pieces = placed(text, pieces);
    if pieces.is_empty() {
        return None;
    }
    let mut masked = Vec::with_capacity(text.len() + 64 * pieces.len());
    render(finder, text, &pieces, &mut masked);
    for _ in 0..MAX_PASSES {
        let pieces = placed(&masked, finder.search(&masked, Syntax::Log, Extent::Whole, &mut None));
        if pieces.is_empty() {
            break;
        }
        let before = std::mem::take(&mut masked);
        render(finder, &before, &pieces, &mut masked);
    }
    Some(masked)
}

/// `pieces` where a masked form can stand in each.
fn placed(text: &[u8], pieces: Vec<Piece>) -> Vec<Piece> {
    let pieces = in_characters(text, pieces);
    if pieces.is_empty() {
        return pieces;
    }
    if is_json(text) {
        return fit(text, false, &pieces);
    }
    if memchr(b'\n', text).is_none() {
        return in_numbers(text, pieces);
    }
    // Lines of JSON among others.
    let mut placed = Vec::with_capacity(pieces.len());
    for (line, mut pieces) in by_line(text, pieces) {
        let json = &text[line.clone()];
        if is_json(json) {
            pieces = fit(json, false, &pieces);
        } else {
            pieces = in_numbers(json, pieces);
        }
        placed.extend(pieces.into_iter().map(|piece| moved(piece, |at| at + line.start)));
    }
    placed
}

/// `pieces`, with all of a number that stands behind a quoted name: JSON over several lines stays JSON.
fn in_numbers(line: &[u8], pieces: Vec<Piece>) -> Vec<Piece> {
    let is_part = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let mut placed: Vec<Piece> = Vec::with_capacity(pieces.len());
    for mut piece in pieces {
        let span = piece.found.span.clone();
        if placed.last().is_some_and(|last| span.start < last.found.span.end) {
            continue;
        }
        let start = span.start - line[..span.start].iter().rev().take(MAX_NUMBER).take_while(is_part).count();
        let end = span.end + line[span.end..].iter().take(MAX_NUMBER).take_while(is_part).count();
        let before = line[start.saturating_sub(MAX_NUMBER)..start].trim_ascii_end();
        let is_value = before.strip_suffix(b":").is_some_and(|name| name.trim_ascii_end().ends_with(b"\""));
        let after = line[end..line.len().min(end + MAX_NUMBER)].trim_ascii_start().first();
        if is_value
            && line[span].iter().all(|byte| is_part(&byte))
            && after.is_none_or(|byte| matches!(byte, b',' | b'}' | b']'))
        {
            piece.found.span = start..end;
            piece.found.place = Place::BareJson;
        }
        placed.push(piece);
    }
    placed
}

/// `pieces` by the lines that they stand in, from their line's start; with several lines where a piece has several.
fn by_line(text: &[u8], pieces: Vec<Piece>) -> Vec<(Range<usize>, Vec<Piece>)> {
    let mut lines: Vec<(Range<usize>, Vec<Piece>)> = Vec::new();
    for piece in pieces {
        let span = piece.found.span.clone();
        let line_end = |from: usize| {
            let end = memchr(b'\n', &text[from..]).map_or(text.len(), |len| from + len);
            looked_at(end - from);
            end
        };
        match lines.last_mut() {
            Some((line, pieces)) if span.start < line.end => {
                pieces.push(moved(piece, |at| at - line.start));
                if span.end > line.end {
                    line.end = line_end(span.end);
                }
            }
            last => {
                let from = last.map_or(0, |(line, _)| line.end);
                looked_at(span.start - from);
                let start = memrchr(b'\n', &text[from..span.start]).map_or(from, |at| from + at + 1);
                lines.push((start..line_end(span.end), vec![moved(piece, |at| at - start)]));
            }
        }
    }
    lines
}

fn moved(mut piece: Piece, to: impl Fn(usize) -> usize) -> Piece {
    piece.found.span = to(piece.found.span.start)..to(piece.found.span.end);
    piece
}

/// Whether `text` is none: a zero byte, and no UTF-8.
fn is_binary(text: &[u8]) -> bool {
    memchr(0, text).is_some() && std::str::from_utf8(text).is_err()
}

/// Numbers are shorter, and so are the blanks around them.
const MAX_NUMBER: usize = 64;
/// Masking makes new secrets out of nothing only where text is made for it, and then one after the other: for the work to stay linear, the
/// last of very many may be left for whoever masks again.
const MAX_PASSES: usize = 32;
