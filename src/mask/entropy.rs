//! How evenly a text uses its characters: drawn ones do, written ones do not.

/// The Shannon entropy of `text` in bits a byte; 0 for an empty one.
#[must_use]
pub fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    let mut len = 0_u32;
    for &byte in text {
        counts[usize::from(byte)] += 1;
        len += 1;
    }
    let share = |count: u32| f64::from(count) / f64::from(len);
    counts.into_iter().filter(|&count| count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_bits_a_byte() {
        for (text, bits) in
            [("", 0.0), ("aaaa", 0.0), ("abab", 1.0), ("abcd", 2.0), ("0123456789abcdef", 4.0)]
        {
            assert!((entropy(text.as_bytes()) - bits).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn a_sentence_has_less_than_a_drawn_text_of_the_same_length() {
        assert!(
            entropy(b"the token that the tokenizer took") + 1.0
                < entropy(b"q7Zt0VwXf3LmB9cKpR5sJ1uHdN8eAyG2T")
        );
    }
}
