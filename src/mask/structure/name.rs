//! Splits the name of a field into words, and judges it by them.

use super::kind::Kind;
use super::vocabulary::{self, Word};

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Promise {
    /// What the value is, if it is a secret.
    pub(super) kind: Kind,
    /// How much of it the name alone says.
    pub(super) strength: Strength,
}

/// How much the name alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// The value has to look like a secret.
    Weak,
    /// The value only must not look like something else.
    Strong,
}

/// Judges the name of a field: none if it names nothing secret.
pub(super) fn judge(name: &[u8]) -> Option<Promise> {
    let words = Words::of(name)?;
    let mut promise = None;
    let mut at = words.count;
    while at > 0 && promise.is_none() {
        at -= 1;
        promise = words.promise_at(at);
        if promise.is_none() && vocabulary::is_harmless_after(words.get(at)) && words.has_secret_before(at) {
            return None;
        }
    }
    let mut promise = promise?;
    if (0..at).any(|before| vocabulary::is_harmless_before(words.get(before))) {
        return None;
    }
    let is_pass = words.get(at) == b"pass" && at > 0;
    if vocabulary::is_action(words.get(0)) && at > 0
        || is_pass && vocabulary::is_harmless_pass(words.get(at - 1))
    {
        promise.strength = Strength::Weak;
    }
    if (at + 1..words.count).any(|after| !vocabulary::is_transparent(words.get(after))) {
        promise.strength = Strength::Weak;
    }
    Some(promise)
}

/// Whether a function of this name takes the secret as its argument: `password("x")`, `setPassword("x")`.
pub(super) fn takes_a_secret(name: &[u8]) -> bool {
    let Some(words) = Words::of(name) else { return false };
    let last = name.iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot + 1);
    let first = (0..words.count).find(|at| usize::from(words.bounds[*at].0) >= last);
    first.is_some_and(|at| words.promise_at(at).is_some() || vocabulary::is_setter(words.get(at)))
}

/// Whether `value` is itself the name of a secret: `vault_db_password`, `dbPassword`.
pub(super) fn is_reference(value: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.');
    if value.len() > MAX_REFERENCE || !value.iter().all(is_name) {
        return false;
    }
    let Some(words) = Words::of(value) else { return false };
    let last = words.count.checked_sub(1).map_or(&b""[..], |last| words.get(last));
    words.count > 1
        && last.len() > 2
        && last != b"pass"
        && !matches!(vocabulary::meaning(last), Word::Neutral | Word::Maybe(_))
}

/// Whether the token of this name tells requests apart: `clientRequestToken`.
pub(super) fn is_of_request(name: &[u8]) -> bool {
    let Some(words) = Words::of(name) else { return false };
    (0..words.count).any(|at| matches!(words.get(at), b"request" | b"client" | b"update"))
}

/// Calls `each` with the words of `name`, in lower case; false if there are too many or too long ones.
pub(super) fn every_word(name: &[u8], each: impl FnMut(&[u8]) -> bool) -> bool {
    let Some(words) = Words::of(name) else { return false };
    words.count > 0 && (0..words.count).map(|at| words.get(at)).all(each)
}

/// The words of a name, in lower case: split at what is no letter or digit, and where a capital begins a word.
struct Words {
    lower: [u8; MAX_NAME],
    bounds: [(u8, u8); MAX_WORDS],
    count: usize,
}

impl Words {
    fn of(name: &[u8]) -> Option<Self> {
        if name.len() > MAX_NAME {
            return None;
        }
        let mut words = Self { lower: [0; MAX_NAME], bounds: [(0, 0); MAX_WORDS], count: 0 };
        let mut start = 0;
        for (at, &byte) in name.iter().enumerate() {
            words.lower[at] = byte.to_ascii_lowercase();
            if !byte.is_ascii_alphanumeric() && byte < 0x80 {
                words.push(start, at)?;
                start = at + 1;
            } else if at > start && begins_word(name, at) {
                words.push(start, at)?;
                start = at;
            }
        }
        words.push(start, name.len())?;
        Some(words)
    }

