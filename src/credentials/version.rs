//! The versions of a secret and their labels, as AWS Secrets Manager has them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::record::invalid;
use super::{Error, Moment};

/// What a version is to its credential. Each label is on one version at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Label {
    /// Made and not yet checked.
    Pending,
    /// The one that is given.
    Current,
    /// The one that was current before.
    Previous,
}

/// Which version is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selector {
    /// The one with this label.
    Label(Label),
    /// The one with this number.
    Number(u32),
}

impl Selector {
    /// The version that is given unless another one is named.
    pub const CURRENT: Self = Self::Label(Label::Current);
}

/// One version of a secret, without the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Version {
    /// Counts from 1 and is never used again.
    pub number: u32,
    /// What it is now; `None` for one that is retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// When it was made.
    pub created: Moment,
    /// When it last became the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_since: Option<Moment>,
    /// From when on it is not given any more, because its successor's grace is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Moment>,
    /// From when on the secret itself is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
}

/// All versions of a secret that are kept, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    last_number: u32,
    versions: Vec<Version>,
}

impl History {
    /// Retired versions that are kept.
    pub const KEPT: usize = 5;

    /// The versions, oldest first.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The version that bears `label`.
    #[must_use]
    pub fn labelled(&self, label: Label) -> Option<&Version> {
        self.versions.iter().find(|version| version.label == Some(label))
    }

    /// The version that is asked for.
    #[must_use]
    pub fn select(&self, selector: Selector) -> Option<&Version> {
        match selector {
            Selector::Label(label) => self.labelled(label),
            Selector::Number(number) => self.versions.iter().find(|version| version.number == number),
        }
    }

    /// Adds a version that is pending, in the place of one that was; returns its number.
    pub(super) fn stage(&mut self, now: Moment, expires: Option<Moment>) -> Option<u32> {
        let number = self.last_number.checked_add(1)?;
        self.discard();
        self.last_number = number;
        self.versions.push(Version {
            number,
            label: Some(Label::Pending),
            created: now,
            current_since: None,
            valid_until: None,
            expires,
        });
        Some(number)
    }

    /// Drops the pending version; whether there was one.
    pub(super) fn discard(&mut self) -> bool {
        let count = self.versions.len();
        self.versions.retain(|version| version.label != Some(Label::Pending));
        self.versions.len() < count
    }

    /// Makes the version `number` the current one and the current one the previous, which stays valid for `grace`,
    /// or without an end; drops the oldest retired ones. `false`: there is no such version.
    pub(super) fn switch(&mut self, number: u32, now: Moment, grace: Option<Duration>) -> bool {
        if self.select(Selector::Number(number)).is_none() {
            return false;
        }
        for version in &mut self.versions {
            match version.label {
                _ if version.number == number => {
                    if version.label != Some(Label::Current) {
                        version.current_since = Some(now);
                    }
                    version.label = Some(Label::Current);
                    version.valid_until = None;
                }
                Some(Label::Current) => {
                    version.label = Some(Label::Previous);
                    version.valid_until = grace.map(|grace| now.plus(grace));
                }
                Some(Label::Previous) => version.label = None,
                Some(Label::Pending) | None => {}
            }
        }
        let retired = self.versions.iter().filter(|version| version.label.is_none()).count();
        let mut surplus = retired.saturating_sub(Self::KEPT);
        self.versions.retain(|version| {
            let is_kept = version.label.is_some() || surplus == 0;
            surplus -= usize::from(!is_kept);
            is_kept
        });
        true
    }

    pub(super) fn current_mut(&mut self) -> Option<&mut Version> {
        self.versions.iter_mut().find(|version| version.label == Some(Label::Current))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "PENDING",
            Self::Current => "CURRENT",
            Self::Previous => "PREVIOUS",
        })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => label.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl FromStr for Selector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let labels = [Label::Pending, Label::Current, Label::Previous];
        if let Some(label) = labels.into_iter().find(|label| text.eq_ignore_ascii_case(&label.to_string())) {
            return Ok(Self::Label(label));
        }
        let number = text.parse().ok().filter(|number| *number > 0);
        let reason = "it is neither PENDING, CURRENT, PREVIOUS nor a number";
        number.map(Self::Number).ok_or_else(|| invalid("version", reason))
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn at(seconds: u64) -> Moment {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    fn labels(history: &History) -> Vec<(u32, Option<Label>)> {
        history.versions().iter().map(|version| (version.number, version.label)).collect()
    }

    fn put(history: &mut History, second: u64) {
        let number = history.stage(at(second), None).unwrap();
        assert!(history.switch(number, at(second), None));
    }

    #[test]
    fn labels_move_as_versions_come() {
        let mut history = History::default();
        put(&mut history, 1);
        assert_eq!(labels(&history), [(1, Some(Label::Current))]);
        put(&mut history, 2);
        put(&mut history, 3);
        let expected = [(1, None), (2, Some(Label::Previous)), (3, Some(Label::Current))];
        assert_eq!(labels(&history), expected);
        history.stage(at(4), None).unwrap();
        assert_eq!(history.labelled(Label::Current).unwrap().number, 3);
        assert!(history.discard() && !history.discard());
        assert_eq!(labels(&history), expected);
        assert_eq!(history.stage(at(5), None), Some(5), "a number is never used again");
    }

    #[test]
    fn five_retired_versions_are_kept() {
        let mut history = History::default();
        (1..=20).for_each(|second| put(&mut history, second));
        let numbers: Vec<_> = history.versions().iter().map(|version| version.number).collect();
        assert_eq!(numbers, [14, 15, 16, 17, 18, 19, 20]);
    }

    #[test]
    fn the_previous_version_gets_its_grace_and_loses_it_when_it_comes_back() {
        let mut history = History::default();
        put(&mut history, 1);
        let number = history.stage(at(10), None).unwrap();
        history.switch(number, at(10), Some(Duration::from_secs(5)));
        assert_eq!(history.labelled(Label::Previous).unwrap().valid_until, Some(at(15)));
        history.switch(1, at(20), None);
        let current = history.labelled(Label::Current).unwrap();
        assert_eq!((current.number, current.valid_until, current.current_since), (1, None, Some(at(20))));
        assert_eq!(history.labelled(Label::Previous).unwrap().number, 2);
        assert!(!history.switch(9, at(21), None));
    }

    #[test]
    fn a_version_is_asked_for_by_label_or_number() {
        assert_eq!("current".parse::<Selector>().unwrap(), Selector::CURRENT);
        assert_eq!("7".parse::<Selector>().unwrap(), Selector::Number(7));
        for text in ["", "0", "-1", "latest", "4294967296"] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }
}
