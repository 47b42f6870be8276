//! What a finding is known by, where the secret itself must not stand.

use std::fmt;

use data_encoding::HEXLOWER;

use crate::crypto::{Backend, HmacSha256, hmac_sha256};

/// What a baseline knows a finding by: HMAC-SHA-256 of rule, path and secret. The same secret may move within its file
/// and stays known; in another file, or found by another rule, it is new.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// Makes the fingerprints of one file.
pub(super) struct Stamp {
    key: [u8; 32],
}

impl Stamp {
    /// For the file that the baseline with this key calls `name`.
    pub(super) fn new(key: &[u8; 32], name: &str) -> Self {
        Self { key: hmac_sha256(key, name.as_bytes()) }
    }

    pub(super) fn fingerprint(&self, rule: &str, secret: &[u8]) -> Fingerprint {
        let mut mac = HmacSha256::new(Backend::default(), &self.key);
        mac.update(rule.as_bytes());
        mac.update(&[0]);
        mac.update(secret);
        Fingerprint(mac.finish())
    }
}

impl Fingerprint {
    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// In lower-case hex.
    #[must_use]
    pub fn to_hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}
