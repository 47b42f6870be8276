//! The chunk cipher: stateless and positional, so that serial, parallel and random access share it.

use super::Error;
use crate::base::{ReadAt, Secret};
use crate::crypto::{Aead, Backend, NONCE_LEN, TAG_LEN, constant_time_eq, expand_sha512};
use crate::format::geometry::{COMMITMENT_LEN, PREFIX_LEN, SALT_LEN};
use crate::format::limits::HEADER_LEN;

/// Seals and opens the chunks of one payload, in any order, by any number of threads.
pub struct PayloadCipher {
    aead: Aead,
    base_nonce: [u8; NONCE_LEN],
    prefix: [u8; PREFIX_LEN],
}

impl PayloadCipher {
    /// Derives the keys of the payload with this salt (c2sp.org/chunked-encryption, Cobblestone-256).
    #[must_use]
    pub fn derive(backend: Backend, input_key: &Secret<32>, salt: &[u8; SALT_LEN], context: &[u8]) -> Self {
        let info = [LABEL, &[0], salt, context].concat();
        let okm = expand_sha512::<{ 32 + NONCE_LEN + COMMITMENT_LEN }>(backend, input_key.expose(), &info);
        let (key, rest) = okm.expose().split_first_chunk::<32>().expect("the key comes first");
        let (base_nonce, commitment) = rest.split_first_chunk().expect("then the nonce");
        let mut prefix = [0; PREFIX_LEN];
        prefix[..SALT_LEN].copy_from_slice(salt);
        prefix[SALT_LEN..].copy_from_slice(commitment);
        Self { aead: Aead::new(backend, key), base_nonce: *base_nonce, prefix }
    }

    /// Derives the keys from the prefix that a payload begins with, and checks its commitment.
    pub fn from_prefix(
        backend: Backend,
        input_key: &Secret<32>,
        prefix: &[u8; PREFIX_LEN],
        context: &[u8],
    ) -> Result<Self, Error> {
        let (salt, _) = prefix.split_first_chunk().expect("a prefix begins with its salt");
        let cipher = Self::derive(backend, input_key, salt, context);
        if constant_time_eq(&cipher.prefix, prefix) { Ok(cipher) } else { Err(Error::WrongPayload) }
    }

    /// Reads the prefix of the sealed file in `source` and derives from it.
    pub fn read_from<S: ReadAt + ?Sized>(
        backend: Backend,
        input_key: &Secret<32>,
        source: &S,
        context: &[u8],
    ) -> Result<Self, Error> {
        let mut prefix = [0; PREFIX_LEN];
        let filled = source.read_full_at(&mut prefix, HEADER_LEN).map_err(Error::Read)?;
        if filled < PREFIX_LEN {
            return Err(Error::Truncated);
        }
        Self::from_prefix(backend, input_key, &prefix, context)
    }

    /// Salt and commitment: what a payload begins with.
    #[must_use]
    pub fn prefix(&self) -> &[u8; PREFIX_LEN] {
        &self.prefix
    }

    /// Seals the chunk at `index` into `sealed`, which is longer by a tag. The last chunk of a payload is
    /// shorter than [`CHUNK_LEN`](crate::format::geometry::CHUNK_LEN), all others have just that.
    pub fn seal_chunk(&self, index: u64, plaintext: &[u8], sealed: &mut [u8]) {
        self.aead.seal(&self.nonce(index), &[], plaintext, sealed);
    }

    /// Opens the chunk at `index` into `plaintext`, which is shorter by a tag. Yields no byte before the tag
    /// verifies; on failure `plaintext` is wiped.
    pub fn open_chunk(&self, index: u64, sealed: &[u8], plaintext: &mut [u8]) -> Result<(), Error> {
        debug_assert_eq!(sealed.len(), plaintext.len() + TAG_LEN);
        self.aead.open(&self.nonce(index), &[], sealed, plaintext).map_err(|_| Error::Chunk(index))
    }

    fn nonce(&self, index: u64) -> [u8; NONCE_LEN] {
        let mut nonce = self.base_nonce;
        for (byte, count) in nonce[NONCE_LEN - 8..].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= count;
        }
        nonce
    }
}

const LABEL: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM";
