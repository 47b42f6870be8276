//! The keys of a gateway's URLs, each derived from a master key and its id.

use std::time::SystemTime;

use super::Error;
use crate::base::Secret;
use crate::crypto::{Backend, HmacSha256};
use crate::keys::MasterKey;

/// Whether URLs that a key has signed still hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStanding {
    /// They do.
    Active,
    /// They do until that time, and no new ones are signed.
    VerifyOnlyUntil(SystemTime),
    /// They do not.
    Revoked,
}

/// A key that signs URLs, 32 bytes.
#[derive(Debug)]
pub(super) struct UrlKey {
    pub(super) kid: String,
    pub(super) standing: KeyStanding,
    key: Secret<32>,
}

impl UrlKey {
    /// Derives HKDF-SHA-256(master, `"modelcrypt/url/v1"` ‖ kid).
    pub(super) fn derive(master: &MasterKey, kid: &str, standing: KeyStanding) -> Result<Self, Error> {
        check_kid(kid)?;
        let key = master.derive(&[LABEL, kid.as_bytes()].concat()).ok_or(Error::PassphraseKey)?;
        Ok(Self { kid: kid.to_owned(), standing, key })
    }

    /// A key for URLs of unknown keys, so that they take as long as others. Nobody knows it, and what it signs is not
    /// believed either.
    pub(super) fn decoy(master: &MasterKey) -> Result<Self, Error> {
        let key = master.derive(LABEL).ok_or(Error::PassphraseKey)?;
        Ok(Self { kid: String::new(), standing: KeyStanding::Revoked, key })
    }

    /// Fails if what it has signed no longer holds.
    pub(super) fn require_in_force(&self, now: SystemTime) -> Result<(), Error> {
        match self.standing {
            KeyStanding::Active => Ok(()),
            KeyStanding::VerifyOnlyUntil(end) if now < end => Ok(()),
            KeyStanding::VerifyOnlyUntil(_) | KeyStanding::Revoked => Err(Error::KeyRevoked),
        }
    }

    /// HMAC-SHA-256 over `fields`, each with its length before it.
    pub(super) fn mac(&self, fields: &[&[u8]]) -> [u8; 32] {
        let mut mac = HmacSha256::new(Backend::default(), self.key.expose());
        for field in [LABEL].iter().chain(fields) {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field);
        }
        mac.finish()
    }
}

/// Fails for what is no id: 1 to 64 letters, digits, hyphens and underscores.
pub(super) fn check_kid(kid: &str) -> Result<(), Error> {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if kid.is_empty() || kid.len() > MAX_KID_LEN || !kid.bytes().all(is_id) {
        return Err(Error::KeyId("is not made of 1 to 64 letters, digits, hyphens and underscores"));
    }
    Ok(())
}

const LABEL: &[u8] = b"modelcrypt/url/v1";
const MAX_KID_LEN: usize = 64;
