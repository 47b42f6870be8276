//! The keyring as a store of credentials.

use std::path::PathBuf;

use super::document::Document;
use super::items::{Items, NAME, tampered};
use super::lock::Lock;
use super::state::{Standing, standing};
use crate::base::SecretText;
use crate::credentials::{
    Access, Action, Apply, Changed, Credential, CredentialStore, Entry, Error, Listing, Moment, Name,
    Selector,
};
use crate::keys::KeySource;

/// Credentials in the keyring of the user who runs this.
#[derive(Debug)]
pub struct KeyringStore {
    items: Items,
    lock: PathBuf,
}

/// A credential, as it was found.
struct Found {
    /// What stands; `None`: no credential of ours.
    document: Option<Document>,
    /// The secret that other programs see.
    value: Option<SecretText>,
    /// Whether another program stored it.
    is_outside: bool,
    /// What was written last, whether it stands or not.
    last: Option<Document>,
}

impl KeyringStore {
    /// Those of this user, whose processes take turns at a file in the user's configuration folder.
    pub fn of_user() -> Result<Self, Error> {
        let folder =
            KeySource::config_dir().ok_or_else(|| unavailable("there is no configuration folder"))?;
        Ok(Self::with_lock(folder.join("keyring.lock")))
    }

    /// The same, for processes that take turns at the file `lock`, which is made if need be.
    #[must_use]
    pub fn with_lock(lock: PathBuf) -> Self {
        Self { items: Items::new(), lock }
    }

    /// Says why the keyring cannot be used, if it cannot. Writes nothing.
    pub fn probe(&self) -> Result<(), Error> {
        self.items.probe()
    }

    fn find(&self, name: &Name) -> Result<Found, Error> {
        let mut last = self.items.document(name)?;
        for _ in 0..ATTEMPTS {
            let value = self.items.value(name)?;
            let stands = match standing(name, last.clone(), value.as_ref()) {
                Standing::Before => standing(name, self.items.before(name)?, value.as_ref()),
                Standing::Kept(document) => {
                    return Ok(Found { document: Some(document), value, is_outside: false, last });
                }
                stands => stands,
            };
            // A change that came between the reads looks like another program's.
            let again = self.items.document(name)?;
            if again != last {
                last = again;
                continue;
            }
            let (document, is_outside) = match stands {
                Standing::Kept(document) => (Some(document), false),
                Standing::Outside(document) => (Some(document), true),
                Standing::Absent => (None, false),
                // No document before is one that is being switched to.
                Standing::Before => return Err(tampered(format!("the record of `{name}` was changed"))),
            };
            return Ok(Found { document, value, is_outside, last });
        }
        Err(unavailable("it is changed all the time"))
    }

    /// Keeps `changed` in the place of what was found; killed anywhere in here, one of the two stands.
    fn keep(&self, name: &Name, found: Found, changed: Changed) -> Result<Entry, Error> {
        let Changed { entry, secret } = changed;
        let before = found.document.map(Document::settled);
        let mut next = Document::following(before.as_ref(), found.last.as_ref(), entry);
        if found.is_outside
            && let (Some(number), Some(value)) = (before.as_ref().and_then(Document::current), &found.value)
        {
            // It has no entry of its own as a version yet.
            self.items.put_version(name, number, copy(value))?;
        }
        if let Some((number, secret)) = secret {
            next.remember(number, &secret);
            self.items.put_version(name, number, secret)?;
        }
        let value = self.current_secret(name, &next)?;
        if exposed(value.as_ref()) != exposed(found.value.as_ref()) {
            self.items.put_before(name, before.as_ref())?;
            next.is_switching = true;
            self.items.put_document(name, &next)?;
            match value {
                Some(value) => self.items.put_value(name, value)?,
                None => drop(self.items.delete_value(name)?),
            }
            next.is_switching = false;
        }
        self.items.put_document(name, &next)?;
        for number in &next.obsolete {
            self.items.delete_version(name, *number)?;
        }
        self.items.put_before(name, None)?;
        Ok(next.entry)
    }

    /// The secret that other programs are to see.
    fn current_secret(&self, name: &Name, document: &Document) -> Result<Option<SecretText>, Error> {
        match document.current() {
            Some(number) if document.entry.record.active => self.version(name, document, number).map(Some),
            _ => Ok(None),
        }
    }

    fn version(&self, name: &Name, document: &Document, number: u32) -> Result<SecretText, Error> {
        match self.items.version(name, number)? {
            Some(secret) if document.fits(number, &secret) => Ok(secret),
            Some(_) => Err(tampered(format!("version {number} of `{name}` was changed"))),
            None => Err(tampered(format!("version {number} of `{name}` is gone"))),
        }
    }
}

impl CredentialStore for KeyringStore {
    fn name(&self) -> &str {
        NAME
    }

    fn access(&self) -> Access {
        Access::ReadWrite
    }

    fn entry(&self, name: &Name) -> Result<Entry, Error> {
        let document = self.find(name)?.document;
        document.map(|document| document.entry).ok_or_else(|| Error::NotFound(name.to_string()))
    }

    fn list(&self) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        for name in self.items.names()? {
            match self.find(&name) {
                Ok(found) => listing.entries.extend(found.document.map(|document| document.entry)),
                Err(error @ Error::Unavailable { .. }) => return Err(error),
                Err(error) => listing.problems.push(error),
            }
        }
        Ok(listing)
    }

    fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error> {
        let mut failed = Error::NotFound(name.to_string());
        for _ in 0..ATTEMPTS {
            let found = self.find(name)?;
            let document = found.document.ok_or_else(|| Error::NotFound(name.to_string()))?;
            let version = *document.entry.select(selector, now)?;
            let secret = match found.value {
                Some(value) if document.current() == Some(version.number) => Ok(value),
                _ => self.version(name, &document, version.number),
            };
            match secret {
                Ok(secret) => return Ok(Credential { record: document.entry.record, version, secret }),
                // Gone since the document was read: then the document is another one now.
                Err(error @ Error::Tampered { .. }) => failed = error,
                Err(error) => return Err(error),
            }
        }
        Err(failed)
    }

    fn change(&self, name: &Name, _: Action, apply: Apply<'_>) -> Result<Entry, Error> {
        let _lock = Lock::take(&self.lock)?;
        let found = self.find(name)?;
        if found.document.is_none() && found.value.is_some() {
            // A key of models, which nothing here may replace.
            return Err(Error::AlreadyExists(name.to_string()));
        }
        let changed = apply(found.document.as_ref().map(|document| document.entry.clone()))?;
        self.keep(name, found, changed)
    }

    fn purge(&self, name: &Name) -> Result<(), Error> {
        let _lock = Lock::take(&self.lock)?;
        let is_ours = self.find(name)?.document.is_some();
        // The secret first: what is left of a purge that was killed is no credential, and is purged again.
        let gone = [
            is_ours && self.items.delete_value(name)?,
            self.items.delete_document(name)?,
            self.items.delete_before(name)?,
            self.items.delete_versions(name)?,
        ];
        if is_ours || gone.contains(&true) { Ok(()) } else { Err(Error::NotFound(name.to_string())) }
    }
}

fn unavailable(reason: &str) -> Error {
    Error::Unavailable { store: NAME.into(), reason: reason.into() }
}

fn exposed(secret: Option<&SecretText>) -> Option<&[u8]> {
    secret.map(SecretText::expose)
}

fn copy(secret: &SecretText) -> SecretText {
    SecretText::new(secret.expose().to_vec())
}

/// How often something is read that others change meanwhile.
const ATTEMPTS: usize = 8;
