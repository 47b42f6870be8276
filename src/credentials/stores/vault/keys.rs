//! The keys of a vault, and what is sealed under them.
//!
//! No nonce repeats, because no key seals twice: the key of a secret is 32 random bytes, and every other one is
//! derived from a random salt of 32 bytes that is drawn for the occasion.

use std::io;

use zeroize::Zeroizing;

use super::record::VaultRecord;
use crate::base::{Secret, SecretText, fill_random};
use crate::credentials::{Name, Record};
use crate::crypto::{
    Aead, Backend, HmacSha256, NONCE_LEN, TAG_LEN, Unauthentic, expand_sha256, hmac_sha256, sha256,
};
use crate::keys::{FileKey, label};

/// Everything derived from a vault key, each for one purpose.
pub(super) struct VaultKeys {
    record: VaultRecord,
    names: Secret<32>,
    documents: Secret<32>,
    wraps: Secret<32>,
    index: Secret<32>,
    head: Secret<32>,
}

impl VaultKeys {
    pub(super) fn new(vault_key: &FileKey, record: VaultRecord) -> Self {
        let derive = |purpose| vault_key.derive(purpose, record.bytes());
        Self {
            names: derive("vault-names"),
            documents: derive("vault-documents"),
            wraps: derive("vault-wraps"),
            index: derive("vault-index"),
            head: derive("vault-head"),
            record,
        }
    }

    /// What a credential's row is found by: tells nothing of the name to who has no key.
    pub(super) fn row_id(&self, name: &Name) -> RowId {
        hmac_sha256(self.names.expose(), name.as_str().as_bytes())
    }

    /// The MAC of something that the index is made of.
    pub(super) fn index_mac(&self) -> HmacSha256 {
        let mut mac = HmacSha256::new(Backend::default(), self.index.expose());
        mac.update(self.record.bytes());
        mac
    }

    /// The MAC of the head of the audit log, as long as the vault is of this generation.
    pub(super) fn head_mac(&self, generation: u64, head: &[u8]) -> [u8; 32] {
        hmac_sha256(self.head.expose(), &[self.record.bytes(), &generation.to_be_bytes()[..], head].concat())
    }

    /// `salt 32 ‖ ciphertext ‖ tag`.
    pub(super) fn seal_document(&self, row: &RowId, document: &[u8]) -> io::Result<Vec<u8>> {
        let mut sealed = vec![0; SALT_LEN + document.len() + TAG_LEN];
        let (salt, rest) = sealed.split_at_mut(SALT_LEN);
        fill_random(salt)?;
        once(&self.documents, salt).seal(&[0; NONCE_LEN], row, document, rest);
        Ok(sealed)
    }

    pub(super) fn open_document(&self, row: &RowId, sealed: &[u8]) -> Result<Vec<u8>, Unauthentic> {
        let (salt, rest) = sealed.split_at_checked(SALT_LEN).ok_or(Unauthentic)?;
        let mut document = vec![0; rest.len().checked_sub(TAG_LEN).ok_or(Unauthentic)?];
        once(&self.documents, salt).open(&[0; NONCE_LEN], row, rest, &mut document)?;
        Ok(document)
    }

    /// `salt 32 ‖ wrapped key 48 ‖ ciphertext ‖ tag`.
    pub(super) fn seal_secret(
        &self,
        record: &Record,
        version: u32,
        secret: &SecretText,
    ) -> io::Result<Vec<u8>> {
        let secret_key = Secret::<32>::from_fn(|bytes| fill_random(bytes))?;
        let aad = secret_aad(record, version);
        let plaintext = secret.expose();
        let mut sealed = vec![0; SALT_LEN + WRAPPED_LEN + plaintext.len() + TAG_LEN];
        let (salt, rest) = sealed.split_at_mut(SALT_LEN);
        let (wrapped, ciphertext) = rest.split_at_mut(WRAPPED_LEN);
        fill_random(salt)?;
        once(&self.wraps, salt).seal(&[0; NONCE_LEN], &aad, secret_key.expose(), wrapped);
        Aead::new(Backend::default(), secret_key.expose()).seal(&[0; NONCE_LEN], &aad, plaintext, ciphertext);
        Ok(sealed)
    }

