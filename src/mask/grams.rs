//! The filter in front of everything: at which places of a text could something begin?

/// A set of groups of four bytes, letters of both cases alike, that errs on the side of "yes".
///
/// Words that stand in a text rarely are found at the speed of a few instructions a byte, however many words there are.
pub(super) enum Grams {
    /// Fits the first cache: the rules and the parser's triggers.
    Few(Box<Bits<{ 1 << 12 }>>),
    /// Fits the second cache: thousands of known values.
    Many(Box<Bits<{ 1 << 15 }>>),
}

/// One bit for each hash; `WORDS` is a power of two.
pub(super) struct Bits<const WORDS: usize>([u64; WORDS]);

impl Grams {
    pub(super) fn of(grams: &[u32]) -> Self {
        if grams.len() <= FEW {
            Self::Few(Box::new(Bits::of(grams)))
        } else {
            Self::Many(Box::new(Bits::of(grams)))
        }
    }

    /// The places of `text` where a group of the set may begin, in their order. The end of the text counts as zeros.
    pub(super) fn places<'a>(&'a self, text: &'a [u8]) -> Places<'a> {
        Places { grams: self, text, base: 0, pending: 0, ahead: 0 }
    }
}

/// See [`Grams::places`].
pub(super) struct Places<'a> {
    grams: &'a Grams,
    text: &'a [u8],
    /// Where the window begins of which `pending` holds a bit for each place that is still to be told.
    base: usize,
    pending: u32,
    /// Where the next window begins.
    ahead: usize,
}

impl Iterator for Places<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.pending == 0 {
            if self.ahead >= self.text.len() {
                return None;
            }
            (self.base, self.pending, self.ahead) = match self.grams {
                Grams::Few(bits) => bits.window(self.text, self.ahead),
                Grams::Many(bits) => bits.window(self.text, self.ahead),
            };
        }
        let place = self.base + self.pending.trailing_zeros() as usize;
        self.pending &= self.pending - 1;
        Some(place)
    }
}

impl<const WORDS: usize> Bits<WORDS> {
    const SHIFT: u32 = 32 - 6 - WORDS.trailing_zeros();

    fn of(grams: &[u32]) -> Self {
        let mut bits = Self([0; WORDS]);
        for gram in grams {
            let hash = Self::hash(gram | FOLD);
            bits.0[(hash >> 6) as usize] |= 1 << (hash & 63);
        }
        bits
    }

    /// The first window from `from` on with a place in it, or the last one: where it begins, a bit for each place, where it ends.
    fn window(&self, text: &[u8], from: usize) -> (usize, u32, usize) {
        let mut at = from;
        while let Some(window) = text.get(at..at + STEP + 4) {
            let low = load(&window[..8]) | FOLD_8;
            let high = load(&window[4..12]) | FOLD_8;
            let mut any = 0_u64;
            for step in 0..4 {
                any |= self.test(low >> (8 * step)) << step;
                any |= self.test(high >> (8 * step)) << (step + 4);
            }
            if any != 0 {
                return (at, u32::from(any.to_le_bytes()[0]), at + STEP);
            }
            at += STEP;
        }
        let rest = (at..text.len()).map(|place| self.test(u64::from(gram_at(text, place))));
        let pending = rest.enumerate().fold(0, |pending, (step, bit)| pending | u32::from(bit != 0) << step);
        (at, pending, text.len())
    }

    /// One if the low four bytes of `folded` may be in the set.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
    fn test(&self, folded: u64) -> u64 {
        let hash = Self::hash(folded as u32);
        (self.0[(hash >> 6) as usize] >> (hash & 63)) & 1
    }

    #[inline]
    fn hash(folded: u32) -> u32 {
        folded.wrapping_mul(GOLDEN) >> Self::SHIFT
    }
}

/// The four bytes at `at`, folded; zeros stand for what is past the end.
#[inline]
pub(super) fn gram_at(text: &[u8], at: usize) -> u32 {
    let rest = &text[at..];
    let bytes = rest.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 4];
        bytes[..rest.len()].copy_from_slice(rest);
        bytes
    });
    u32::from_le_bytes(bytes) | FOLD
}

#[inline]
fn load(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

/// Makes lower case of upper case, and the same of both whatever else it does.
pub(super) const FOLD: u32 = 0x2020_2020;
const FOLD_8: u64 = 0x2020_2020_2020_2020;
/// 2^32 over the golden ratio.
const GOLDEN: u32 = 0x9E37_79B1;
/// So many places are looked at before the first branch.
const STEP: usize = 8;
/// Up to so many groups fill less than a thirtieth of the smaller set.
const FEW: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    fn gram(text: &[u8]) -> u32 {
        gram_at(text, 0)
    }

    #[test]
    fn finds_a_group_at_every_place_and_in_every_case() {
        let grams = Grams::of(&[gram(b"toke"), gram(b"://\0")]);
        for before in 0..40 {
            for after in 0..40 {
                let text = [&b"-".repeat(before)[..], b"ToKe", &b"-".repeat(after)].concat();
                assert_eq!(grams.places(&text).collect::<Vec<_>>(), [before], "{before} {after}");
            }
        }
        assert_eq!(grams.places(b"----------------://").collect::<Vec<_>>(), [16]);
    }

    #[test]
    fn tells_every_place_of_a_window() {
        let grams = Grams::of(&[gram(b"aaaa"), gram(b"abcd")]);
        for before in 0..20 {
            let text = [&b"-".repeat(before)[..], b"aaaaaaaabcd"].concat();
            let places: Vec<usize> = grams.places(&text).collect();
            assert_eq!(places, [0, 1, 2, 3, 4, 7].map(|place| before + place));
        }
        assert_eq!(grams.places(b"").next(), None);
    }

    #[test]
    fn finds_every_group_of_a_large_set() {
        let all: Vec<u32> = (0_u32..40_000).map(|number| number.wrapping_mul(2_654_435_761) | FOLD).collect();
        let grams = Grams::of(&all);
        for gram in &all {
            assert_eq!(grams.places(&gram.to_le_bytes()).next(), Some(0));
        }
    }
}
