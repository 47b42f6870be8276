//! The sidecar: a readable copy of what a sealed file says, authenticated, and never trusted.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};

use super::absent::Absent;
use super::{Error, attributes, names};
use crate::base::{Temporary, open_regular};
use crate::crypto::constant_time_eq;
use crate::envelope::{ChecksumPolicy, Metadata};
use crate::format::{Geometry, Header, Slot};
use crate::keys::FileKey;

/// What a sidecar is made of and held against: an authenticated sealed file.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) header: &'a Header,
    pub(super) metadata: &'a Metadata,
    pub(super) file_key: &'a FileKey,
    pub(super) geometry: Geometry,
}

/// The checksums that the sealed file itself cannot give.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OpenChecksums {
    pub(super) payload_sha256: Option<[u8; 32]>,
    pub(super) publish_plaintext: bool,
}

/// How a sidecar stands to its sealed file.
#[derive(Debug)]
pub(super) enum Standing {
    /// As it was written.
    Valid(OpenChecksums),
    /// There is none.
    Lost,
    /// Of an earlier header of this file, authentic; or of another file.
    Stale(OpenChecksums),
    /// Not as it was written; which fields.
    Tampered(String),
    /// A file of somebody else's.
    NotOurs,
}

impl Standing {
    /// Fails for one that was tampered with, and for a stranger at its name.
    pub(super) fn accept(self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Valid(_) | Self::Lost | Self::Stale(_) => Ok(()),
            Self::Tampered(fields) => Err(Error::SidecarTampered(fields)),
            Self::NotOurs => Err(Error::InTheWay(path.to_owned())),
        }
    }
}

/// Reads the sidecar at `path` and holds it against `subject`.
pub(super) fn check(path: &Path, subject: Subject<'_>) -> Standing {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Standing::Lost,
        Err(error) => return Standing::Tampered(format!("it cannot be read: {error}")),
    };
    if !text.windows(SCHEMA.len()).any(|window| window == SCHEMA.as_bytes()) {
        return Standing::NotOurs;
    }
    if text.len() > MAX_LEN {
        return Standing::Tampered(format!("longer than {MAX_LEN} bytes"));
    }
    let found: Document = match serde_json::from_slice(&text) {
        Ok(found) => found,
        Err(error) => return Standing::Tampered(error.to_string()),
    };
    if found.schema != SCHEMA {
        return Standing::NotOurs;
    }
    found.standing(subject)
}

/// Writes the sidecar of `subject` at `path`, over an older one of ours only.
pub(super) fn write(path: &Path, subject: Subject<'_>, open: &OpenChecksums) -> Result<(), Error> {
    refuse_to_replace_strangers(path)?;
    let mut document = Document::of(subject, open);
    document.mac = Some(HEXLOWER.encode(&subject.file_key.sidecar_mac(&document.canonical())));
    let mut text = serde_json::to_vec_pretty(&document).expect("text and numbers serialize");
    text.push(b'\n');
    let failed = Error::io("writing the sidecar", path);
    let written = Temporary::create_in(names::parent(path)).and_then(|temporary| {
        temporary.file().write_all(&text)?;
        make_like_sealed(temporary.file(), path)?;
        temporary.file().sync_all()?;
        temporary.persist_over(path)
    });
    written.map(drop).map_err(failed)
}

/// A sidecar's name that a file of somebody else's has stays theirs.
pub(super) fn refuse_to_replace_strangers(path: &Path) -> Result<(), Error> {
    if path.symlink_metadata().is_ok() && !is_ours(path) {
        return Err(Error::InTheWay(path.to_owned()));
    }
    Ok(())
}

/// Whether the file at `path` names our schema.
pub(super) fn is_ours(path: &Path) -> bool {
    read(path).is_ok_and(|text| text.windows(SCHEMA.len()).any(|window| window == SCHEMA.as_bytes()))
}

