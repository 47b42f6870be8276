//! What is sealed beside the plaintext: its name, mode, times and hash.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::Error;
use crate::base::fill_random;
use crate::crypto::{Aead, Backend, NONCE_LEN, TAG_LEN};
use crate::format::Header;
use crate::keys::FileKey;

/// What is known of a plaintext, authenticated and hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The plaintext's base name, as bytes: to be compared, never to be used as a path. `None`: a stream's.
    pub name: Option<Vec<u8>>,
    /// Permission bits. `None`: a stream's.
    pub mode: Option<u32>,
    /// Time of last change in nanoseconds since 1970. `None`: a stream's.
    pub mtime_ns: Option<i128>,
    /// SHA-256 of the plaintext, unless it was sealed without.
    pub sha256: Option<[u8; 32]>,
    /// The checksums it was sealed with.
    pub checksum: ChecksumPolicy,
    /// When it was sealed (RFC 3339).
    pub created: String,
    /// Since when its present master key has held it (RFC 3339).
    pub key_since: String,
    /// What sealed it.
    pub tool: String,
    /// What a later version put there: kept by a rewrap.
    pub unknown: BTreeMap<String, Value>,
}

/// Which checksums are made while sealing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChecksumPolicy {
    /// SHA-256 of the plaintext, sealed in the header and keyed in the sidecar.
    #[default]
    Plaintext,
    /// None at all.
    None,
    /// That of the payload too, in the open: anyone can check for bit rot.
    Both,
}

impl Metadata {
    /// Seals it for the header it goes into, whose generation and salt the key is made of.
    pub(super) fn seal(&self, file_key: &FileKey, header: &mut Header) -> Result<(), Error> {
        fill_random(&mut header.header_salt)?;
        let plaintext = serde_json::to_vec(&Document::from(self)).expect("text, numbers and maps serialize");
        let key = file_key.metadata_key(&header.core, header.generation, &header.header_salt);
        header.sealed_metadata = vec![0; plaintext.len() + TAG_LEN];
        // Nonce 0: the header salt is fresh and so is the key.
        let aead = Aead::new(Backend::default(), key.expose());
        aead.seal(&[0; NONCE_LEN], &[], &plaintext, &mut header.sealed_metadata);
        Ok(())
    }

    /// Opens the metadata of a header whose MAC has been checked.
    pub(super) fn open(file_key: &FileKey, header: &Header) -> Result<Self, Error> {
        let key = file_key.metadata_key(&header.core, header.generation, &header.header_salt);
        let mut plaintext = vec![0; header.sealed_metadata.len() - TAG_LEN];
        Aead::new(Backend::default(), key.expose())
            .open(&[0; NONCE_LEN], &[], &header.sealed_metadata, &mut plaintext)
            .map_err(|_| Error::MetadataTampered)?;
        let malformed = |error: serde_json::Error| Error::MetadataMalformed(error.to_string());
        let UniqueKeys(map) = serde_json::from_slice(&plaintext).map_err(malformed)?;
        let document: Document =
            serde_json::from_value(Value::Object(map.into_iter().collect())).map_err(malformed)?;
        document
            .try_into()
            .map_err(|field| Error::MetadataMalformed(format!("`{field}` is not what it should be")))
    }
}

/// The JSON form.
#[derive(Serialize, Deserialize)]
struct Document {
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name_b64: Option<String>,
    mode: Option<u32>,
    mtime_ns: Option<String>,
    sha256: Option<String>,
    checksum: ChecksumPolicy,
    created: String,
    key_since: String,
    tool: String,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

impl From<&Metadata> for Document {
    fn from(metadata: &Metadata) -> Self {
        let name = metadata.name.as_deref();
        let text = name.and_then(|name| std::str::from_utf8(name).ok());
        Self {
            name: text.map(str::to_owned),
            name_b64: if text.is_none() { name.map(|name| BASE64URL_NOPAD.encode(name)) } else { None },
            mode: metadata.mode,
            mtime_ns: metadata.mtime_ns.map(|nanoseconds| nanoseconds.to_string()),
            sha256: metadata.sha256.map(|hash| HEXLOWER.encode(&hash)),
            checksum: metadata.checksum,
            created: metadata.created.clone(),
            key_since: metadata.key_since.clone(),
            tool: metadata.tool.clone(),
            unknown: metadata.unknown.clone(),
        }
    }
}

impl TryFrom<Document> for Metadata {
    type Error = &'static str;

    fn try_from(document: Document) -> Result<Self, Self::Error> {
        let name = match (document.name, document.name_b64) {
            (Some(_), Some(_)) => return Err("name_b64"),
            (Some(text), None) => Some(text.into_bytes()),
            (None, Some(encoded)) => {
                Some(BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| "name_b64")?)
            }
            (None, None) => None,
        };
        let decode_hash = |text: String| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
        Ok(Self {
            name,
            mode: document.mode,
            mtime_ns: document.mtime_ns.map(|text| text.parse()).transpose().map_err(|_| "mtime_ns")?,
            sha256: document.sha256.map(|text| decode_hash(text).ok_or("sha256")).transpose()?,
            checksum: document.checksum,
            created: document.created,
            key_since: document.key_since,
            tool: document.tool,
            unknown: document.unknown,
        })
    }
}

/// A JSON object that names no key twice.
struct UniqueKeys(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueKeysVisitor)
    }
}

struct UniqueKeysVisitor;

impl<'de> Visitor<'de> for UniqueKeysVisitor {
    type Value = UniqueKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, Value>()? {
            if map.insert(key, value).is_some() {
                return Err(serde::de::Error::custom("a key stands twice"));
            }
        }
        Ok(UniqueKeys(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Core, Slot};

    fn header() -> Header {
        Header {
            core: Core { file_id: [1; 32], plaintext_len: None },
            generation: 1,
            header_salt: [0; 32],
            slots: vec![Slot::Other { type_id: 9, body: vec![] }],
            sealed_metadata: vec![],
        }
    }

    fn metadata(name: Option<&[u8]>) -> Metadata {
        Metadata {
            name: name.map(<[u8]>::to_vec),
            mode: Some(0o644),
            mtime_ns: Some(-5),
            sha256: Some([7; 32]),
            checksum: ChecksumPolicy::Both,
            created: "2026-01-01T00:00:00Z".into(),
            key_since: "2026-01-01T00:00:00Z".into(),
            tool: "test".into(),
            unknown: BTreeMap::from([("later".into(), Value::from(3))]),
        }
    }

    #[test]
    fn metadata_survives_being_sealed_and_opened_whatever_the_name() {
        for name in [None, Some(&b"model.bin"[..]), Some("é ü".as_bytes()), Some(b"\xff\xfe")] {
            let (file_key, mut header) = (FileKey::generate().unwrap(), header());
            metadata(name).seal(&file_key, &mut header).unwrap();
            assert_eq!(Metadata::open(&file_key, &header).unwrap(), metadata(name));
        }
    }

    #[test]
    fn metadata_belongs_to_its_generation() {
        let (file_key, mut header) = (FileKey::generate().unwrap(), header());
        metadata(None).seal(&file_key, &mut header).unwrap();
        header.generation = 2;
        assert!(matches!(Metadata::open(&file_key, &header), Err(Error::MetadataTampered)));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(serde_json::from_str::<UniqueKeys>(r#"{"a":1,"b":2}"#).is_ok());
        assert!(serde_json::from_str::<UniqueKeys>(r#"{"a":1,"a":1}"#).is_err());
    }
}
