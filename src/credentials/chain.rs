//! Several stores in one order.

use super::listing::Listing;
use super::store::{Access, Action, Apply, CredentialStore};
use super::{Credential, Entry, Error, Moment, Name, Record, Selector};
use crate::base::SecretText;

/// Asks one store after the other: the strongest first, keyring, vault, environment.
///
/// A store that does not have a credential, or is not there, is passed over. One that has it and does not give it
/// (deactivated, expired, tampered with, locked by another key) ends the search: what is weaker never answers in its
/// place.
#[derive(Default)]
pub struct Chain(Vec<Box<dyn CredentialStore>>);

/// A credential, who gave it, and why those before did not.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The credential.
    pub credential: Credential,
    /// The store that answered.
    pub store: String,
    /// The stores that were asked before it.
    pub misses: Vec<Miss>,
}

/// A store that was asked and did not have a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Miss {
    /// The store.
    pub store: String,
    /// Why it did not answer.
    pub reason: String,
}

impl Chain {
    /// Asks `stores` in this order.
    #[must_use]
    pub fn new(stores: Vec<Box<dyn CredentialStore>>) -> Self {
        Self(stores)
    }

    /// The stores, the one that is asked first first.
    pub fn stores(&self) -> impl Iterator<Item = &dyn CredentialStore> {
        self.0.iter().map(|store| &**store)
    }

    /// The store of that name.
    pub fn store(&self, name: &str) -> Result<&dyn CredentialStore, Error> {
        let found = self.stores().find(|store| store.name() == name);
        let reason = "it is not in the chain".to_owned();
        found.ok_or_else(|| Error::Unavailable { store: name.to_owned(), reason })
    }

    /// Finds a credential and says who gave it.
    pub fn answer(&self, name: &Name, selector: Selector) -> Result<Answer, Error> {
        let (credential, store, misses) = self.first(name, |store| store.get(name, selector))?;
        Ok(Answer { credential, store: store.name().to_owned(), misses })
    }

    /// The store that has `name`, and what it knows of it. A store that cannot be asked is an error here: it might
    /// have it too.
    pub fn find(&self, name: &Name) -> Result<Option<(&dyn CredentialStore, Entry)>, Error> {
        for store in self.stores() {
            if let Some(entry) = store.look_up(name)? {
                return Ok(Some((store, entry)));
            }
        }
        Ok(None)
    }

    /// The same for what must be there: where it is not, that is on record as an access that failed.
    pub fn holder(&self, name: &Name) -> Result<&dyn CredentialStore, Error> {
        if let Some((store, _)) = self.find(name)? {
            return Ok(store);
        }
        for store in self.stores() {
            match store.entry(name) {
                Ok(_) => return Ok(store),
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::NotFound(name.to_string()))
    }

    /// The store that new credentials go to: the first that can be written, be it there or not. A write that fails
    /// there fails.
    pub fn writer(&self) -> Result<&dyn CredentialStore, Error> {
        let found = self.stores().find(|store| store.access() == Access::ReadWrite);
        found.ok_or_else(|| Error::ReadOnly(self.name().to_owned()))
    }

    fn first<'s, T>(
        &'s self,
        name: &Name,
        ask: impl Fn(&'s dyn CredentialStore) -> Result<T, Error>,
    ) -> Result<(T, &'s dyn CredentialStore, Vec<Miss>), Error> {
        let mut misses = Vec::new();
        for store in self.stores() {
            let reason = match ask(store) {
                Ok(found) => return Ok((found, store, misses)),
                Err(Error::NotFound(_)) => "it is not there".to_owned(),
                Err(Error::Unavailable { reason, .. }) => reason,
                Err(error) => return Err(error),
            };
            misses.push(Miss { store: store.name().to_owned(), reason });
        }
        let misses = misses.into_iter().map(|miss| (miss.store, miss.reason)).collect();
        Err(Error::NobodyAnswered { name: name.to_string(), misses })
    }
}

/// The chain as one store: reads from the first that answers, changes a credential where it is.
impl CredentialStore for Chain {
    fn name(&self) -> &'static str {
        "chain"
    }

    fn access(&self) -> Access {
        self.writer().map_or(Access::ReadOnly, |_| Access::ReadWrite)
    }

    fn now(&self) -> Moment {
        self.stores().next().map_or_else(|| std::time::SystemTime::now().into(), CredentialStore::now)
    }

    fn entry(&self, name: &Name) -> Result<Entry, Error> {
        self.first(name, |store| store.entry(name)).map(|(entry, ..)| entry)
    }

    fn look_up(&self, name: &Name) -> Result<Option<Entry>, Error> {
        for store in self.stores() {
            match store.look_up(name) {
                Ok(None) | Err(Error::Unavailable { .. }) => {}
                found => return found,
            }
        }
        Ok(None)
    }

    /// Of each name the one that the chain would give. A store that is not there is a problem, and hides no other.
    fn list(&self) -> Result<Listing, Error> {
        let mut all = Listing::default();
        for store in self.stores() {
            match store.list() {
                Ok(listing) => {
                    all.problems.extend(listing.problems);
                    // Stable: of two with one name, the one that was asked first stays first.
                    all.entries.extend(listing.entries);
                }
                Err(error) => all.problems.push(error),
            }
        }
        all.entries.sort_by(|a, b| a.record.name.cmp(&b.record.name));
        all.entries.dedup_by(|later, earlier| later.record.name == earlier.record.name);
        Ok(all)
    }

    fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error> {
        self.first(name, |store| store.read(name, selector, now)).map(|(credential, ..)| credential)
    }

    fn current_number(&self, name: &Name) -> Result<u32, Error> {
        self.first(name, |store| store.current_number(name)).map(|(number, ..)| number)
    }

    fn change(&self, name: &Name, action: Action, apply: Apply<'_>) -> Result<Entry, Error> {
        let store = match self.holder(name) {
            Err(Error::NotFound(_)) if action == Action::Create => self.writer()?,
            found => found?,
        };
        store.change(name, action, apply)
    }

    fn purge(&self, name: &Name) -> Result<(), Error> {
        self.holder(name)?.purge(name)
    }

    /// Goes to the first store that can be written. One that has the name, however weak, is not asked.
    fn create(&self, record: Record, secret: SecretText) -> Result<Entry, Error> {
        self.writer()?.create(record, secret)
    }
}
