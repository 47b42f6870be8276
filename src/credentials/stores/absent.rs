//! A store that is not there: it has nothing, and says why.

use crate::credentials::{
    Access, Action, Apply, Credential, CredentialStore, Entry, Error, Listing, Moment, Name, Selector,
};

/// A store that is not there. In a chain it is passed over, and the answer says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    name: String,
    reason: String,
}

impl Absent {
    /// The store `name`, which does not answer for this reason.
    #[must_use]
    pub fn new(name: &str, reason: impl Into<String>) -> Self {
        Self { name: name.to_owned(), reason: reason.into() }
    }

    /// The store `name`, which could not be opened.
    #[must_use]
    pub fn because(name: &str, error: &Error) -> Self {
        match error {
            Error::Unavailable { reason, .. } => Self::new(name, reason),
            error => Self::new(name, error.to_string()),
        }
    }

    fn error(&self) -> Error {
        Error::Unavailable { store: self.name.clone(), reason: self.reason.clone() }
    }
}

impl CredentialStore for Absent {
    fn name(&self) -> &str {
        &self.name
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
