//! A new secret in the place of the old one: create, verify, switch.

use std::time::Duration;

use super::store::{Action, Changed, CredentialStore};
use super::{Credential, Entry, Error, Filter, Label, Moment, Name, Selector};
use crate::base::{SecretText, fill_random};

/// The rotation of one credential.
///
/// The new secret is kept as pending before it is checked, and becomes the current one in one transaction. Whatever
/// ends the program in between, CURRENT is whole, and the rotation can be run again: a pending secret that was
/// created by the first run is checked by the second, so that what a provider has issued is not lost.
pub struct Rotation<'s> {
    store: &'s dyn CredentialStore,
    name: Name,
    grace: Option<Duration>,
    expires: Option<Moment>,
}

/// Where the new secret comes from.
pub enum NewSecret<'a> {
    /// It is at hand, and takes the place of one that is pending.
    Given(SecretText),
    /// It is made, unless one is pending already; the error says why it could not be, without any of it.
    Made(&'a mut dyn FnMut(&Entry) -> Result<SecretText, String>),
}

/// Why a new secret was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It does not work: it is dropped.
    Refused(String),
    /// Nobody could say: it stays pending, and the next run asks again.
    Unanswered(String),
}

impl<'s> Rotation<'s> {
    /// Of the credential `name` in `store`.
    pub fn new(store: &'s dyn CredentialStore, name: Name) -> Self {
        Self { store, name, grace: None, expires: None }
    }

    /// For how long the old secret is still given. Without: as long as it is kept.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// When the new secret ends.
    #[must_use]
    pub fn expires(mut self, expires: Moment) -> Self {
        self.expires = Some(expires);
        self
    }

    /// Creates, verifies, switches. A new secret that `verify` does not take leaves the current one as it is.
    pub fn run(
        &self,
        secret: NewSecret<'_>,
        verify: &mut dyn FnMut(&Credential) -> Result<(), Refusal>,
    ) -> Result<Entry, Error> {
        let number = self.pending(secret)?;
        let pending = self.store.get(&self.name, Selector::Number(number))?;
        let failed = |reason| Error::CheckFailed { name: self.name.to_string(), reason };
        match verify(&pending) {
            Ok(()) => self.store.promote(&self.name, number, self.grace),
            Err(Refusal::Unanswered(reason)) => Err(failed(reason)),
            Err(Refusal::Refused(reason)) => {
                self.drop_pending(number)?;
                Err(failed(reason))
            }
        }
    }

    /// Drops the pending version, if it still is this one and not that of another rotation.
    fn drop_pending(&self, number: u32) -> Result<(), Error> {
        let apply = |found: Option<Entry>| {
            let mut entry = found.ok_or_else(|| Error::NotFound(self.name.to_string()))?;
            if entry.history.labelled(Label::Pending).is_some_and(|pending| pending.number == number) {
                entry.history.discard();
            }
            Ok(Changed::without_secret(entry))
        };
        self.store.change(&self.name, Action::Discard, Box::new(apply)).map(drop)
    }

    /// The number of the version that waits to be checked.
    fn pending(&self, secret: NewSecret<'_>) -> Result<u32, Error> {
        let entry = self.store.entry(&self.name)?;
        if !entry.record.active {
            return Err(Error::Inactive(self.name.to_string()));
        }
        let secret = match (secret, entry.history.labelled(Label::Pending)) {
            (NewSecret::Given(secret), _) => secret,
            (NewSecret::Made(_), Some(pending)) => return Ok(pending.number),
            (NewSecret::Made(make), None) => {
                make(&entry).map_err(|reason| Error::CheckFailed { name: self.name.to_string(), reason })?
            }
        };
        let entry = self.store.stage(&self.name, secret, self.expires)?;
        let pending = entry.history.labelled(Label::Pending).expect("staged just now");
        Ok(pending.number)
    }
}

/// The credentials of `store` whose secret should be replaced by then, the most urgent first. None, but an error, if
/// one of them may be hidden by somebody who has tampered with the store.
pub fn due(store: &dyn CredentialStore, by: Moment) -> Result<Vec<Entry>, Error> {
    let filter = Filter { due_by: Some(by), ..Filter::default() };
    let mut entries = store.list()?.to_choose_from()?;
    entries.retain(|entry| entry.matches(&filter));
    entries.sort_by_key(Entry::due);
    Ok(entries)
}

/// Makes a secret of `len` letters and digits, each of them one of 62.
pub fn generate(len: usize) -> Result<SecretText, Error> {
    if !(MIN_GENERATED_LEN..=MAX_GENERATED_LEN).contains(&len) {
        let reason = "a secret is made with 16 to 1024 characters";
        return Err(Error::Invalid { field: "length".into(), reason });
    }
    let mut text = zeroize::Zeroizing::new(Vec::with_capacity(len));
    let mut random = zeroize::Zeroizing::new([0; 64]);
    while text.len() < len {
        fill_random(&mut *random).map_err(Error::Random)?;
        // Of 256 values the first 248 are shared out evenly among 62, the others are drawn again.
        let even = random.iter().filter(|&&byte| usize::from(byte) < 4 * ALPHABET.len());
        let letters = even.map(|&byte| ALPHABET[usize::from(byte) % ALPHABET.len()]);
        let missing = len - text.len();
        text.extend(letters.take(missing));
    }
    Ok(SecretText::new(std::mem::take(&mut *text)))
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 95 bits.
const MIN_GENERATED_LEN: usize = 16;
const MAX_GENERATED_LEN: usize = 1024;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn generated_secrets_have_their_length_and_all_letters() {
        let mut seen = BTreeSet::new();
        for len in [16, 32, 1000, 1024] {
            let secret = generate(len).unwrap();
            assert_eq!(secret.expose().len(), len);
            seen.extend(secret.expose().to_vec());
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ALPHABET);
        assert_ne!(generate(32).unwrap().expose(), generate(32).unwrap().expose());
        assert!(generate(15).is_err() && generate(1025).is_err());
    }
}
