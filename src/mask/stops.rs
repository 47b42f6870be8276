//! What may begin at a place of a text, and what looks there.

use super::grams::{FOLD, Grams, Places, gram_at};

/// Words to stop at, each with what to do there.
pub(super) struct Stops {
    grams: Grams,
    /// Sorted by their first four bytes.
    entries: Vec<Entry>,
    /// Hash table over `entries`, whose length is a power of two.
    slots: Vec<Slot>,
}

/// The entries of one gram.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    gram: u32,
    /// Where they end; zero for a slot that is empty.
    end: u32,
    start: u32,
}

/// What looks at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detector {
    /// The registered secrets.
    Known,
    /// The registered secrets as lists of bytes.
    KnownList,
    /// Keys over several lines.
    Armour,
    /// The rule of this number.
    Rule(usize),
    /// The parser of names and values.
    Structure,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    gram: u32,
    /// Lower-case ASCII, so that it is no secret; empty for known values, whose automaton compares for itself.
    word: Box<[u8]>,
    detector: Detector,
}

impl Entry {
    /// Entries for a word of at least three bytes.
    pub(super) fn of_word(word: &str, detector: Detector) -> Vec<Self> {
        let word: Box<[u8]> = word.to_ascii_lowercase().into_bytes().into();
        let gram = gram_at(&word, 0);
        if word.len() > 3 {
            return vec![Self { gram, word, detector }];
        }
        // Of a shorter word the fourth byte may be any.
        let fourths = (0..=255_u32).filter(|byte| byte & 0x20 != 0);
        fourths
            .map(|byte| Self { gram: gram & 0x00FF_FFFF | byte << 24, word: word.clone(), detector })
            .collect()
    }

    /// An entry for all known values in a form that begins with these four bytes, folded.
    pub(super) fn of_known(gram: u32, detector: Detector) -> Self {
        Self { gram, word: Box::default(), detector }
    }
}

impl Stops {
    pub(super) fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.gram);
        let grams: Vec<u32> = entries.iter().map(|entry| entry.gram | FOLD).collect();
        let mut slots = vec![Slot::default(); (grams.len() * 2).next_power_of_two().max(2)];
        let mut start = 0;
        for group in entries.chunk_by(|a, b| a.gram == b.gram) {
            let mut slot = slot(group[0].gram, slots.len());
            while slots[slot].end != 0 {
                slot = (slot + 1) & (slots.len() - 1);
            }
            let len = u32::try_from(group.len()).expect("known values and their forms are bounded");
            slots[slot] = Slot { gram: group[0].gram, start, end: start + len };
            start += len;
        }
        Self { grams: Grams::of(&grams), entries, slots }
    }

    /// The places of `text` where it may be worth to ask for what is [`there`](Self::there).
    pub(super) fn places<'a>(&'a self, text: &'a [u8]) -> Places<'a> {
        self.grams.places(text)
    }

    /// What looks at this place.
    pub(super) fn there(&self, text: &[u8], at: usize) -> impl Iterator<Item = Detector> {
        let gram = gram_at(text, at);
        let rest = &text[at..];
        let is_there = move |entry: &&Entry| {
            rest.get(..entry.word.len()).is_some_and(|there| there.eq_ignore_ascii_case(&entry.word))
        };
        self.group(gram).iter().filter(is_there).map(|entry| entry.detector)
    }

    /// The entries of this gram.
    fn group(&self, gram: u32) -> &[Entry] {
        let mut at = slot(gram, self.slots.len());
        loop {
            let slot = self.slots[at];
            if slot.end == 0 {
                return &[];
            }
            if slot.gram == gram {
                return &self.entries[slot.start as usize..slot.end as usize];
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

fn slot(gram: u32, count: usize) -> usize {
    (gram.wrapping_mul(0x85EB_CA6B) >> 7) as usize & (count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(stops: &Stops, text: &[u8]) -> Vec<(usize, Detector)> {
        let mut found = Vec::new();
        for at in stops.places(text) {
            found.extend(stops.there(text, at).map(|detector| (at, detector)));
        }
        found
    }

    #[test]
    fn tells_words_that_begin_alike_from_each_other() {
        let words = ["token", "tokenizer", "tok", "passw"];
        let entries = words.iter().enumerate().flat_map(|(n, word)| Entry::of_word(word, Detector::Rule(n)));
        let stops = Stops::new(entries.collect());
        let mut found = all(&stops, b"a Tokenizer, a token; toke PASSW tok");
        found.sort_by_key(|(at, detector)| (*at, format!("{detector:?}")));
        let rules: Vec<(usize, usize)> = found
            .iter()
            .map(|(at, detector)| match detector {
                Detector::Rule(number) => (*at, *number),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(rules, [(2, 0), (2, 1), (2, 2), (15, 0), (15, 2), (22, 2), (27, 3), (33, 2)]);
    }

    #[test]
    fn looks_at_a_known_value_by_its_first_bytes() {
        let stops = Stops::new(vec![Entry::of_known(gram_at(b"Zq7w", 0), Detector::Known)]);
        assert_eq!(all(&stops, b"is zq7w"), [(3, Detector::Known)]);
    }
}
