//! A credential as a store keeps it, and as it is handed out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Error, History, Kind, Label, Moment, Record, Selector, Version};
use crate::base::SecretText;

/// A record with the history of its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Entry {
    /// What is known of it.
    pub record: Record,
    /// The versions of its secret.
    pub history: History,
}

/// A credential handed out: metadata, version and secret.
#[derive(Debug)]
#[non_exhaustive]
pub struct Credential {
    /// What is known of it.
    pub record: Record,
    /// Which version of the secret it is.
    pub version: Version,
    /// The secret itself.
    pub secret: SecretText,
}

/// Which credentials of a store are wanted; each condition that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this type.
    pub kind: Option<Kind>,
    /// With this tag.
    pub tag: Option<String>,
    /// For this service.
    pub service: Option<String>,
    /// In this environment.
    pub environment: Option<String>,
    /// To be rotated by this time.
    pub due_by: Option<Moment>,
}

impl Entry {
    /// One without a version of its secret yet.
    #[must_use]
    pub fn new(record: Record) -> Self {
        Self { record, history: History::default() }
    }

    /// Finds the version that is asked for, if it may be given at `now`.
    ///
    /// A pending one is given even if the credential has expired: to be checked, so that it can take over.
    pub fn select(&self, selector: Selector, now: Moment) -> Result<&Version, Error> {
        let name = || self.record.name.to_string();
        if !self.record.active {
            return Err(Error::Inactive(name()));
        }
        let version = self.history.select(selector);
        let version =
            version.ok_or_else(|| Error::NoVersion { name: name(), version: selector.to_string() })?;
        if let Some(end) = version.valid_until.filter(|end| *end <= now) {
            return Err(Error::GraceOver { name: name(), since: end.to_string() });
        }
        if let Some(end) = version.expires.filter(|end| *end <= now) {
            return Err(Error::Expired { name: name(), since: end.to_string() });
        }
        Ok(version)
    }

    /// From when on the secret should be replaced, if it ever should.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        let current = self.history.labelled(Label::Current)?;
        self.record.due(current.current_since.unwrap_or(current.created))
    }

    /// Whether all conditions hold.
    #[must_use]
    pub fn matches(&self, filter: &Filter) -> bool {
        let record = &self.record;
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        filter.kind.is_none_or(|kind| kind == record.kind)
            && filter.tag.as_ref().is_none_or(|tag| record.tags.contains(tag))
            && is(&filter.service, &record.service)
            && is(&filter.environment, &record.environment)
            && filter.due_by.is_none_or(|by| record.active && self.due().is_some_and(|due| due <= by))
    }

    /// Adds a pending version; returns its number.
    pub fn stage(&mut self, now: Moment, expires: Option<Moment>) -> Result<u32, Error> {
        let reason = "there is no number left for a version";
        let number = self.history.stage(now, expires);
        number.ok_or_else(|| Error::Rotation { name: self.record.name.to_string(), reason })
    }

    /// Makes the version `number` the current one. What the record says of the end of the secret is that version's.
    pub fn switch(&mut self, number: u32, now: Moment, grace: Option<Duration>) -> Result<(), Error> {
        if !self.history.switch(number, now, grace) {
            let name = self.record.name.to_string();
            return Err(Error::NoVersion { name, version: number.to_string() });
        }
        self.record.expires = self.history.labelled(Label::Current).and_then(|version| version.expires);
        self.record.updated = now;
        Ok(())
    }

    /// Puts `record` in the place of the one that is there; id, name, type and date stay.
    pub fn edit(&mut self, record: Record, now: Moment) -> Result<(), Error> {
        let old = &self.record;
        if (record.id, &record.name, record.kind, record.created)
            != (old.id, &old.name, old.kind, old.created)
        {
            return Err(super::record::invalid("id, name, type and created", "they cannot be changed"));
        }
        record.validate()?;
        self.record = record;
        self.record.updated = now;
        if let Some(current) = self.history.current_mut() {
            current.expires = self.record.expires;
        }
        Ok(())
    }
}
