//! The file key and all keys derived from it. Derivations are HKDF-SHA-256 (RFC 5869) with the labels of
//! `docs/format.md`.

use super::Error;
use crate::base::{Secret, fill_random};
use crate::crypto::{Backend, constant_time_eq, expand_sha256, hkdf_sha256, hmac_sha256};
use crate::format::{Core, HeaderCopy};

/// The 32 random bytes that everything in one sealed file hangs on. Lives as long as the file: a rewrap
/// keeps it, a reencrypt makes a new one.
#[derive(Debug)]
pub struct FileKey(pub(super) Secret<32>);

impl FileKey {
    /// Makes a fresh one.
    pub fn generate() -> Result<Self, Error> {
        Secret::from_fn(|bytes| fill_random(bytes)).map(Self).map_err(Error::Random)
    }

    /// The MAC over the authenticated part of a header copy.
    #[must_use]
    pub fn header_mac(&self, core: &Core, authenticated: &[u8]) -> [u8; 32] {
        let key = self.expand(&[&label("header-mac"), &core.encode()]);
        hmac_sha256(key.expose(), authenticated)
    }

    /// Whether the copy's MAC is right.
    #[must_use]
    pub fn authenticates(&self, copy: &HeaderCopy) -> bool {
        constant_time_eq(&self.header_mac(&copy.header.core, copy.authenticated()), copy.mac())
    }

    /// The key of one generation's metadata: used once, for nonce 0.
    #[must_use]
    pub fn metadata_key(&self, core: &Core, generation: u64, header_salt: &[u8; 32]) -> Secret<32> {
        let info = [&label("meta")[..], &core.encode(), &generation.to_be_bytes()].concat();
        hkdf_sha256(Backend::default(), header_salt, self.0.expose(), &info)
    }

    /// The key that the payload's own keys are derived from.
    #[must_use]
    pub fn payload_input_key(&self, core: &Core) -> Secret<32> {
        self.expand(&[&label("payload-key"), &core.file_id])
    }

    /// The sidecar's keyed checksum of a plaintext: tells nothing to who has no key.
    #[must_use]
    pub fn checksum(&self, plaintext_sha256: &[u8; 32]) -> [u8; 32] {
        hmac_sha256(self.expand(&[&label("checksum")]).expose(), plaintext_sha256)
    }

    /// The MAC over a sidecar's canonical form.
    #[must_use]
    pub fn sidecar_mac(&self, canonical: &[u8]) -> [u8; 32] {
        hmac_sha256(self.expand(&[&label("sidecar")]).expose(), canonical)
    }

    /// A key for one purpose within what this key is for: `Expand(key, L(purpose) ‖ context, 32)`.
    #[must_use]
    pub fn derive(&self, purpose: &str, context: &[u8]) -> Secret<32> {
        self.expand(&[&label(purpose), context])
    }

    /// Whether both are the same key.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        constant_time_eq(self.0.expose(), other.0.expose())
    }

    fn expand(&self, info: &[&[u8]]) -> Secret<32> {
        expand_sha256(Backend::default(), self.0.expose(), &info.concat())
    }
}

/// `"modelcrypt/v1/" ‖ name ‖ 00`: what every derivation's info begins with.
#[must_use]
pub fn label(name: &str) -> Vec<u8> {
    [b"modelcrypt/v1/", name.as_bytes(), &[0]].concat()
}
