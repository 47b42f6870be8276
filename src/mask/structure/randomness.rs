//! How much a value looks as if it had been drawn at random.

/// What a value is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Makeup {
    pub(super) lower: usize,
    pub(super) upper: usize,
    pub(super) digits: usize,
    pub(super) others: usize,
    pub(super) blanks: usize,
    pub(super) hex: bool,
    /// Bits a byte, after Shannon.
    pub(super) entropy: f64,
    /// Changes between letters and digits, and between small and capital letters not at the beginning of a word.
    pub(super) turns: usize,
}

impl Makeup {
    pub(super) fn of(value: &[u8]) -> Self {
        let mut makeup =
            Self { lower: 0, upper: 0, digits: 0, others: 0, blanks: 0, hex: true, entropy: 0.0, turns: 0 };
        let mut counts = [0_u32; 256];
        let mut before = 0_u8;
        for &byte in value {
            counts[usize::from(byte)] += 1;
            makeup.hex &= byte.is_ascii_hexdigit();
            match byte {
                b'a'..=b'z' => makeup.lower += 1,
                b'A'..=b'Z' => makeup.upper += 1,
                b'0'..=b'9' => makeup.digits += 1,
                b' ' | b'\t' => makeup.blanks += 1,
                _ => makeup.others += 1,
            }
            let letter_and_digit = before.is_ascii_alphabetic() && byte.is_ascii_digit()
                || before.is_ascii_digit() && byte.is_ascii_alphabetic();
            makeup.turns +=
                usize::from(letter_and_digit || before.is_ascii_lowercase() && byte.is_ascii_uppercase());
            before = byte;
        }
        makeup.entropy = entropy(&counts, value.len());
        makeup
    }

    pub(super) fn letters(&self) -> usize {
        self.lower + self.upper
    }

    pub(super) fn len(&self) -> usize {
        self.letters() + self.digits + self.others + self.blanks
    }

    /// Whether it looks drawn at random from all that can be typed: no template or sentence, whatever it seems to hold.
    pub(super) fn is_scrambled(&self) -> bool {
        let of_each = self.digits.min(self.upper).min(self.lower) >= 2 && self.others >= 3;
        of_each && self.len() >= MIN_SCRAMBLED && self.turns >= 4 && self.entropy >= 4.2
    }

    /// Whether it is words with capitals or signs between them: `LastEvaluatedTableName`, `host:InstanceType`.
    fn is_camel(&self) -> bool {
        self.digits == 0 && self.upper <= self.turns + self.others + 1 && self.lower >= 2 * self.upper
    }

    /// Whether it looks drawn at random: long, without words, of several kinds of bytes.
    pub(super) fn is_random(&self) -> bool {
        let len = self.len();
        if len < MIN_RANDOM || self.blanks > 0 {
            return false;
        }
        if self.hex {
            return self.digits >= 2 && self.letters() >= 1 && self.entropy >= 2.5;
        }
        if self.is_camel() {
            return false;
        }
        let mixed = self.digits >= 1 || (self.lower >= 3 && self.upper >= 3);
        mixed && self.entropy >= 3.0 && self.turns * 8 >= len
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
fn entropy(counts: &[u32; 256], len: usize) -> f64 {
    let len = len.max(1) as f64;
    let bits = |count: &u32| {
        let share = f64::from(*count) / len;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

const MIN_SCRAMBLED: usize = 24;
const MIN_RANDOM: usize = 12;
