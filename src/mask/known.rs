//! Values that are known to be secret.

use std::collections::HashSet;
use std::fmt;

use crate::base::SecretText;

use super::automaton::{Automaton, Hit};
use super::error::Error;
use super::forms::{Form, forms, listed};
use super::grams::gram_at;
use super::masked::{Fingerprint, mac};
use super::stops::{Detector, Entry};

/// The values as they were registered.
#[derive(Default)]
pub(super) struct Registry {
    values: Vec<SecretText>,
    macs: HashSet<[u8; 32]>,
    bytes_len: usize,
}

impl Registry {
    /// Adds a value, without the newlines at its end. Whether it is new.
    pub(super) fn add(&mut self, value: &SecretText) -> Result<bool, Error> {
        let value = trim_newlines(value.expose());
        if value.len() < MIN_VALUE_LEN {
            return Err(Error::TooShort);
        }
        let mac = mac(value);
        if self.macs.contains(&mac) {
            return Ok(false);
        }
        let bytes_len = self.bytes_len.saturating_add(value.len());
        if bytes_len > MAX_VALUES_LEN {
            return Err(Error::TooMany);
        }
        self.bytes_len = bytes_len;
        self.macs.insert(mac);
        self.values.push(SecretText::new(value.to_vec()));
        Ok(true)
    }

    /// All forms of all values, ready to be found.
    pub(super) fn compile(&self) -> Known {
        let mut all: Vec<(u32, Form)> = Vec::new();
        let mut lists: Vec<(u32, Form)> = Vec::new();
        for (number, value) in (0..).zip(&self.values) {
            for part in parts(value.expose()) {
                all.extend(forms(part).into_iter().map(|form| (number, form)));
                lists.push((number, listed(part)));
            }
        }
        let len = |forms: &[(u32, Form)]| forms.iter().map(|(_, form)| form.bytes.len()).sum::<usize>();
        let mut automaton = Automaton::with_capacity(len(&all) + len(&lists));
        for (value, form) in all.iter().chain(&lists) {
            automaton.insert(&form.bytes, *value, form.edges);
        }
        automaton.finish();
        let (grams, list_grams) = (grams(&all), grams(&lists));
        let of = |value: &SecretText| Fingerprint::of(value.expose(), |digits| automaton.is_in(digits));
        let fingerprints = self.values.iter().map(of).collect();
        Known { automaton, grams, list_grams, fingerprints }
    }
}

/// Shows how many there are.
impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} known values", self.values.len())
    }
}

/// The values in a form in which they are found.
pub(super) struct Known {
    automaton: Automaton,
    /// The first four bytes of each form, folded.
    grams: Vec<u32>,
    /// The same of those that are lists of numbers, which much text begins like.
    list_grams: Vec<u32>,
    fingerprints: Vec<Fingerprint>,
}

impl Known {
    /// Where to look closer.
    pub(super) fn stops(&self) -> impl Iterator<Item = Entry> {
        let of = |detector| move |gram: &u32| Entry::of_known(*gram, detector);
        let lists = self.list_grams.iter().map(of(Detector::KnownList));
        self.grams.iter().map(of(Detector::Known)).chain(lists)
    }

    /// Adds the values from `at` on to `hits` and gives the place up to which there are no others.
    pub(super) fn look(&self, text: &[u8], at: usize, hits: &mut Vec<Hit>) -> usize {
        self.automaton.walk(text, at, hits)
    }

    /// Whether a value stands in `text`.
    pub(super) fn are_in(&self, text: &[u8]) -> bool {
        self.automaton.is_in(text)
    }

    /// How much at the end of `text` may be the beginning of a value, with the byte before it.
    pub(super) fn under_way_len(&self, text: &[u8]) -> usize {
        let len = self.automaton.under_way_len(text);
        if len == 0 { 0 } else { text.len().min(len + 1) }
    }

    /// The fingerprint of the value of this number, the same whatever form it was found in.
    pub(super) fn fingerprint(&self, value: u32) -> Fingerprint {
        self.fingerprints[value as usize]
    }
}

/// The value, and of one with several lines each line that is long enough to tell something: where none is, those as long as a value
/// has to be. Boundaries of PEM tell nothing.
fn parts(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = || value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let tells = |line: &&[u8]| !line.starts_with(b"-----");
    let has_long = lines().filter(tells).any(|line| line.len() >= MIN_LINE_LEN);
    let min_len = if has_long { MIN_LINE_LEN } else { MIN_VALUE_LEN };
    let has_lines = value.contains(&b'\n');
    let of_lines = lines().filter(tells).filter(move |line| has_lines && line.len() >= min_len);
    std::iter::once(value).chain(of_lines)
}

/// The first four bytes of each form, folded, each once.
fn grams(forms: &[(u32, Form)]) -> Vec<u32> {
    let mut grams: Vec<u32> = forms.iter().map(|(_, form)| gram_at(&form.bytes, 0)).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

fn trim_newlines(mut value: &[u8]) -> &[u8] {
    while let [rest @ .., b'\n' | b'\r'] = value {
        value = rest;
    }
    value
}

/// Shorter values stand in every other text.
pub(super) const MIN_VALUE_LEN: usize = 6;
/// Shorter lines of a value are not looked for on their own.
const MIN_LINE_LEN: usize = 8;
/// All forms of a byte have less than 128 bytes together, twice that with its line.
const MAX_VALUES_LEN: usize = u32::MAX as usize / 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_value_under_six_bytes() {
        let mut registry = Registry::default();
        for short in ["", "a", "12345", "12345\r\n\n"] {
            assert!(matches!(registry.add(&SecretText::new(short.into())), Err(Error::TooShort)));
        }
        assert!(registry.add(&SecretText::new("123456".into())).unwrap());
        assert!(!registry.add(&SecretText::new("123456\n".into())).unwrap());
    }

    #[test]
    fn all_forms_of_a_value_are_less_than_the_bound_counts_with() {
        for value in ["\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}", "\u{80}\u{81}\u{82}", "\"\\\"\\\"\\", "/<>&/<"] {
            let all: usize = forms(value.as_bytes()).iter().map(|form| form.bytes.len()).sum();
            assert!(all < 128 * value.len(), "{all}");
        }
    }

    #[test]
    fn lines_of_a_key_are_values_of_their_own() {
        let key = b"-----BEGIN KEY-----\r\nMIIEowIBAAKCAQEA\r\nshort\r\n-----END KEY-----";
        let parts: Vec<_> = parts(key).collect();
        assert_eq!(parts, [&key[..], b"MIIEowIBAAKCAQEA"]);
        assert_eq!(super::parts(b"one line").count(), 1);
        assert_eq!(
            super::parts(b"six666\n7777777\nfive5").skip(1).collect::<Vec<_>>(),
            [&b"six666"[..], b"7777777"]
        );
    }
}
