//! The sidecar's JSON, as it stands in the file.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};

use super::absent::Absent;
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

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) schema: String,
    pub(super) file: FilePart,
    pub(super) suite: u64,
    pub(super) generation: u64,
    pub(super) slots: Vec<SlotPart>,
    pub(super) checksums: Checksums,
    pub(super) created: String,
    pub(super) tool: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mac: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilePart {
    #[serde(default, skip_serializing_if = "Absent::is_absent")]
    pub(super) name: Absent<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name_b64: Option<String>,
    pub(super) file_id: String,
    pub(super) plaintext_len: u64,
    pub(super) sealed_len: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotPart {
    #[serde(rename = "type")]
    pub(super) type_id: u16,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) key_id: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) kdf: Option<KdfPart>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KdfPart {
    pub(super) prf: String,
    pub(super) iterations: u32,
    pub(super) salt: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "the names in the file")]
pub(super) struct Checksums {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) plaintext_hmac_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) plaintext_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) payload_sha256: Option<String>,
}

impl Document {
    pub(super) fn of(subject: Subject<'_>, open: &OpenChecksums) -> Self {
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
    pub(super) fn canonical(&self) -> Vec<u8> {
        let mut value = serde_json::to_value(self).expect("text and numbers serialize");
        value.as_object_mut().map(|fields| fields.remove("mac"));
        serde_json_canonicalizer::to_vec(&value).expect("text and numbers have a canonical form")
    }

    pub(super) fn open_checksums(&self) -> OpenChecksums {
        let decode = |text: &String| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
        OpenChecksums {
            payload_sha256: self.checksums.payload_sha256.as_ref().and_then(decode),
            publish_plaintext: self.checksums.plaintext_sha256.is_some(),
        }
    }

    pub(super) fn differences(&self, expected: &Self) -> Vec<&'static str> {
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

/// What the schema field says.
pub(super) const SCHEMA: &str = "modelcrypt/sidecar/v1";
