//! Which of several finds at one place counts.

use std::ops::Range;

use super::found::{Found, Place};
use super::masked;
use super::rule::rules;

/// A secret in a text, and which of the registered values it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) found: Found,
    pub(super) value: Option<u32>,
}

/// Sorts `pieces` of `text` and leaves none that overlaps another. Registered values keep their place; of others that overlap, all they
/// cover is one secret of the kind that is most certain. What is masked already is no secret.
pub(super) fn resolve(text: &[u8], pieces: Vec<Piece>) -> Vec<Piece> {
    if pieces.is_empty() {
        return pieces;
    }
    let masked = masked::all(text);
    let (known, others): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| piece.value.is_some());
    let known: Vec<Piece> = join(known).into_iter().flat_map(|piece| outside(&masked, piece)).collect();
    let known_spans: Vec<Range<usize>> = known.iter().map(|piece| piece.found.span.clone()).collect();
    let others = others.into_iter().filter(|piece| overlapping(&masked, &piece.found.span).is_empty());
    let others = join(others.collect()).into_iter().flat_map(|piece| outside(&known_spans, piece));
    let tells = |piece: &Piece| text[piece.found.span.clone()].iter().any(u8::is_ascii_alphanumeric);
    let mut all: Vec<Piece> = others.filter(tells).chain(known.iter().cloned()).collect();
    all.sort_by_key(|piece| piece.found.span.start);
    all
}

/// Makes one of pieces that overlap.
fn join(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_by_key(|piece| piece.found.span.start);
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for mut piece in pieces {
        let overlaps = |last: &mut Piece| last.found.span.end > piece.found.span.start;
        if let Some(last) = joined.pop_if(overlaps) {
            let end = last.found.span.end.max(piece.found.span.end);
            let span = last.found.span.start..end;
            let rank = |piece: &Piece| {
                // A rule with a form of its own tells more than a place, and the first of several the most.
                let number = rules().iter().position(|rule| std::ptr::eq(rule, piece.found.rule));
                (piece.found.confidence, piece.found.rule.pattern.is_some(), std::cmp::Reverse(number))
            };
            let bare = last.found.place == Place::BareJson && last.found.span == span
                || piece.found.place == Place::BareJson && piece.found.span == span;
            if rank(&last) >= rank(&piece) {
                piece = last;
            }
            piece.found.span = span;
            piece.found.place = if bare { Place::BareJson } else { Place::Text };
        }
        joined.push(piece);
    }
    joined
}

/// What of `piece` is outside of `holes`.
fn outside(holes: &[Range<usize>], piece: Piece) -> Vec<Piece> {
    let holes = overlapping(holes, &piece.found.span);
    if holes.is_empty() {
        return vec![piece];
    }
    let mut parts = Vec::new();
    let mut start = piece.found.span.start;
    let mut take = |span: Range<usize>| {
        if span.start < span.end {
            let mut part = piece.clone();
            part.found.span = span;
            parts.push(part);
        }
    };
    for hole in holes {
        take(start..hole.start);
        start = hole.end;
    }
    take(start..piece.found.span.end);
    parts
}

/// Those of `spans`, sorted and apart, that overlap `span`.
fn overlapping<'a>(spans: &'a [Range<usize>], span: &Range<usize>) -> &'a [Range<usize>] {
    let from = spans.partition_point(|other| other.end <= span.start);
    let to = spans.partition_point(|other| other.start < span.end);
    &spans[from..to.max(from)]
}

#[cfg(test)]
mod tests {
    use super::super::rule::rule;
    use super::super::severity::Confidence;
    use super::*;

    fn piece(span: Range<usize>, id: &str, confidence: Confidence) -> Piece {
        let rule = rule(id).unwrap();
        let value = (id == "known-value").then_some(0);
        Piece { found: Found { span, rule, confidence, place: Place::Text }, value }
    }

    fn resolved(text: &str, pieces: &[(Range<usize>, &str, Confidence)]) -> Vec<(Range<usize>, String)> {
        let pieces =
            pieces.iter().map(|(span, id, confidence)| piece(span.clone(), id, *confidence)).collect();
        let resolved = resolve(text.as_bytes(), pieces);
        resolved.into_iter().map(|piece| (piece.found.span, piece.found.rule.id.clone())).collect()
    }

    #[test]
    fn all_of_what_overlaps_is_one_secret_of_the_most_certain_kind() {
        let found = resolved(
            "abcdefghij",
            &[
                (0..6, "password", Confidence::Low),
                (4..8, "token", Confidence::High),
                (8..10, "secret", Confidence::Low),
            ],
        );
        assert_eq!(found, [(0..8, "token".into()), (8..10, "secret".into())]);
    }

    #[test]
    fn a_registered_value_keeps_its_place_and_the_rest_is_masked_too() {
        let found = resolved(
            "abcdefgh..",
            &[(0..10, "password", Confidence::High), (2..8, "known-value", Confidence::High)],
        );
        assert_eq!(found, [(0..2, "password".into()), (2..8, "known-value".into())]);
    }

    #[test]
    fn what_is_masked_is_no_secret() {
        let text = "a__masked.token.01234567__b";
        let found = resolved(
            text,
            &[(0..text.len(), "password", Confidence::High), (0..6, "known-value", Confidence::High)],
        );
        assert_eq!(found, [(0..1, "known-value".into())]);
    }
}
