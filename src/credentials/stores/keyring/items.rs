//! The entries of the keyring that a credential is made of.

use std::collections::BTreeSet;

use super::document::Document;
use crate::base::SecretText;
use crate::credentials::{Error, Name};
use crate::keys::{self, OsKeyring};

/// The services that credentials have in the keyring.
#[derive(Debug)]
pub(super) struct Items {
    values: OsKeyring,
    records: OsKeyring,
    versions: OsKeyring,
}

impl Items {
    pub(super) fn new() -> Self {
        let values = OsKeyring::new();
        let (records, versions) = (values.of_service(RECORDS), values.of_service(VERSIONS));
        Self { values, records, versions }
    }

    pub(super) fn probe(&self) -> Result<(), Error> {
        self.values.probe().map_err(of_keyring)
    }

    /// The secret that other programs see.
    pub(super) fn value(&self, name: &Name) -> Result<Option<SecretText>, Error> {
        self.values.get(name.as_str()).map_err(of_keyring)
    }

    pub(super) fn put_value(&self, name: &Name, value: SecretText) -> Result<(), Error> {
        self.values.replace(name.as_str(), value).map_err(of_keyring)
    }

    pub(super) fn delete_value(&self, name: &Name) -> Result<bool, Error> {
        self.values.delete(name.as_str()).map_err(of_keyring)
    }

    pub(super) fn document(&self, name: &Name) -> Result<Option<Document>, Error> {
        self.parsed(name.as_str(), name)
    }

    pub(super) fn put_document(&self, name: &Name, document: &Document) -> Result<(), Error> {
        self.records.replace(name.as_str(), document.to_text()).map_err(of_keyring)
    }

    /// The document before; `None`: there was none.
    pub(super) fn before(&self, name: &Name) -> Result<Option<Document>, Error> {
        self.parsed(&before(name), name)
    }

    pub(super) fn put_before(&self, name: &Name, document: Option<&Document>) -> Result<(), Error> {
        let before = before(name);
        match document {
            Some(document) => self.records.replace(&before, document.to_text()),
            None => self.records.delete(&before).map(drop),
        }
        .map_err(of_keyring)
    }

    pub(super) fn delete_before(&self, name: &Name) -> Result<bool, Error> {
        self.records.delete(&before(name)).map_err(of_keyring)
    }

    pub(super) fn delete_document(&self, name: &Name) -> Result<bool, Error> {
        self.records.delete(name.as_str()).map_err(of_keyring)
    }

    pub(super) fn version(&self, name: &Name, number: u32) -> Result<Option<SecretText>, Error> {
        self.versions.get(&version(name, number)).map_err(of_keyring)
    }

    pub(super) fn put_version(&self, name: &Name, number: u32, secret: SecretText) -> Result<(), Error> {
        self.versions.replace(&version(name, number), secret).map_err(of_keyring)
    }

    pub(super) fn delete_version(&self, name: &Name, number: u32) -> Result<bool, Error> {
        self.versions.delete(&version(name, number)).map_err(of_keyring)
    }

    /// Deletes the secrets of all versions; whether there was one.
    pub(super) fn delete_versions(&self, name: &Name) -> Result<bool, Error> {
        let mut found = false;
        for other in self.versions.names().map_err(of_keyring)? {
            if other.rsplit_once('/').is_some_and(|(of, _)| of == name.as_str()) {
                found |= self.versions.delete(&other).map_err(of_keyring)?;
            }
        }
        Ok(found)
    }

    /// The names of all credentials, and of keys of models, which share their service.
    pub(super) fn names(&self) -> Result<BTreeSet<Name>, Error> {
        let mut names = self.values.names().map_err(of_keyring)?;
        names.extend(self.records.names().map_err(of_keyring)?);
        // What is no name of ours, a document before say, is not for us to list.
        Ok(names.into_iter().filter_map(|name| name.parse().ok()).collect())
    }

    fn parsed(&self, entry: &str, name: &Name) -> Result<Option<Document>, Error> {
        let Some(text) = self.records.get(entry).map_err(of_keyring)? else { return Ok(None) };
        let document =
            Document::parse(&text).map_err(|reason| tampered(format!("the record of `{name}`: {reason}")))?;
        if document.entry.record.name != *name {
            return Err(tampered(format!("the record of `{name}` is that of another credential")));
        }
        Ok(Some(document))
    }
}

pub(super) fn tampered(what: String) -> Error {
    Error::Tampered { store: NAME.into(), what }
}

fn of_keyring(error: keys::Error) -> Error {
    match error {
        keys::Error::KeyringUnavailable(reason) => Error::Unavailable { store: NAME.into(), reason },
        keys::Error::KeyringLocked => {
            Error::Unavailable { store: NAME.into(), reason: "it is locked".into() }
        }
        keys::Error::KeyringSilent => {
            let reason = format!("it did not answer within {} seconds", OsKeyring::PATIENCE.as_secs());
            Error::Unavailable { store: NAME.into(), reason }
        }
        other => other.into(),
    }
}

fn before(name: &Name) -> String {
    format!("{name}/before")
}

fn version(name: &Name, number: u32) -> String {
    format!("{name}/{number}")
}

/// What the store calls itself.
pub(super) const NAME: &str = "keyring";
const RECORDS: &str = "modelcrypt-record";
const VERSIONS: &str = "modelcrypt-version";