    fn push(&mut self, start: usize, end: usize) -> Option<()> {
        if start < end {
            *self.bounds.get_mut(self.count)? = (u8::try_from(start).ok()?, u8::try_from(end).ok()?);
            self.count += 1;
        }
        Some(())
    }

    fn get(&self, at: usize) -> &[u8] {
        let (start, end) = self.bounds[at];
        &self.lower[usize::from(start)..usize::from(end)]
    }

    /// What the word at `at` says, with the one before it where it needs that.
    fn promise_at(&self, at: usize) -> Option<Promise> {
        let before = if at > 0 { self.get(at - 1) } else { b"" };
        match vocabulary::meaning(self.get(at)) {
            Word::Neutral => None,
            Word::Secret(Kind::Token) | Word::Maybe(Kind::Token) if vocabulary::is_harmless_token(before) => {
                None
            }
            Word::Secret(kind) => Some(Promise { kind, strength: Strength::Strong }),
            Word::Maybe(kind) => Some(Promise { kind, strength: Strength::Weak }),
            Word::Key => match () {
                () if vocabulary::is_other_key(before) => None,
                () if vocabulary::is_secret_key(before) => {
                    Some(Promise { kind: Kind::ApiKey, strength: Strength::Strong })
                }
                () if vocabulary::meaning(before) == Word::Secret(Kind::Password) => None,
                () => Some(Promise { kind: Kind::ApiKey, strength: Strength::Weak }),
            },
        }
    }

    fn has_secret_before(&self, at: usize) -> bool {
        (0..at).any(|before| self.promise_at(before).is_some())
    }
}

/// Whether a word begins at `at`: a capital behind a small letter or before one (`dbPassword`, `DBPassword`), a letter behind a digit.
fn begins_word(name: &[u8], at: usize) -> bool {
    let (before, here) = (name[at - 1], name[at]);
    let after = name.get(at + 1).copied().unwrap_or(0);
    if here.is_ascii_uppercase() {
        return !before.is_ascii_uppercase() || after.is_ascii_lowercase() && after != b's';
    }
    here.is_ascii_digit() && before.is_ascii_lowercase() && !after.is_ascii_lowercase()
}

const MAX_REFERENCE: usize = 48;
const MAX_NAME: usize = 96;
const MAX_WORDS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_names_of_secrets() {
        for (name, kind) in [
            ("password", Kind::Password),
            ("DB_PASSWORD", Kind::Password),
            ("dbPassword", Kind::Password),
            ("spring.datasource.password", Kind::Password),
            ("PGPASSWORD", Kind::Password),
            ("userPass", Kind::Password),
            ("passwd2", Kind::Password),
            ("password_confirmation", Kind::Password),
            ("client-secret", Kind::Secret),
            ("AWS_SECRET_ACCESS_KEY", Kind::ApiKey),
            ("apiKey", Kind::ApiKey),
            ("APIKey", Kind::ApiKey),
            ("X-Api-Key", Kind::ApiKey),
            ("accessToken", Kind::Token),
            ("HF_TOKEN", Kind::Token),
            ("Authorization", Kind::Authorization),
            ("salt", Kind::Salt),
        ] {
            assert_eq!(judge(name.as_bytes()), Some(Promise { kind, strength: Strength::Strong }), "{name}");
        }
    }

    #[test]
    fn tells_names_that_need_a_telling_value() {
        for name in ["key", "keys", "tokens", "auth", "signature", "password_foo"] {
            let strength = judge(name.as_bytes()).map(|promise| promise.strength);
            assert_eq!(strength, Some(Strength::Weak), "{name}");
        }
    }

    #[test]
    fn leaves_harmless_names() {
        for name in [
            "token_count",
            "tokens_per_second",
            "max_tokens",
            "pad_token",
            "eos_token_id",
            "tokenizer",
            "keyboard",
            "primary_key",
            "publicKey",
            "passwordPolicy",
            "password_field",
            "secret_name",
            "key_path",
            "special_tokens_map.json",
            "nextToken",
            "idempotency_token",
            "result_key",
            "bypass",
            "compass",
            "monkey",
            "passed",
            "author",
        ] {
            assert_eq!(judge(name.as_bytes()), None, "{name}");
        }
    }
}
