//! One line of the log.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::base::Secret;
use crate::credentials::{Error, Moment};
use crate::crypto::{constant_time_eq, hmac_sha256};

/// Who asks, as far as one can know: the user of the operating system is a fact, the rest is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What the program calls itself.
    pub name: String,
    /// What ties this access to others, in this log and in others.
    pub correlation: String,
}

/// An access to be put on record. Nothing secret is part of it.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// One word for what is done.
    pub action: &'a str,
    /// The store that is asked.
    pub store: &'a str,
    /// The credential.
    pub name: Option<&'a str>,
    /// The version of its secret.
    pub version: Option<u32>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why it failed.
    pub reason: Option<String>,
}

/// What came of an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// A change is about to be made; another line says what came of it.
    Begun,
    /// It took place.
    Ok,
    /// It did not.
    Failed,
}

/// A line as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Line {
    /// Counts from 1, without gaps.
    pub seq: u64,
    /// When.
    pub time: Moment,
    /// The user of the operating system, where it has such.
    pub uid: Option<u32>,
    /// What the program calls itself.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The store that was asked.
    pub store: String,
    /// The credential.
    pub name: Option<String>,
    /// The version of its secret.
    pub version: Option<u32>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why it failed, or what else there is to say.
    pub reason: Option<String>,
    /// What ties it to other lines.
    pub correlation: String,
    /// Whether it was on the medium before the access went on.
    pub synced: bool,
    /// The MAC of the line before, in hexadecimal; zeros in the first.
    pub previous: String,
    /// HMAC-SHA-256 over the RFC 8785 form of all other fields, in hexadecimal.
    pub mac: String,
}

impl Line {
    /// Makes the line that follows one with the number `seq` and the MAC `previous`.
    pub(super) fn after(
        (seq, previous): (u64, &[u8; 32]),
        access: &Access<'_>,
        time: Moment,
        synced: bool,
        key: &Secret<32>,
    ) -> Self {
        let mut line = Self {
            seq: seq + 1,
            time,
            uid: uid(),
            actor: bounded(&access.actor.name),
            action: bounded(access.action),
            store: bounded(access.store),
            name: access.name.map(bounded),
            version: access.version,
            outcome: access.outcome,
            reason: access.reason.as_deref().map(bounded),
            correlation: bounded(&access.actor.correlation),
            synced,
            previous: HEXLOWER.encode(previous),
            mac: String::new(),
        };
        line.mac = HEXLOWER.encode(&line.expected_mac(key));
        line
    }

    /// Its bytes in the log, with the newline.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = canonical(self);
        bytes.push(b'\n');
        bytes
    }

    /// Reads a line without its newline; `None`: not one that was written here, to the byte.
    pub(super) fn authentic(bytes: &[u8], key: &Secret<32>) -> Option<Self> {
        let line: Self = serde_json::from_slice(bytes).ok()?;
        (constant_time_eq(&line.expected_mac(key), &line.mac_bytes()?) && canonical(&line) == bytes)
            .then_some(line)
    }

    pub(super) fn mac_bytes(&self) -> Option<[u8; 32]> {
        HEXLOWER.decode(self.mac.as_bytes()).ok()?.try_into().ok()
    }

    /// Whether it follows one with this MAC.
    pub(super) fn follows(&self, previous: &[u8; 32]) -> bool {
        self.previous == HEXLOWER.encode(previous)
    }

    fn expected_mac(&self, key: &Secret<32>) -> [u8; 32] {
        let mut value = serde_json::to_value(self).expect("text and numbers serialize");
        value.as_object_mut().map(|fields| fields.remove("mac"));
        hmac_sha256(key.expose(), &canonical(&value))
    }
}

/// The outcome of a result, and why it failed.
pub(super) fn outcome_of<T>(result: &Result<T, Error>) -> (Outcome, Option<String>) {
    match result {
        Ok(_) => (Outcome::Ok, None),
        Err(error) => (Outcome::Failed, Some(error.to_string())),
    }
}

/// The RFC 8785 form.
pub(super) fn canonical(value: &impl Serialize) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("text and numbers have a canonical form")
}

/// No text makes a line longer than a reader takes.
fn bounded(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).collect()
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "the other platforms have none")]
fn uid() -> Option<u32> {
    Some(rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn uid() -> Option<u32> {
    None
}

const MAX_TEXT_CHARS: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> (Line, Secret<32>) {
        let key = Secret::copy_from(&[7; 32]);
        let actor = Actor { name: "a \"test\" é\n".into(), correlation: "c".into() };
        let access = Access {
            actor: &actor,
            action: "get",
            store: "vault",
            name: Some("x"),
            version: Some(3),
            outcome: Outcome::Ok,
            reason: None,
        };
        let now = std::time::SystemTime::now().into();
        (Line::after((41, &[9; 32]), &access, now, false, &key), key)
    }

    #[test]
    fn a_line_survives_being_written_and_read() {
        let (line, key) = line();
        let bytes = line.to_bytes();
        let (newline, text) = bytes.split_last().unwrap();
        assert_eq!(*newline, b'\n');
        assert!(!text.contains(&b'\n'), "one line");
        assert_eq!(Line::authentic(text, &key), Some(line.clone()));
        assert_eq!(line.seq, 42);
        assert!(line.follows(&[9; 32]) && !line.follows(&[8; 32]));
    }

    #[test]
    fn no_byte_of_a_line_can_be_changed() {
        let (line, key) = line();
        let bytes = line.to_bytes();
        let text = &bytes[..bytes.len() - 1];
        for at in 0..text.len() {
            for bit in [1, 0x20] {
                let mut changed = text.to_vec();
                changed[at] ^= bit;
                assert_eq!(Line::authentic(&changed, &key), None, "byte {at}");
            }
        }
        let spaced = [text, b" "].concat();
        assert_eq!(Line::authentic(&spaced, &key), None);
        assert_eq!(Line::authentic(text, &Secret::copy_from(&[8; 32])), None);
    }
}
