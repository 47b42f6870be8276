//! A passphrase and what PBKDF2 has made of it so far: each salt costs once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::base::{Secret, SecretText};
use crate::crypto::{Backend, pbkdf2_sha256};
use crate::format::KdfParams;

pub(super) struct Passphrase {
    text: SecretText,
    derived: Mutex<HashMap<KdfParams, Derived>>,
}

type Derived = Arc<OnceLock<Secret<32>>>;

impl Passphrase {
    pub(super) fn new(text: SecretText) -> Self {
        Self { text, derived: Mutex::default() }
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.text.expose()
    }

    /// Hands `use_secret` the key that PBKDF2 makes under `params`; threads that ask for the same one wait
    /// for the first.
    pub(super) fn with_derived<T>(&self, params: &KdfParams, use_secret: impl FnOnce(&Secret<32>) -> T) -> T {
        let cell = Arc::clone(self.lock().entry(*params).or_default());
        let derive = || pbkdf2_sha256(Backend::default(), self.expose(), &params.salt, params.iterations);
        use_secret(cell.get_or_init(derive))
    }

    pub(super) fn derivation_count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<KdfParams, Derived>> {
        self.derived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
