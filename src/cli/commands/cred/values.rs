//! The values of several fields, of one version of each credential.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::target::Target;
use crate::base::SecretText;
use crate::cli::failure::Failure;
use crate::credentials::{Credential, CredentialStore, Name, Selector};

/// Reads each credential once: two fields of it never come from two versions.
pub(super) struct Values<'s> {
    store: &'s dyn CredentialStore,
    read: BTreeMap<Name, Credential>,
}

impl<'s> Values<'s> {
    pub(super) fn new(store: &'s dyn CredentialStore) -> Self {
        Self { store, read: BTreeMap::new() }
    }

    /// The value of a field.
    pub(super) fn get(&mut self, target: &Target) -> Result<SecretText, Failure> {
        Ok(self.credential(&target.name)?.field(&target.field)?)
    }

    /// The credential itself.
    pub(super) fn credential(&mut self, name: &Name) -> Result<&Credential, Failure> {
        Ok(match self.read.entry(name.clone()) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(place) => place.insert(self.store.get(name, Selector::CURRENT)?),
        })
    }

    /// The number of the version of each that was read.
    #[cfg(unix)]
    pub(super) fn versions(&self) -> BTreeMap<Name, u32> {
        self.read.iter().map(|(name, credential)| (name.clone(), credential.version.number)).collect()
    }
}
