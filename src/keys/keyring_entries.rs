//! Entries of the keyring, over the interface that the stores of all systems share.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry};

use super::Error;
#[cfg(target_os = "linux")]
use super::secret_service::SecretService;
use crate::base::SecretText;

/// A keyring that answers.
pub(super) struct Entries {
    store: Arc<CredentialStore>,
    /// Looks before the store does: the store would ask to unlock what is locked.
    #[cfg(target_os = "linux")]
    look: SecretService,
}

impl Entries {
    pub(super) fn get(&self, service: &str, name: &str) -> Result<Option<SecretText>, Error> {
        let Some(entry) = self.find(service, name)? else { return Ok(None) };
        match entry.get_secret() {
            Ok(secret) => Ok(Some(SecretText::new(secret))),
            // Deleted since it was found.
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(of_store(error, name)),
        }
    }

    pub(super) fn delete(&self, service: &str, name: &str) -> Result<bool, Error> {
        let Some(entry) = self.find(service, name)? else { return Ok(false) };
        match entry.delete_credential() {
            Ok(()) => Ok(true),
            Err(keyring_core::Error::NoEntry) => Ok(false),
            Err(error) => Err(of_store(error, name)),
        }
    }

    pub(super) fn names(&self, service: &str) -> Result<Vec<String>, Error> {
        let mut names: Vec<_> = self.all(service)?.iter().filter_map(Self::name_of).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn search(&self, spec: &[(&str, &str)]) -> Result<Vec<Entry>, Error> {
        self.store.search(&spec.iter().copied().collect()).map_err(|error| of_store(error, ""))
    }

    fn build(&self, service: &str, name: &str, modifiers: &[(&str, &str)]) -> Result<Entry, Error> {
        let modifiers: HashMap<_, _> = modifiers.iter().copied().collect();
        self.store.build(service, name, Some(&modifiers)).map_err(|error| of_store(error, name))
    }
}

/// The Secret Service finds entries by any of their attributes.
#[cfg(target_os = "linux")]
impl Entries {
    pub(super) fn open() -> Result<Self, Error> {
        let look = SecretService::connect()?;
        look.answers()?;
        let store = zbus_secret_service_keyring_store::Store::new().map_err(|error| of_store(error, ""))?;
        Ok(Self { store, look })
    }

    pub(super) fn probe(&self) -> Result<(), Error> {
        self.look.takes_entries()
    }

    pub(super) fn put(&self, service: &str, name: &str, secret: &SecretText) -> Result<(), Error> {
        let failed = |error| of_store(error, name);
        let entry = if let Some(entry) = self.find(service, name)? {
            entry.set_secret(secret.expose()).map_err(failed)?;
            entry
        } else {
            self.look.takes_entries()?;
            let label = format!("{service}: {name}");
            let entry = self.build(service, name, &[("label", &label)])?;
            entry.set_secret(secret.expose()).map_err(failed)?;
            entry
        };
        // Killed before this, the entry is found by its `username`, and given the attribute by the next write.
        if entry.get_attributes().map_err(failed)?.contains_key(NAME) {
            return Ok(());
        }
        entry.update_attributes(&HashMap::from([(NAME, name)])).map_err(failed)
    }

    /// By `name`, as `secret-tool` has it, else by `username`, as other clients of this interface have it.
    fn find(&self, service: &str, name: &str) -> Result<Option<Entry>, Error> {
        for attribute in [NAME, USERNAME] {
            let spec = [(SERVICE, service), (attribute, name)];
            match self.look.count(&spec)? {
                0 => {}
                1 => return Ok(self.search(&spec)?.pop()),
                count => return Err(Error::KeyringAmbiguous { name: name.to_owned(), count }),
            }
        }
        Ok(None)
    }

    fn all(&self, service: &str) -> Result<Vec<Entry>, Error> {
        let spec = [(SERVICE, service)];
        self.look.count(&spec)?;
        self.search(&spec)
    }

    fn name_of(entry: &Entry) -> Option<String> {
        let mut attributes = entry.get_attributes().ok()?;
        attributes.remove(NAME).or_else(|| attributes.remove(USERNAME))
    }
}

/// The keychain and the credential manager know an entry by its service and its user.
#[cfg(not(target_os = "linux"))]
impl Entries {
    pub(super) fn open() -> Result<Self, Error> {
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new();
        #[cfg(windows)]
        let store = windows_native_keyring_store::Store::new();
        #[cfg(not(any(target_os = "macos", windows)))]
        let store: keyring_core::Result<Arc<CredentialStore>> =
            Err(keyring_core::Error::NotSupportedByStore("this system has none".into()));
        Ok(Self { store: store.map_err(|error| of_store(error, ""))? })
    }

    pub(super) fn probe(&self) -> Result<(), Error> {
        self.find(PROBED, PROBED).map(drop)
    }

    pub(super) fn put(&self, service: &str, name: &str, secret: &SecretText) -> Result<(), Error> {
        let entry = self.build(service, name, &[])?;
        entry.set_secret(secret.expose()).map_err(|error| of_store(error, name))
    }

    fn find(&self, service: &str, name: &str) -> Result<Option<Entry>, Error> {
        let entry = self.build(service, name, &[])?;
        match entry.get_credential() {
            Ok(entry) => Ok(Some(entry)),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(of_store(error, name)),
        }
    }

    #[cfg(not(windows))]
    fn all(&self, service: &str) -> Result<Vec<Entry>, Error> {
        self.search(&[("service", service)])
    }

    #[cfg(windows)]
    fn all(&self, service: &str) -> Result<Vec<Entry>, Error> {
        // The store writes an entry `USER.SERVICE`.
        let mut entries = self.search(&[("pattern", &format!(r"\.{service}$"))])?;
        entries.retain(|entry| entry.get_specifiers().is_some_and(|(of, _)| of == service));
        Ok(entries)
    }

    fn name_of(entry: &Entry) -> Option<String> {
        entry.get_specifiers().map(|(_, user)| user)
    }
}

/// What a store says may hold the bytes of an entry: they are left out.
fn of_store(error: keyring_core::Error, name: &str) -> Error {
    use keyring_core::Error as E;
    match error {
        E::NoEntry => Error::NotInKeyring(name.to_owned()),
        E::Ambiguous(entries) => Error::KeyringAmbiguous { name: name.to_owned(), count: entries.len() },
        E::TooLong(_, limit) => Error::KeyringTooLong(limit),
        E::BadEncoding(_) | E::BadDataFormat(..) => {
            Error::KeyringUnavailable("what it holds there is malformed".into())
        }
        E::NotSupportedByStore(reason) => Error::KeyringUnavailable(reason),
        E::PlatformFailure(error) | E::NoStorageAccess(error) => Error::KeyringUnavailable(error.to_string()),
        other => Error::KeyringUnavailable(other.to_string()),
    }
}

#[cfg(target_os = "linux")]
const SERVICE: &str = "service";
#[cfg(target_os = "linux")]
const NAME: &str = "name";
#[cfg(target_os = "linux")]
const USERNAME: &str = "username";
/// An entry that nobody makes.
#[cfg(not(target_os = "linux"))]
const PROBED: &str = "modelcrypt-probe";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_repeats_what_an_entry_holds() {
        for error in [
            keyring_core::Error::BadEncoding(b"canary".to_vec()),
            keyring_core::Error::BadDataFormat(b"canary".to_vec(), "malformed".into()),
        ] {
            let shown = format!("{0} {0:?}", of_store(error, "name"));
            assert!(!shown.contains("canary") && !shown.contains("99, 97"), "{shown}");
        }
    }
}
