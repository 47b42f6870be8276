//! Credentials at places that were named one by one: variables, files, places within files. Read-only.

use std::collections::BTreeMap;

use super::env::secret_in_variable;
use super::file::FileSource;
use super::read_only::{credential, refused};
use crate::base::SecretText;
use crate::credentials::{
    Access, Action, Apply, Credential, CredentialStore, Entry, Error, Listing, Moment, Name, Record,
    Selector, check,
};

/// Named places as a store.
#[derive(Default)]
pub struct Sources {
    store: String,
    places: BTreeMap<Name, (Record, Source)>,
    problems: Vec<(String, String)>,
}

/// Where one secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// In an environment variable.
    Variable(String),
    /// In a file.
    File(FileSource),
}

impl Sources {
    /// Nowhere yet; `store` is the name that answers.
    #[must_use]
    pub fn new(store: &str) -> Self {
        Self { store: store.to_owned(), ..Self::default() }
    }

    /// The secret of `record` is at `source`. Of two with one name the first counts.
    pub fn bind(&mut self, record: Record, source: Source) -> Result<(), Error> {
        if self.places.contains_key(&record.name) {
            return Err(Error::AlreadyExists(record.name.to_string()));
        }
        self.places.insert(record.name.clone(), (record, source));
        Ok(())
    }

    /// An entry that cannot be used, to be said where the others are listed.
    pub(in crate::credentials) fn add_problem(&mut self, entry: String, reason: String) {
        self.problems.push((entry, reason));
    }

    fn found(&self, name: &Name) -> Result<(Entry, SecretText), Error> {
        let (record, source) = self.places.get(name).ok_or_else(|| Error::NotFound(name.to_string()))?;
        let secret = match source {
            // One that was named and is not there is as if nobody had named it: another store may have it.
            Source::Variable(variable) => {
                secret_in_variable(variable).ok_or_else(|| self.absent(format!("`{variable}` is not set")))?
            }
            Source::File(file) => file.read().map_err(|error| match error {
                Error::Io { source, path, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                    self.absent(format!("`{}` does not exist", path.display()))
                }
                error => error,
            })?,
        };
        check(record, &secret)?;
        Ok(credential(&self.store, record.clone(), secret))
    }

    fn absent(&self, reason: String) -> Error {
        Error::Unavailable { store: self.store.clone(), reason }
    }
}

impl CredentialStore for Sources {
    fn name(&self) -> &str {
        &self.store
    }

    fn access(&self) -> Access {
        Access::ReadOnly
    }

    fn entry(&self, name: &Name) -> Result<Entry, Error> {
        self.found(name).map(|(entry, _)| entry)
    }

    fn list(&self) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        for name in self.places.keys() {
            match self.entry(name) {
                Ok(entry) => listing.entries.push(entry),
                Err(problem) => listing.problems.push(problem),
            }
        }
        let said = self.problems.iter().map(|(entry, reason)| Error::Entry {
            path: self.store.clone().into(),
            entry: entry.clone(),
            reason: reason.clone(),
        });
        listing.problems.extend(said);
        Ok(listing)
    }

    fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error> {
        let (entry, secret) = self.found(name)?;
        let version = *entry.select(selector, now)?;
        Ok(Credential { record: entry.record, version, secret })
    }

    fn change(&self, _: &Name, _: Action, _: Apply<'_>) -> Result<Entry, Error> {
        Err(refused(&self.store))
    }

    fn purge(&self, _: &Name) -> Result<(), Error> {
        Err(refused(&self.store))
    }
}
