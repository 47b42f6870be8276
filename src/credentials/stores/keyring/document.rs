//! What the keyring holds of a credential besides its secrets.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::base::SecretText;
use crate::credentials::{Entry, Label};
use crate::crypto::hmac_sha256;

/// A credential and the digests of its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    format: Format,
    pub(super) entry: Entry,
    /// By the number of the version.
    digests: BTreeMap<u32, String>,
    /// Whether the current secret may still be that of the document before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_switching: bool,
    /// Versions that are no more, of which entries may be left.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) obsolete: BTreeSet<u32>,
}

/// The number of the form that a document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct Format;

impl Document {
    pub(super) fn new(entry: Entry) -> Self {
        Self {
            format: Format,
            entry,
            digests: BTreeMap::new(),
            is_switching: false,
            obsolete: BTreeSet::new(),
        }
    }

    /// The document of the `entry` that comes after the one `before`: it knows the digests of the versions that
    /// stay. Of those that do not stay, and of those of the document that was written `last`, entries may be left.
    pub(super) fn following(before: Option<&Self>, last: Option<&Self>, entry: Entry) -> Self {
        let has = |number: u32| entry.history.versions().iter().any(|version| version.number == number);
        let mut digests = before.map(|document| document.digests.clone()).unwrap_or_default();
        digests.retain(|number, _| has(*number));
        let known = before.into_iter().chain(last);
        let numbers = known.flat_map(|document| document.obsolete.iter().chain(document.digests.keys()));
        let obsolete: BTreeSet<_> = numbers.copied().filter(|number| !has(*number)).collect();
        Self { digests, obsolete, ..Self::new(entry) }
    }

    /// The same, once its current secret is in place.
    pub(super) fn settled(self) -> Self {
        Self { is_switching: false, ..self }
    }

    pub(super) fn parse(text: &SecretText) -> Result<Self, &'static str> {
        // Not the parser's own words: they may repeat what was found.
        serde_json::from_slice(text.expose()).map_err(|error| match error.classify() {
            Category::Data => "this version does not know its form",
            _ => "it is not JSON",
        })
    }

    pub(super) fn to_text(&self) -> SecretText {
        SecretText::new(serde_json::to_vec(self).expect("a document is made of text and numbers"))
    }

    /// Takes note of the secret of a version.
    pub(super) fn remember(&mut self, number: u32, secret: &SecretText) {
        self.digests.insert(number, self.digest(secret));
    }

    /// Whether `secret` is that of the version `number`.
    pub(super) fn fits(&self, number: u32, secret: &SecretText) -> bool {
        self.digests.get(&number).is_some_and(|digest| *digest == self.digest(secret))
    }

    /// The number of the current version.
    pub(super) fn current(&self) -> Option<u32> {
        self.entry.history.labelled(Label::Current).map(|version| version.number)
    }

    /// Half of an HMAC: enough to tell secrets apart, and short where a keyring holds little.
    fn digest(&self, secret: &SecretText) -> String {
        let key = [b"modelcrypt keyring digest\0".as_slice(), self.entry.record.id.as_bytes()].concat();
        HEXLOWER.encode(&hmac_sha256(&key, secret.expose())[..16])
    }
}

impl From<Format> for u8 {
    fn from(_: Format) -> Self {
        1
    }
}

impl TryFrom<u8> for Format {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        if number == 1 { Ok(Self) } else { Err("a later version wrote it") }
    }
}
