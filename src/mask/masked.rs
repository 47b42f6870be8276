//! What stands in the place of a secret.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;

use crate::base::{Secret, fill_random};
use crate::crypto::hmac_sha256;

use super::rule::rule;

/// A few bytes by which two occurrences of a secret can be told to be the same one, within this process. From outside nothing can be
/// learned or tried: the key of the code is drawn at the start and never leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 4]);

impl Fingerprint {
    /// The first in turn whose digits are not taken: a registered value may look like digits.
    pub(super) fn of(secret: &[u8], is_taken: impl Fn(&[u8]) -> bool) -> Self {
        let mut mac = hmac_sha256(KEY.expose(), secret);
        for _ in 0..MAX_TURNS {
            if !is_taken(&Self::from_mac(&mac).digits()) {
                break;
            }
            mac = hmac_sha256(KEY.expose(), &mac);
        }
        Self::from_mac(&mac)
    }

    fn from_mac([a, b, c, d, ..]: &[u8; 32]) -> Self {
        Self([*a, *b, *c, *d])
    }

    fn digits(self) -> [u8; DIGITS_LEN] {
        let digit = |at: usize| self.0[at / 2] >> if at.is_multiple_of(2) { 4 } else { 0 } & 15;
        std::array::from_fn(|at| DIGITS[usize::from(digit(at))])
    }
}

/// A code by which a registered value is known without being compared with all others.
pub(super) fn mac(secret: &[u8]) -> [u8; 32] {
    hmac_sha256(KEY.expose(), secret)
}

/// Adds the masked form of a secret that was found by the rule of this id: `__masked.github-token.3f9a2c1b__`. All of it is plain in
/// JSON, YAML, shells and every part of a URL.
pub(super) fn push(out: &mut Vec<u8>, rule_id: &str, fingerprint: Fingerprint) {
    out.extend_from_slice(OPENING);
    out.extend_from_slice(rule_id.as_bytes());
    out.push(b'.');
    out.extend(fingerprint.digits());
    out.extend_from_slice(CLOSING);
}

/// Every masked form in `text`. Nothing but a rule's id and eight digits fits into one, so that none carries a secret.
pub(super) fn all(text: &[u8]) -> Vec<Range<usize>> {
    let mut forms: Vec<Range<usize>> = Vec::new();
    for start in memmem::find_iter(text, OPENING) {
        if let Some(len) = len_at(&text[start..])
            && forms.last().is_none_or(|last| last.end <= start)
        {
            forms.push(start..start + len);
        }
    }
    forms
}

/// The place of the digits in the masked form at `form`.
pub(super) fn digits(form: &Range<usize>) -> Range<usize> {
    let end = form.end - CLOSING.len();
    end - DIGITS_LEN..end
}

/// Whether a masked form ends `text`.
pub(super) fn ends(text: &[u8]) -> bool {
    let from = text.len().saturating_sub(MAX_LEN);
    memmem::rfind(&text[from..], OPENING)
        .is_some_and(|start| len_at(&text[from + start..]) == Some(text.len() - from - start))
}

fn len_at(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(OPENING)?;
    let id_len = rest.iter().take(MAX_LEN).position(|byte| *byte == b'.')?;
    let digits = rest.get(id_len + 1..id_len + 1 + DIGITS_LEN)?;
    let is_digit = |byte: &u8| DIGITS.contains(byte);
    let fits = rest[id_len + 1 + DIGITS_LEN..].starts_with(CLOSING)
        && digits.iter().all(is_digit)
        && std::str::from_utf8(&rest[..id_len]).is_ok_and(|id| rule(id).is_some());
    fits.then_some(OPENING.len() + id_len + 1 + DIGITS_LEN + CLOSING.len())
}

static KEY: LazyLock<Secret<32>> = LazyLock::new(|| {
    Secret::from_fn(|bytes| fill_random(bytes)).expect("the operating system gives randomness")
});

const OPENING: &[u8] = b"__masked.";
const CLOSING: &[u8] = b"__";
const DIGITS_LEN: usize = 8;
const MAX_TURNS: usize = 16;
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// More than the longest id and all around it.
const MAX_LEN: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secret: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        push(&mut out, "password", Fingerprint::of(secret, |_| false));
        out
    }

    #[test]
    fn a_secret_has_one_form_and_another_secret_another() {
        assert_eq!(masked(b"hunter2"), masked(b"hunter2"));
        assert_ne!(masked(b"hunter2"), masked(b"hunter3"));
    }

    #[test]
    fn takes_no_digits_that_are_taken() {
        let first = Fingerprint::of(b"hunter2", |_| false);
        let second = Fingerprint::of(b"hunter2", |digits| digits == first.digits());
        assert_ne!(first, second);
        assert_eq!(second, Fingerprint::of(b"hunter2", |digits| digits == first.digits()));
        assert_eq!(digits(&(0..masked(b"hunter2").len())), 18..26);
    }

    #[test]
    fn recognises_what_it_makes_and_nothing_that_could_hold_more() {
        let form = masked(b"hunter2");
        let text = [b"a", &form[..], &form, b"_"].concat();
        assert_eq!(all(&text), [1..1 + form.len(), 1 + form.len()..1 + 2 * form.len()]);
        assert!(ends(&form) && !ends(&text));
        for other in [
            "__masked.hunter2.3f9a2c1b__",
            "__masked.password.3f9a2c1__",
            "__masked.password.3F9A2C1B__",
            "__masked.password.3f9a2c1bb__",
            "__masked.password.3f9a2c1b_",
            "__masked.password.3f9",
        ] {
            assert!(all(other.as_bytes()).is_empty(), "{other}");
        }
    }
}
