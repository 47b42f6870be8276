//! AES-256-GCM as ring has it: in place.

use std::hint::black_box;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use ring::error::Unspecified;

/// One expanded key. It never moves, and ring does not wipe it, so that its place is overwritten on drop.
pub(super) struct Key(Box<LessSafeKey>);

impl Key {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Box::new(expand(key)))
    }

    /// Seals what `buffer` holds; its tag is returned.
    pub(super) fn seal_in_place(&self, nonce: &[u8; 12], aad: &[u8], buffer: &mut [u8]) -> [u8; 16] {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), buffer);
        let tag = tag.expect("lengths are far below the cipher's limit");
        tag.as_ref().try_into().expect("a tag of AES-GCM has 16 bytes")
    }

    /// Opens what `buffer` holds.
    pub(super) fn open_in_place(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), Unspecified> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0.open_in_place_separate_tag(nonce, Aad::from(aad), Tag::from(*tag), buffer, 0..).map(drop)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        *self.0 = expand(&[0; 32]);
        // Else the compiler may leave out a write that nobody reads.
        black_box(&self.0);
    }
}

fn expand(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("an AES-256 key has 32 bytes"))
}
