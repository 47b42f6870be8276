//! A line too long to be held in memory, in pieces whose ends depend on nothing but the line.

use super::finder::Finder;
use super::json_places;
use super::overlap::Piece;
use super::pem::Armour;
use super::search::Extent;
use super::syntax::Syntax;
use super::text::{in_characters, render};

/// What is known of the line under way.
#[derive(Default)]
pub(super) struct LongLine {
    /// So much of what is held has been passed on, and is held to see what comes after it.
    passed_len: usize,
    /// Whether the line began as JSON, and then whether the rest begins inside of a string; nothing while the line is short.
    json: Option<Option<bool>>,
}

impl LongLine {
    /// A longer line is passed on in pieces.
    pub(super) const MIN_LEN: usize = PIECE_LEN + AHEAD_LEN;

    pub(super) fn is_ready(&self, held: &[u8]) -> bool {
        held.len() - self.passed_len > Self::MIN_LEN
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.json.is_some()
    }

    /// The next piece, masked. `armour` is a key that began before the line.
    pub(super) fn pass(&mut self, finder: &Finder, held: &mut Vec<u8>, armour: &Option<Armour>) -> Vec<u8> {
        let seen_len = self.passed_len + Self::MIN_LEN;
        let seen = &held[..seen_len];
        let from = self.passed_len;
        let is_first = self.json.is_none();
        let mut inside = *self.json.get_or_insert_with(|| json_places::begins_json(seen).then_some(false));
        debug_assert!(!is_first || from == 0);
        let (pieces, mut end) = self.pieces(finder, seen, from + PIECE_LEN, &mut armour.clone());
        end += seen[end..].iter().take(3).take_while(|byte| json_places::is_continuation(**byte)).count();
        let masked = if let Some(inside) = &mut inside {
            let rest = &seen[from..];
            let next = json_places::cut(rest, *inside, end - from);
            end = from + next.0;
            let masked = masked(finder, &seen[from..end], Some(*inside), &pieces);
            *inside = next.1;
            masked
        } else {
            masked(finder, &seen[from..end], None, &pieces)
        };
        self.json = Some(inside);
        let done = end.saturating_sub(BEHIND_LEN);
        self.passed_len = end - done;
        held.drain(..done);
        masked
    }

    /// The rest of the line, masked. `armour` is a key that began before the line, and then one that goes on.
    pub(super) fn end(&mut self, finder: &Finder, held: &[u8], armour: &mut Option<Armour>) -> Vec<u8> {
        let inside = self.json.flatten();
        let from = self.passed_len;
        let (pieces, _) = self.pieces(finder, held, held.len(), armour);
        *self = Self::default();
        masked(finder, &held[from..], inside, &pieces)
    }

    /// The secrets that begin between what is passed on and `until`, from the former on, and where the last of them ends.
    fn pieces(&self, finder: &Finder, seen: &[u8], until: usize, armour: &mut Option<Armour>) -> (Vec<Piece>, usize) {
        let from = self.passed_len;
        let mut pieces = in_characters(seen, finder.search(seen, Syntax::Log, Extent::Lines, armour));
        pieces.retain(|piece| piece.found.span.start < until && piece.found.span.end > from);
        for piece in &mut pieces {
            let span = &mut piece.found.span;
            *span = span.start.max(from) - from..span.end - from;
        }
        let end = pieces.last().map_or(until, |last| until.max(from + last.found.span.end));
        (pieces, end)
    }
}

fn masked(finder: &Finder, text: &[u8], inside: Option<bool>, pieces: &[Piece]) -> Vec<u8> {
    let fitting = inside.map(|inside| json_places::fit(text, inside, pieces));
    let mut masked = Vec::with_capacity(text.len());
    render(finder, text, fitting.as_deref().unwrap_or(pieces), &mut masked);
    masked
}

/// What is passed on at once.
const PIECE_LEN: usize = (1 << 20) - AHEAD_LEN;
/// What is looked at after it.
const AHEAD_LEN: usize = 64 << 10;
/// What is looked at before it.
const BEHIND_LEN: usize = 4 << 10;
