//! One sealed file as `inspect` shows it.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::Serialize;

use super::failure::Failure;
use super::json::{JsonError, JsonPath};
use super::{human, table};
use crate::base::to_rfc3339;
use crate::envelope::{ChecksumPolicy, Metadata, Opener};
use crate::format::{Header, PairState, Slot};

/// What is known of a sealed file.
pub(super) struct View<'f> {
    verb: &'static str,
    path: &'f Path,
    header: Header,
    sealed_len: u64,
    copies: PairState,
    has_sidecar: bool,
    /// There once a key has authenticated the header.
    pub(super) metadata: Option<Metadata>,
    pub(super) notices: Vec<String>,
}

impl<'f> View<'f> {
    pub(super) fn new(verb: &'static str, path: &'f Path, opener: &Opener<File>) -> Self {
        let mut sidecar = OsString::from(path);
        sidecar.push(".json");
        Self {
            verb,
            path,
            header: opener.header().clone(),
            sealed_len: opener.sealed_len(),
            copies: opener.state(),
            has_sidecar: Path::new(&sidecar).is_file(),
            metadata: None,
            notices: Vec::new(),
        }
    }

    /// Lines for people.
    pub(super) fn text(&self) -> String {
        let exact = |len: u64| format!("{} ({len} bytes)", human::bytes(len));
        let mut fields = vec![
            ("file", human::path(self.path)),
            ("sealed size", exact(self.sealed_len)),
            ("plaintext", self.header.core.plaintext_len.map_or_else(|| "a stream".into(), exact)),
            ("format", "version 1, AES-256-GCM in chunks of 16 KiB".into()),
            ("file id", HEXLOWER.encode(&self.header.core.file_id)),
            ("generation", self.header.generation.to_string()),
            ("copies", copies_text(self.copies)),
            ("sidecar", if self.has_sidecar { "present" } else { "none" }.into()),
        ];
        fields.extend(self.header.slots.iter().map(|slot| ("opens with", slot_text(slot))));
        if let Some(metadata) = &self.metadata {
            fields.extend(metadata_fields(metadata));
        }
        table::fields(&fields)
    }

    /// One object for programs.
    pub(super) fn document(&self, failure: Option<&Failure>) -> impl Serialize {
        let (state, copy) = match self.copies {
            PairState::Identical => ("identical", None),
            PairState::Damaged(copy) => ("damaged", Some(copy.to_string())),
            PairState::Behind(copy) => ("behind", Some(copy.to_string())),
        };
        Document {
            verb: self.verb,
            path: self.path.into(),
            sealed_len: self.sealed_len,
            plaintext_len: self.header.core.plaintext_len,
            version: 1,
            suite: 1,
            file_id: HEXLOWER.encode(&self.header.core.file_id),
            generation: self.header.generation,
            slots: self.header.slots.iter().map(JsonSlot::from).collect(),
            copies: JsonCopies { state, copy },
            sidecar: self.has_sidecar,
            authentic: self.metadata.is_some(),
            metadata: self.metadata.as_ref().map(JsonMetadata::from),
            notices: self.notices.clone(),
            error: failure.map(JsonError::from),
        }
    }
}

fn copies_text(state: PairState) -> String {
    match state {
        PairState::Identical => "both whole".into(),
        PairState::Damaged(copy) => format!("{copy} is damaged; the next rewrap heals it"),
        PairState::Behind(copy) => format!("{copy} is behind: a rewrap was interrupted"),
    }
}

fn slot_text(slot: &Slot) -> String {
    match slot {
        Slot::Passphrase(kdf, _) => {
            format!("a passphrase (PBKDF2-HMAC-SHA-256, {} iterations)", kdf.iterations)
        }
        Slot::RawKey(key_id, _) => format!("the key {}", HEXLOWER.encode(key_id)),
        Slot::Other { type_id, .. } => format!("a slot of type {type_id}, unknown to this version"),
    }
}

