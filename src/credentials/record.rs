//! What is known of a credential besides its secret.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::address::Address;
use super::{Error, Kind, Moment, Name};

/// The metadata of a credential. Its secret stands apart, in a [`SecretText`](crate::base::SecretText).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Record {
    /// Stays the same for life, whatever the name.
    #[serde(with = "uuid_text")]
    pub id: Uuid,
    /// What it is asked for by.
    pub name: Name,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whom it logs in; of an access key, its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Host, port, endpoint, region and the like. Nothing secret belongs here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// To find it by.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// The service that it logs in to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Where it counts: `prod`, `staging`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// When it was made.
    pub created: Moment,
    /// When it or its secret was last changed.
    pub updated: Moment,
    /// From when on it is not given any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
    /// How old its secret may grow.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub rotate_every: Option<Duration>,
    /// The shell command that prints a new secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotate_command: Option<String>,
    /// The shell command that checks a new secret, which it reads from its standard input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_command: Option<String>,
    /// Whether it is given; not after it was deactivated.
    pub active: bool,
}

impl Record {
    /// Makes one with a new id.
    #[must_use]
    pub fn new(name: Name, kind: Kind, now: impl Into<Moment>) -> Self {
        let now = now.into();
        Self {
            id: Uuid::new_v4(),
            name,
            kind,
            username: None,
            extra: BTreeMap::new(),
            description: None,
            tags: BTreeSet::new(),
            service: None,
            environment: None,
            created: now,
            updated: now,
            expires: None,
            rotate_every: None,
            rotate_command: None,
            verify_command: None,
            active: true,
        }
    }

    /// Checks that each field is text of its length, and that endpoints are https; what only the secret tells
    /// is checked by [`check`](super::check).
    pub fn validate(&self) -> Result<(), Error> {
        let one_line =
            [("username", &self.username), ("service", &self.service), ("environment", &self.environment)];
        for (field, text) in one_line {
            text.as_ref().map_or(Ok(()), |text| line(field, text, MAX_LINE_LEN))?;
        }
        let long = [
            ("description", &self.description),
            ("rotate_command", &self.rotate_command),
            ("verify_command", &self.verify_command),
        ];
        for (field, text) in long {
            text.as_ref().map_or(Ok(()), |text| bounded(field, text, MAX_TEXT_LEN))?;
        }
        if self.tags.len() > MAX_ENTRIES || self.extra.len() > MAX_ENTRIES {
            return Err(invalid("tags and extra", "there are more than 64"));
        }
        self.tags.iter().try_for_each(|tag| line("tag", tag, MAX_LINE_LEN))?;
        for (key, value) in &self.extra {
            if !is_field_name(key) {
                return Err(invalid(
                    "extra",
                    "a name is something else than letters, digits, `_`, `-` and `.`",
                ));
            }
            if RESERVED.contains(&key.as_str()) {
                return Err(invalid(&format!("extra.{key}"), "the name is that of a field"));
            }
            // What is in `extra` is listed and shown.
            if SECRETS.contains(&key.to_ascii_lowercase().as_str()) {
                return Err(invalid(&format!("extra.{key}"), "the name is that of a secret"));
            }
            line(&format!("extra.{key}"), value, MAX_TEXT_LEN)?;
            self.check_endpoint(key, value)?;
        }
        if self.rotate_every.is_some_and(|every| every.as_secs() == 0) {
            return Err(invalid("rotate_every", "it is less than a second"));
        }
        Ok(())
    }

    /// An endpoint that a secret is sent to is https, unless it is this machine or `extra.allow_http` is `true`.
    fn check_endpoint(&self, key: &str, value: &str) -> Result<(), Error> {
        let is_endpoint = ["endpoint", "url"].iter().any(|word| {
            key.strip_suffix(word).is_some_and(|front| front.is_empty() || front.ends_with(['_', '-', '.']))
        });
        if !is_endpoint {
            return Ok(());
        }
        let field = format!("extra.{key}");
        let address = Address::parse(value).map_err(|reason| invalid(&field, reason))?;
        if address.user.is_some() {
            return Err(invalid(&field, "an address has a user in it"));
        }
        if address.host.is_empty() {
            return Err(invalid(&field, "an address has no host"));
        }
        let is_allowed = self.extra.get(ALLOW_HTTP).is_some_and(|value| value == "true");
        match address.scheme.to_ascii_lowercase().as_str() {
            "https" => Ok(()),
            "http" if address.is_loopback() || is_allowed => Ok(()),
            _ => Err(invalid(&field, "it is not https")),
        }
    }

    /// From when on its secret, which is as old as `current_since`, should be replaced: when it grows too old, or
    /// when it expires.
    #[must_use]
    pub fn due(&self, current_since: Moment) -> Option<Moment> {
        let old = self.rotate_every.map(|every| current_since.plus(every));
        [old, self.expires].into_iter().flatten().min()
    }
}

pub(super) fn invalid(field: &str, reason: &'static str) -> Error {
    Error::Invalid { field: field.to_owned(), reason }
}

fn is_field_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=MAX_FIELD_NAME_LEN).contains(&text.len()) && text.bytes().all(is_part)
}

fn line(field: &str, text: &str, max_len: usize) -> Result<(), Error> {
    if text.is_empty() {
        return Err(invalid(field, "it is empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid(field, "it holds a control character"));
    }
    bounded(field, text, max_len)
}

fn bounded(field: &str, text: &str, max_len: usize) -> Result<(), Error> {
    if text.len() > max_len {
        return Err(invalid(field, "it is too long"));
    }
    if text.chars().any(|c| c.is_control() && !"\n\t".contains(c)) {
        return Err(invalid(field, "it holds a control character"));
    }
    Ok(())
}

mod uuid_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use uuid::Uuid;

    pub(super) fn serialize<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Uuid::try_parse(&text).map_err(serde::de::Error::custom)
    }
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, reason = "the shape that serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        span.map(|span| span.as_secs()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_secs))
    }
}

/// The extra field that allows endpoints without encryption, if it is `true`.
const ALLOW_HTTP: &str = "allow_http";
/// What `NAME/FIELD` means already.
const RESERVED: &[&str] = &["secret", "username"];
/// What belongs into the secret itself, be it as a part of it.
const SECRETS: &[&str] = &[
    "password",
    "passphrase",
    "token",
    "access_token",
    "refresh_token",
    "session_token",
    "secret_key",
    "secret_access_key",
    "client_secret",
    "api_key",
    "private_key",
];
const MAX_LINE_LEN: usize = 1024;
const MAX_TEXT_LEN: usize = 4096;
const MAX_FIELD_NAME_LEN: usize = 64;
const MAX_ENTRIES: usize = 64;
