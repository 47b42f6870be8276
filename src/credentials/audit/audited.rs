//! A store of which every access is on record.

use std::sync::Arc;

use super::line::{Access as Audit, Actor, Outcome, outcome_of};
use super::log::AuditLog;
use crate::credentials::{
    Access, Action, Apply, Credential, CredentialStore, Entry, Error, Label, Listing, Moment, Name, Selector,
};

/// Puts every access to a store on record, and lets none through that cannot be.
pub struct Audited<S> {
    store: S,
    log: Arc<AuditLog>,
    actor: Actor,
}

impl<S: CredentialStore> Audited<S> {
    /// Accesses to `store` by `actor` go into `log`.
    pub fn new(store: S, log: Arc<AuditLog>, actor: Actor) -> Self {
        Self { store, log, actor }
    }

    /// The log.
    pub fn log(&self) -> &Arc<AuditLog> {
        &self.log
    }

    fn record(
        &self,
        action: &str,
        name: Option<&Name>,
        version: Option<u32>,
        (outcome, reason): (Outcome, Option<String>),
    ) -> Result<(), Error> {
        let store = self.store.name();
        let name = name.map(Name::as_str);
        let access = Audit { actor: &self.actor, action, store, name, version, outcome, reason };
        self.log.append(&access).map(drop)
    }

    /// One line, before anybody sees what was found.
    fn seen<T>(
        &self,
        action: &str,
        name: Option<&Name>,
        found: Result<T, Error>,
        version: impl FnOnce(&T) -> Option<u32>,
    ) -> Result<T, Error> {
        let number = found.as_ref().ok().and_then(version);
        self.record(action, name, number, outcome_of(&found))?;
        found
    }

    /// A line before the change, and one after.
    fn done<T>(
        &self,
        action: &str,
        name: &Name,
        change: impl FnOnce() -> Result<T, Error>,
        version: impl FnOnce(&T) -> Option<u32>,
    ) -> Result<T, Error> {
        self.record(action, Some(name), None, (Outcome::Begun, None))?;
        self.seen(action, Some(name), change(), version)
    }
}

impl<S: CredentialStore> CredentialStore for Audited<S> {
    fn name(&self) -> &str {
        self.store.name()
    }

    fn access(&self) -> Access {
        self.store.access()
    }

    fn now(&self) -> Moment {
        self.store.now()
    }

    fn entry(&self, name: &Name) -> Result<Entry, Error> {
        self.seen("describe", Some(name), self.store.entry(name), |_| None)
    }

    fn look_up(&self, name: &Name) -> Result<Option<Entry>, Error> {
        let found = self.store.look_up(name);
        let said = match &found {
            Ok(None) => (Outcome::Ok, Some("it is not there".to_owned())),
            found => outcome_of(found),
        };
        self.record("describe", Some(name), None, said)?;
        found
    }

    fn list(&self) -> Result<Listing, Error> {
        self.seen("list", None, self.store.list(), |_| None)
    }

    fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error> {
        let found = self.store.read(name, selector, now);
        self.seen("get", Some(name), found, |credential| Some(credential.version.number))
    }

    fn current_number(&self, name: &Name) -> Result<u32, Error> {
        self.store.current_number(name)
    }

    fn change(&self, name: &Name, action: Action, apply: Apply<'_>) -> Result<Entry, Error> {
        let label = if action == Action::Stage { Label::Pending } else { Label::Current };
        let number = |entry: &Entry| entry.history.labelled(label).map(|version| version.number);
        self.done(action.as_str(), name, || self.store.change(name, action, apply), number)
    }

    fn purge(&self, name: &Name) -> Result<(), Error> {
        self.done("purge", name, || self.store.purge(name), |()| None)
    }
}
