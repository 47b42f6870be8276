//! A store that is not there: it has nothing, and says why.

use std::path::Path;

use crate::credentials::{
    Access, Action, Apply, Credential, CredentialStore, Entry, Error, Listing, Moment, Name, Selector,
};

/// A store that is not there.
pub(super) struct Absent {
    name: &'static str,
    reason: String,
}

impl Absent {
    /// The vault, of which there is no file.
    pub(super) fn vault(path: &Path) -> Self {
        Self { name: "vault", reason: format!("there is none at `{}`", path.display()) }
    }

    /// The keyring, which does not answer.
    pub(super) fn keyring(error: &Error) -> Self {
        let reason = match error {
            Error::Unavailable { reason, .. } => reason.clone(),
            error => error.to_string(),
        };
        Self { name: "keyring", reason }
    }

    fn error(&self) -> Error {
        Error::Unavailable { store: self.name.into(), reason: self.reason.clone() }
    }
}

impl CredentialStore for Absent {
    fn name(&self) -> &str {
        self.name
    }

    fn access(&self) -> Access {
        Access::ReadOnly
    }

    fn entry(&self, _: &Name) -> Result<Entry, Error> {
        Err(self.error())
    }

    /// What is not there holds nothing.
    fn list(&self) -> Result<Listing, Error> {
        Ok(Listing::default())
    }

    fn read(&self, _: &Name, _: Selector, _: Moment) -> Result<Credential, Error> {
        Err(self.error())
    }

    fn change(&self, _: &Name, _: Action, _: Apply<'_>) -> Result<Entry, Error> {
        Err(self.error())
    }

    fn purge(&self, _: &Name) -> Result<(), Error> {
        Err(self.error())
    }
}