/// When the sidecar at `path` says that its file was sealed. Anybody may have written it.
pub(super) fn claimed_creation(path: &Path) -> Option<String> {
    let found: Document = serde_json::from_slice(&read(path).ok()?).ok()?;
    (found.schema == SCHEMA).then_some(found.created)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    open_regular(path)?.take(MAX_LEN as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// Its sealed file's owner, as far as the user may, and mode: it says nothing that the sealed file's header
/// does not.
fn make_like_sealed(file: &File, path: &Path) -> std::io::Result<()> {
    let sealed = path.with_extension("").symlink_metadata();
    sealed.map_or(Ok(()), |sealed| attributes::carry_owner_and_mode(&sealed, file))
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    file: FilePart,
    suite: u64,
    generation: u64,
    slots: Vec<SlotPart>,
    checksums: Checksums,
    created: String,
    tool: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePart {
    #[serde(default, skip_serializing_if = "Absent::is_absent")]
    name: Absent<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name_b64: Option<String>,
    file_id: String,
    plaintext_len: u64,
    sealed_len: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotPart {
    #[serde(rename = "type")]
    type_id: u16,
    #[serde(deserialize_with = "Option::deserialize")]
    key_id: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    kdf: Option<KdfPart>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KdfPart {
    prf: String,
    iterations: u32,
    salt: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "the names in the file")]
struct Checksums {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plaintext_hmac_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plaintext_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_sha256: Option<String>,
}

impl Document {
    fn of(subject: Subject<'_>, open: &OpenChecksums) -> Self {
        let Subject { header, metadata, file_key, geometry } = subject;
        let text = metadata.name.as_deref().map(std::str::from_utf8);
        let (name, name_b64) = match (text, metadata.name.as_deref()) {
            (Some(Err(_)), Some(bytes)) => (Absent::Absent, Some(BASE64URL_NOPAD.encode(bytes))),
            (Some(Ok(text)), _) => (Absent::Present(Some(text.to_owned())), None),
            _ => (Absent::Present(None), None),
        };
        let payload_sha256 = open.payload_sha256.filter(|_| metadata.checksum == ChecksumPolicy::Both);
        let hex = |bytes: [u8; 32]| HEXLOWER.encode(&bytes);
        Self {
            schema: SCHEMA.into(),
            file: FilePart {
                name,
                name_b64,
                file_id: hex(header.core.file_id),
                plaintext_len: geometry.plaintext_len(),
                sealed_len: geometry.sealed_len(),
            },
            suite: 1,
            generation: header.generation,
            slots: header.slots.iter().map(SlotPart::of).collect(),
            checksums: Checksums {
                plaintext_hmac_sha256: metadata.sha256.map(|hash| hex(file_key.checksum(&hash))),
                plaintext_sha256: metadata.sha256.filter(|_| open.publish_plaintext).map(hex),
                payload_sha256: payload_sha256.map(hex),
            },
            created: metadata.created.clone(),
            tool: metadata.tool.clone(),
            mac: None,
        }
    }

    /// RFC 8785, without the MAC.
    fn canonical(&self) -> Vec<u8> {
        let mut value = serde_json::to_value(self).expect("text and numbers serialize");
        value.as_object_mut().map(|fields| fields.remove("mac"));
        serde_json_canonicalizer::to_vec(&value).expect("text and numbers have a canonical form")
    }

    fn open_checksums(&self) -> OpenChecksums {
        let decode = |text: &String| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
        OpenChecksums {
            payload_sha256: self.checksums.payload_sha256.as_ref().and_then(decode),
            publish_plaintext: self.checksums.plaintext_sha256.is_some(),
        }
    }

    fn standing(&self, subject: Subject<'_>) -> Standing {
        if self.file.file_id != HEXLOWER.encode(&subject.header.core.file_id) {
            return Standing::Stale(OpenChecksums::default());
        }
        let open = self.open_checksums();
        let expected_mac = subject.file_key.sidecar_mac(&self.canonical());
        let mac = self.mac.as_ref().and_then(|mac| HEXLOWER.decode(mac.as_bytes()).ok()).unwrap_or_default();
        let authentic = constant_time_eq(&mac, &expected_mac);
        if authentic && self.generation != subject.header.generation {
            return Standing::Stale(open);
        }
        let expected = Self::of(subject, &open);
        let mut fields = self.differences(&expected);
        if fields.is_empty() && authentic {
            return Standing::Valid(open);
        }
        if fields.is_empty() {
            fields.push("mac");
        }
        Standing::Tampered(fields.join(", "))
    }

    fn differences(&self, expected: &Self) -> Vec<&'static str> {
        let name = (&self.file.name, &self.file.name_b64) == (&expected.file.name, &expected.file.name_b64);
        let hmac = self.checksums.plaintext_hmac_sha256 == expected.checksums.plaintext_hmac_sha256;
        [
            ("file.name", name),
            ("file.plaintext_len", self.file.plaintext_len == expected.file.plaintext_len),
            ("file.sealed_len", self.file.sealed_len == expected.file.sealed_len),
            ("suite", self.suite == expected.suite),
            ("generation", self.generation == expected.generation),
            ("slots", self.slots == expected.slots),
            ("checksums.plaintext_hmac_sha256", hmac),
            (
                "checksums.plaintext_sha256",
                self.checksums.plaintext_sha256 == expected.checksums.plaintext_sha256,
            ),
            ("checksums.payload_sha256", self.checksums.payload_sha256 == expected.checksums.payload_sha256),
            ("created", self.created == expected.created),
            ("tool", self.tool == expected.tool),
        ]
        .into_iter()
        .filter_map(|(field, equal)| (!equal).then_some(field))
        .collect()
    }
}

impl SlotPart {
    fn of(slot: &Slot) -> Self {
        let (key_id, kdf) = match slot {
            Slot::RawKey(key_id, _) => (Some(HEXLOWER.encode(key_id)), None),
            Slot::Passphrase(kdf, _) => {
                let salt = HEXLOWER.encode(&kdf.salt);
                (None, Some(KdfPart { prf: "HMAC-SHA-256".into(), iterations: kdf.iterations.get(), salt }))
            }
            Slot::Other { .. } => (None, None),
        };
        Self { type_id: slot.kind().type_id(), key_id, kdf }
    }
}

const SCHEMA: &str = "modelcrypt/sidecar/v1";
const MAX_LEN: usize = 65_536;