fn metadata_fields(metadata: &Metadata) -> Vec<(&'static str, String)> {
    let none = || "-".to_owned();
    let name = metadata.name.as_deref().map(|name| human::printable(&String::from_utf8_lossy(name)));
    vec![
        ("name", name.unwrap_or_else(none)),
        ("mode", metadata.mode.map_or_else(none, |mode| format!("{mode:04o}"))),
        ("modified", metadata.mtime_ns.and_then(time).map_or_else(none, to_rfc3339)),
        ("sha256", metadata.sha256.map_or_else(none, |hash| HEXLOWER.encode(&hash))),
        ("checksum", checksum_word(metadata.checksum).into()),
        ("sealed at", human::printable(&metadata.created)),
        ("key since", human::printable(&metadata.key_since)),
        ("sealed by", human::printable(&metadata.tool)),
    ]
}

fn time(since_1970_ns: i128) -> Option<SystemTime> {
    let distance = |ns: i128| u64::try_from(ns).ok().map(Duration::from_nanos);
    match distance(since_1970_ns) {
        Some(after) => SystemTime::UNIX_EPOCH.checked_add(after),
        None => SystemTime::UNIX_EPOCH.checked_sub(distance(-since_1970_ns)?),
    }
}

fn checksum_word(checksum: ChecksumPolicy) -> &'static str {
    match checksum {
        ChecksumPolicy::Plaintext => "plaintext",
        ChecksumPolicy::None => "none",
        ChecksumPolicy::Both => "both",
    }
}

/// The answer to `--sha256 --json`.
#[derive(Serialize)]
pub(super) struct PlaintextHash<'a> {
    verb: &'static str,
    #[serde(flatten)]
    path: JsonPath,
    sha256: &'a str,
}

impl<'a> PlaintextHash<'a> {
    pub(super) fn new(verb: &'static str, path: &Path, sha256: &'a str) -> Self {
        Self { verb, path: path.into(), sha256 }
    }
}

#[derive(Serialize)]
struct Document {
    verb: &'static str,
    #[serde(flatten)]
    path: JsonPath,
    sealed_len: u64,
    plaintext_len: Option<u64>,
    version: u16,
    suite: u16,
    file_id: String,
    generation: u64,
    slots: Vec<JsonSlot>,
    copies: JsonCopies,
    sidecar: bool,
    authentic: bool,
    metadata: Option<JsonMetadata>,
    notices: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JsonError>,
}

#[derive(Serialize)]
struct JsonCopies {
    state: &'static str,
    copy: Option<String>,
}

#[derive(Serialize)]
struct JsonSlot {
    r#type: u16,
    key_id: Option<String>,
    kdf: Option<JsonKdf>,
}

#[derive(Serialize)]
struct JsonKdf {
    prf: &'static str,
    iterations: u32,
    salt: String,
}

impl From<&Slot> for JsonSlot {
    fn from(slot: &Slot) -> Self {
        match slot {
            Slot::Passphrase(kdf, _) => {
                let salt = HEXLOWER.encode(&kdf.salt);
                let kdf = JsonKdf { prf: "hmac-sha256", iterations: kdf.iterations.get(), salt };
                Self { r#type: 1, key_id: None, kdf: Some(kdf) }
            }
            Slot::RawKey(key_id, _) => Self { r#type: 3, key_id: Some(HEXLOWER.encode(key_id)), kdf: None },
            Slot::Other { type_id, .. } => Self { r#type: *type_id, key_id: None, kdf: None },
        }
    }
}

#[derive(Serialize)]
struct JsonMetadata {
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_b64: Option<String>,
    mode: Option<u32>,
    mtime_ns: Option<String>,
    sha256: Option<String>,
    checksum: &'static str,
    created: String,
    key_since: String,
    tool: String,
}

impl From<&Metadata> for JsonMetadata {
    fn from(metadata: &Metadata) -> Self {
        let name = metadata.name.as_deref();
        let is_text = name.is_none_or(|name| std::str::from_utf8(name).is_ok());
        Self {
            name: name.map(|name| String::from_utf8_lossy(name).into_owned()),
            name_b64: if is_text { None } else { name.map(|name| BASE64URL_NOPAD.encode(name)) },
            mode: metadata.mode,
            mtime_ns: metadata.mtime_ns.map(|ns| ns.to_string()),
            sha256: metadata.sha256.map(|hash| HEXLOWER.encode(&hash)),
            checksum: checksum_word(metadata.checksum),
            created: metadata.created.clone(),
            key_since: metadata.key_since.clone(),
            tool: metadata.tool.clone(),
        }
    }
}
