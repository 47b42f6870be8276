//! A line too long to be held in memory, in pieces whose ends depend on nothing but the line.

use super::finder::Finder;
use super::json_places;
use super::overlap::Piece;
use super::pem::Armour;
use super::search::Extent;
use super::settled::settled_len;
use super::syntax::Syntax;
use super::text::{in_characters, render};

/// What is known of the line under way.
#[derive(Default)]
pub(super) struct LongLine {
    /// So much of what is held has been passed on, and is held to see what comes after it.
    passed_len: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nothing has been passed on: it may yet be short.
    #[default]
    Short,
    Text,
    /// It began as JSON; the rest begins inside of a string or not.
    Json {
        inside: bool,
    },
}

impl LongLine {
    /// A longer line is passed on in pieces.
    pub(super) const MIN_LEN: usize = PIECE_LEN + AHEAD_LEN;

    pub(super) fn is_ready(&self, held: &[u8]) -> bool {
        held.len() - self.passed_len > Self::MIN_LEN
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.state != State::Short
    }

    /// The next piece, masked. `armour` is a key that began before the line.
    pub(super) fn pass(&mut self, finder: &Finder, held: &mut Vec<u8>, armour: Option<Armour>) -> Vec<u8> {
        let seen_len = self.passed_len + Self::MIN_LEN;
        let seen = &held[..seen_len];
        let from = self.passed_len;
        if self.state == State::Short {
            let is_json = json_places::begins_json(seen);
            self.state = if is_json { State::Json { inside: false } } else { State::Text };
        }
        let mut armour = armour;
        let (pieces, mut end) = self.pieces(finder, seen, from + PIECE_LEN, &mut armour);
        end += seen[end..].iter().take(3).take_while(|byte| json_places::is_continuation(**byte)).count();
        let state = self.state;
        if let State::Json { inside } = &mut self.state {
            let (len, then_inside) = json_places::cut(&seen[from..], *inside, end - from);
            end = from + len;
            *inside = then_inside;
        }
        let masked = masked(finder, &seen[from..end], state, &pieces);
        let done = end.saturating_sub(BEHIND_LEN);
        self.passed_len = end - done;
        held.drain(..done);
        masked
    }

    /// What is settled of what is held, masked, though the line may yet be short. Nothing of JSON and of what is no text, which are told as a
    /// whole, and of more than is looked at again and again.
    pub(super) fn release(&mut self, finder: &Finder, held: &mut Vec<u8>) -> Vec<u8> {
        let from = self.passed_len;
        let is_json = match self.state {
            State::Short => json_places::begins_json(held),
            State::Text => false,
            State::Json { .. } => true,
        };
        // What may yet be binary is not changed by the form of its words.
        let is_text = std::str::from_utf8(&held[from..])
            .map_or_else(|error| error.error_len().is_none(), |_| true)
            && !held[from..].contains(&0);
        if is_json || !is_text || held.len() - from > MAX_RELEASED {
            return Vec::new();
        }
        let end = settled_len(finder, held, from);
        if end == from {
            return Vec::new();
        }
        let (pieces, end) = self.pieces(finder, held, end, &mut None);
        self.state = State::Text;
        let masked = masked(finder, &held[from..end], State::Text, &pieces);
        let done = end.saturating_sub(BEHIND_LEN);
        self.passed_len = end - done;
        held.drain(..done);
        masked
    }

    /// The rest of the line, masked. `armour` is a key that began before the line, and then one that goes on.
    pub(super) fn end(&mut self, finder: &Finder, held: &[u8], armour: &mut Option<Armour>) -> Vec<u8> {
        let from = self.passed_len;
        let (pieces, _) = self.pieces(finder, held, held.len(), armour);
        let state = std::mem::take(self).state;
        masked(finder, &held[from..], state, &pieces)
    }

    /// The secrets that begin between what is passed on and `until`, from the former on, and where the last of them ends.
    fn pieces(
        &self,
        finder: &Finder,
        seen: &[u8],
        until: usize,
        armour: &mut Option<Armour>,
    ) -> (Vec<Piece>, usize) {
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

fn masked(finder: &Finder, text: &[u8], state: State, pieces: &[Piece]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(text.len());
    match state {
        State::Json { inside } => render(finder, text, &json_places::fit(text, inside, pieces), &mut masked),
        State::Short | State::Text => render(finder, text, pieces, &mut masked),
    }
    masked
}

/// Prompts and bars of progress are shorter.
const MAX_RELEASED: usize = 16 << 10;
/// What is passed on at once.
const PIECE_LEN: usize = (1 << 20) - AHEAD_LEN;
/// What is looked at after it.
const AHEAD_LEN: usize = 64 << 10;
/// What is looked at before it.
const BEHIND_LEN: usize = 4 << 10;
