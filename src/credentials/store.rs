//! What every store can do, and the verbs that follow from it.

use std::time::{Duration, SystemTime};

use super::entry::{Credential, Entry};
use super::listing::Listing;
use super::{Error, Label, Moment, Name, Record, Selector, check};
use crate::base::SecretText;

/// A place where credentials are kept.
///
/// A store reads, lists, and carries out a change as one transaction; everything else (versions, rotation,
/// deactivation) is made of these here, so that it is the same in all of them.
pub trait CredentialStore: Send + Sync {
    /// Who answers: `vault`, `keyring`, `environment`.
    fn name(&self) -> &str;

    /// Whether it can be written.
    fn access(&self) -> Access;

    /// What is known of a credential, be it active or not.
    fn entry(&self, name: &Name) -> Result<Entry, Error>;

    /// The same, where that there is none is an answer: it is looked for before it is made, which fails nobody.
    fn look_up(&self, name: &Name) -> Result<Option<Entry>, Error> {
        match self.entry(name) {
            Ok(entry) => Ok(Some(entry)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is known of all of them, in the order of their names. One that cannot be read does not hide the others.
    fn list(&self) -> Result<Listing, Error>;

    /// Reads the version that [`Entry::select`] gives at `now`, entry and secret from one state of the store.
    fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error>;

    /// Has `apply` make a new entry of the one that is there, and keeps it with what it brings, or keeps all as it
    /// was. Nobody else changes this credential meanwhile. Secrets of versions that the new entry does not have
    /// any more are removed. A read-only store answers [`Error::ReadOnly`] without calling `apply`.
    fn change(&self, name: &Name, action: Action, apply: Apply<'_>) -> Result<Entry, Error>;

    /// Removes a credential and all versions of its secret for good.
    fn purge(&self, name: &Name) -> Result<(), Error>;

    /// The present, by the store's clock.
    fn now(&self) -> Moment {
        SystemTime::now().into()
    }

    /// The number of the version that is given now. It is told to whoever polls for a new one and goes on no record:
    /// what is given is, when it is read.
    fn current_number(&self, name: &Name) -> Result<u32, Error> {
        Ok(self.entry(name)?.select(Selector::CURRENT, self.now())?.number)
    }

    /// Reads a version now.
    fn get(&self, name: &Name, selector: Selector) -> Result<Credential, Error> {
        self.read(name, selector, self.now())
    }

    /// Keeps a credential that is not there yet.
    fn create(&self, record: Record, secret: SecretText) -> Result<Entry, Error> {
        check(&record, &secret)?;
        let now = self.now();
        let name = record.name.clone();
        let apply = |found: Option<Entry>| {
            if found.is_some() {
                return Err(Error::AlreadyExists(record.name.to_string()));
            }
            let expires = record.expires;
            Entry::new(record).with_current(secret, now, expires, None)
        };
        self.change(&name, Action::Create, Box::new(apply))
    }

    /// Makes `secret` the current version; the one before stays valid for `grace`, or without an end.
    /// `expires` is the end of the new one.
    fn put(
        &self,
        name: &Name,
        secret: SecretText,
        expires: Option<Moment>,
        grace: Option<Duration>,
    ) -> Result<Entry, Error> {
        let now = self.now();
        let apply = |found: Option<Entry>| {
            let entry = present(found, name)?;
            check(&entry.record, &secret)?;
            entry.with_current(secret, now, expires, grace)
        };
        self.change(name, Action::Put, Box::new(apply))
    }

    /// Has `edit` change the metadata; id, name, type, date and secret stay.
    fn edit(&self, name: &Name, edit: &mut dyn FnMut(&mut Record)) -> Result<Entry, Error> {
        let now = self.now();
        let apply = |found: Option<Entry>| {
            let mut entry = present(found, name)?;
            let mut record = entry.record.clone();
            edit(&mut record);
            entry.edit(record, now)?;
            Ok(Changed::without_secret(entry))
        };
        self.change(name, Action::Edit, Box::new(apply))
    }

    /// Keeps `secret` as the pending version, in the place of one that was.
    fn stage(&self, name: &Name, secret: SecretText, expires: Option<Moment>) -> Result<Entry, Error> {
        let now = self.now();
        let apply = |found: Option<Entry>| {
            let mut entry = present(found, name)?;
            check(&entry.record, &secret)?;
            let number = entry.stage(now, expires)?;
            Ok(Changed { entry, secret: Some((number, secret)) })
        };
        self.change(name, Action::Stage, Box::new(apply))
    }

    /// Makes the pending version `number` the current one, and the current one the previous.
    fn promote(&self, name: &Name, number: u32, grace: Option<Duration>) -> Result<Entry, Error> {
        let now = self.now();
        let apply = |found: Option<Entry>| {
            let mut entry = present(found, name)?;
            if entry.history.labelled(Label::Pending).is_none_or(|pending| pending.number != number) {
                return Err(Error::NoVersion {
                    name: name.to_string(),
                    version: format!("{number} pending"),
                });
            }
            entry.switch(number, now, grace)?;
            Ok(Changed::without_secret(entry))
        };
        self.change(name, Action::Promote, Box::new(apply))
    }

    /// Drops the pending version, if there is one.
    fn discard(&self, name: &Name) -> Result<Entry, Error> {
        let apply = |found: Option<Entry>| {
            let mut entry = present(found, name)?;
            entry.history.discard();
            Ok(Changed::without_secret(entry))
        };
        self.change(name, Action::Discard, Box::new(apply))
    }

    /// Makes an earlier version the current one again: the previous one, or the one with the number `to`.
    fn rollback(&self, name: &Name, to: Option<u32>) -> Result<Entry, Error> {
        let now = self.now();
        let apply = |found: Option<Entry>| {
            let mut entry = present(found, name)?;
            let selector = to.map_or(Selector::Label(Label::Previous), Selector::Number);
            let target = entry.history.select(selector).filter(|version| version.current_since.is_some());
            let number = target.map(|version| version.number);
            let number = number
                .ok_or_else(|| Error::NoVersion { name: name.to_string(), version: selector.to_string() })?;
            entry.switch(number, now, None)?;
            Ok(Changed::without_secret(entry))
        };
        self.change(name, Action::Rollback, Box::new(apply))
    }

    /// Gives the credential no more, and keeps it.
    fn deactivate(&self, name: &Name) -> Result<Entry, Error> {
        let now = self.now();
        self.change(name, Action::Deactivate, Box::new(move |found| set_active(found, name, false, now)))
    }

    /// Gives a deactivated credential again.
    fn restore(&self, name: &Name) -> Result<Entry, Error> {
        let now = self.now();
        self.change(name, Action::Restore, Box::new(move |found| set_active(found, name, true, now)))
    }
}

/// Hands out secrets for the time of a call, after which they are wiped.
pub trait WithSecret {
    /// Calls `use_secret` with the current secret of `name`.
    ///
    /// ```
    /// use modelcrypt::credentials::{CredentialStore, Name, WithSecret};
    /// fn len(store: &dyn CredentialStore, name: &Name) -> Result<usize, modelcrypt::credentials::Error> {
    ///     store.with_secret(name, |secret| secret.len())
    /// }
    /// ```
    fn with_secret<T>(&self, name: &Name, use_secret: impl FnOnce(&[u8]) -> T) -> Result<T, Error>;
}

impl<S: CredentialStore + ?Sized> WithSecret for S {
    fn with_secret<T>(&self, name: &Name, use_secret: impl FnOnce(&[u8]) -> T) -> Result<T, Error> {
        let credential = self.get(name, Selector::CURRENT)?;
        Ok(use_secret(credential.secret.expose()))
    }
}

/// What can be done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// It is read only.
    ReadOnly,
    /// It is read and written.
    ReadWrite,
}

/// What a change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// A new credential.
    Create,
    /// A new current version.
    Put,
    /// Other metadata.
    Edit,
    /// A pending version.
    Stage,
    /// The pending version becomes the current one.
    Promote,
    /// The pending version is dropped.
    Discard,
    /// An earlier version becomes the current one.
    Rollback,
    /// It is not given any more.
    Deactivate,
    /// It is given again.
    Restore,
}

/// Makes a new entry of the one that a store has, which is called once at most.
pub type Apply<'a> = Box<dyn FnOnce(Option<Entry>) -> Result<Changed, Error> + 'a>;

/// A new entry, and the secret of the version that is new in it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Changed {
    /// The entry to be kept.
    pub entry: Entry,
    /// Number and secret of its new version.
    pub secret: Option<(u32, SecretText)>,
}

impl Action {
    /// One word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Put => "put",
            Self::Edit => "edit",
            Self::Stage => "stage",
            Self::Promote => "promote",
            Self::Discard => "discard",
            Self::Rollback => "rollback",
            Self::Deactivate => "deactivate",
            Self::Restore => "restore",
        }
    }
}

impl Changed {
    /// A change of the entry alone.
    #[must_use]
    pub fn without_secret(entry: Entry) -> Self {
        Self { entry, secret: None }
    }
}

impl Entry {
    fn with_current(
        mut self,
        secret: SecretText,
        now: Moment,
        expires: Option<Moment>,
        grace: Option<Duration>,
    ) -> Result<Changed, Error> {
        let number = self.stage(now, expires)?;
        self.switch(number, now, grace)?;
        Ok(Changed { entry: self, secret: Some((number, secret)) })
    }
}

fn set_active(found: Option<Entry>, name: &Name, active: bool, now: Moment) -> Result<Changed, Error> {
    let mut entry = present(found, name)?;
    entry.record.active = active;
    entry.record.updated = now;
    Ok(Changed::without_secret(entry))
}

fn present(found: Option<Entry>, name: &Name) -> Result<Entry, Error> {
    found.ok_or_else(|| Error::NotFound(name.to_string()))
}
