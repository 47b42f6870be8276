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
    let mut masked = masked::all(text);
    let (known, others): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| piece.value.is_some());
    let known = join(known);
    // No true form has a registered value for its digits: this one was made to hide it.
    masked.retain(|form| {
        let digits = masked::digits(form);
        !spans(&known, form).any(|span| digits.start <= span.start && span.end <= digits.end)
    });
    let known: Vec<Piece> = known.into_iter().flat_map(|piece| outside(text, &masked, piece)).collect();
    let mut holes: Vec<Range<usize>> = known.iter().map(|piece| piece.found.span.clone()).collect();
    holes.extend(masked);
    holes.sort_by_key(|hole| hole.start);
    let others = join(others).into_iter().flat_map(|piece| outside(text, &holes, piece));
    let mut all: Vec<Piece> = others.chain(known.iter().cloned()).collect();
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

/// What of `piece` is outside of `holes`; between them, what is more than punctuation.
fn outside(text: &[u8], holes: &[Range<usize>], piece: Piece) -> Vec<Piece> {
    let holes = overlapping(holes, &piece.found.span);
    if holes.is_empty() {
        return vec![piece];
    }
    let mut parts = Vec::new();
    let mut start = piece.found.span.start;
    let mut take = |span: Range<usize>| {
        if span.start < span.end && text[span.clone()].iter().any(|byte| tells(*byte)) {
            let mut part = piece.clone();
            part.found.span = span;
            part.found.place = Place::Text;
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

fn tells(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// The places of those of `pieces`, sorted and apart, that overlap `span`.
fn spans<'a>(pieces: &'a [Piece], span: &'a Range<usize>) -> impl Iterator<Item = Range<usize>> + 'a {
    let from = pieces.partition_point(|piece| piece.found.span.end <= span.start);
    pieces[from..].iter().map(|piece| piece.found.span.clone()).take_while(|other| other.start < span.end)
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
    fn a_masked_form_hides_nothing_that_stands_beside_it() {
        let text = "abc, __masked.token.01234567__, d";
        let found = resolved(text, &[(0..text.len(), "password", Confidence::High)]);
        assert_eq!(found, [(0..5, "password".into()), (text.len() - 3..text.len(), "password".into())]);
    }

    #[test]
    fn a_masked_form_hides_no_registered_value() {
        let text = "__masked.token.01234567__";
        let found = resolved(text, &[(15..23, "known-value", Confidence::High)]);
        assert_eq!(found, [(15..23, "known-value".into())]);
        let found = resolved(text, &[(9..14, "known-value", Confidence::High)]);
        assert!(found.is_empty(), "the id of a rule is no secret: {found:?}");
    }

    #[test]
    fn a_secret_of_punctuation_or_of_another_script_is_one() {
        for text in ["#!/%$", "пароль"] {
            let found = resolved(text, &[(0..text.len(), "password", Confidence::High)]);
            assert_eq!(found, [(0..text.len(), "password".into())]);
        }
    }

    #[test]
    fn what_is_masked_is_no_secret() {
        let text = "a__masked.token.01234567__b";
        let found = resolved(
            text,
            &[(0..text.len(), "password", Confidence::High), (0..6, "known-value", Confidence::High)],
        );
        assert_eq!(found, [(0..1, "known-value".into()), (26..27, "password".into())]);
    }
}