    pub(super) fn open_secret(
        &self,
        record: &Record,
        version: u32,
        sealed: &[u8],
    ) -> Result<SecretText, Unauthentic> {
        let (salt, rest) = sealed.split_at_checked(SALT_LEN).ok_or(Unauthentic)?;
        let (wrapped, ciphertext) = rest.split_at_checked(WRAPPED_LEN).ok_or(Unauthentic)?;
        let aad = secret_aad(record, version);
        let secret_key = Secret::<32>::from_fn(|bytes| {
            once(&self.wraps, salt).open(&[0; NONCE_LEN], &aad, wrapped, bytes)
        })?;
        let len = ciphertext.len().checked_sub(TAG_LEN).ok_or(Unauthentic)?;
        let mut secret = Zeroizing::new(vec![0; len]);
        let aead = Aead::new(Backend::default(), secret_key.expose());
        aead.open(&[0; NONCE_LEN], &aad, ciphertext, &mut secret)?;
        Ok(SecretText::new(std::mem::take(&mut *secret)))
    }
}

/// The id of a credential's row.
pub(super) type RowId = [u8; 32];

/// A cipher under a key that nothing else is sealed with: its salt is fresh.
fn once(key: &Secret<32>, salt: &[u8]) -> Aead {
    let info = [&label("vault-once"), salt].concat();
    Aead::new(Backend::default(), expand_sha256::<32>(Backend::default(), key.expose(), &info).expose())
}

/// Length-prefixed id, name, version and type: a secret opens in its own place only.
fn secret_aad(record: &Record, version: u32) -> Vec<u8> {
    let version = version.to_be_bytes();
    let parts: [&[u8]; 4] =
        [record.id.as_bytes(), record.name.as_str().as_bytes(), &version, record.kind.as_str().as_bytes()];
    let mut aad = Vec::new();
    for part in parts {
        aad.extend(u32::try_from(part.len()).expect("a name has 128 bytes at most").to_be_bytes());
        aad.extend(part);
    }
    aad
}

/// What tells one sealed secret or document from another: its SHA-256.
pub(super) fn digest(sealed: &[u8]) -> [u8; 32] {
    sha256(sealed)
}

const SALT_LEN: usize = 32;
const WRAPPED_LEN: usize = 32 + TAG_LEN;

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::credentials::Kind;

    fn record(name: &str, kind: Kind) -> Record {
        Record::new(name.parse().unwrap(), kind, SystemTime::now())
    }

    #[test]
    fn a_secret_opens_in_its_own_place_only() {
        let keys = VaultKeys::new(&FileKey::generate().unwrap(), VaultRecord::generate().unwrap());
        let own = record("a", Kind::Custom);
        let sealed = keys.seal_secret(&own, 7, &SecretText::new(b"canary".to_vec())).unwrap();
        assert_eq!(keys.open_secret(&own, 7, &sealed).unwrap().expose(), b"canary");
        let other_name = Record { name: "b".parse().unwrap(), ..own.clone() };
        let other_kind = Record { kind: Kind::EnvVar, ..own.clone() };
        for (record, version) in
            [(&own, 8), (&other_name, 7), (&other_kind, 7), (&record("a", Kind::Custom), 7)]
        {
            assert!(keys.open_secret(record, version, &sealed).is_err());
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys.open_secret(&own, 7, &changed).is_err(), "byte {at}");
            assert!(keys.open_secret(&own, 7, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn nothing_is_sealed_alike_twice() {
        let keys = VaultKeys::new(&FileKey::generate().unwrap(), VaultRecord::generate().unwrap());
        let row = keys.row_id(&"a".parse().unwrap());
        let documents: Vec<_> = (0..2).map(|_| keys.seal_document(&row, b"same").unwrap()).collect();
        assert_ne!(documents[0][..32], documents[1][..32]);
        assert_ne!(documents[0][32..], documents[1][32..]);
        assert_eq!(keys.open_document(&row, &documents[0]).unwrap(), b"same");
        let own = record("a", Kind::Custom);
        let secret = SecretText::new(b"same".to_vec());
        let secrets: Vec<_> = (0..2).map(|_| keys.seal_secret(&own, 1, &secret).unwrap()).collect();
        assert_ne!(secrets[0][80..], secrets[1][80..], "the key of a secret is random");
    }

    #[test]
    fn a_document_is_bound_to_its_row_and_its_vault() {
        let vault_key = FileKey::generate().unwrap();
        let keys = VaultKeys::new(&vault_key, VaultRecord::generate().unwrap());
        let elsewhere = VaultKeys::new(&vault_key, VaultRecord::generate().unwrap());
        let (a, b) = (keys.row_id(&"a".parse().unwrap()), keys.row_id(&"b".parse().unwrap()));
        let sealed = keys.seal_document(&a, b"{}").unwrap();
        assert!(keys.open_document(&b, &sealed).is_err());
        assert!(elsewhere.open_document(&a, &sealed).is_err());
        assert!(keys.open_document(&a, &sealed[..40]).is_err());
    }
}
