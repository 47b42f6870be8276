//! An unlocked sealed file: whole, verified, or any slice of it.

use std::{fmt, io};

use super::{Error, Metadata};
use crate::base::{Progress, ReadAt, Silent, WriteAt};
use crate::engine::{
    self, Comparing, Discard, Hashes, PayloadCipher, is_difference, open_payload, par_read_payload_exact_at,
    read_payload_at,
};
use crate::format::geometry::TAG_LEN;
use crate::format::{Geometry, Header, HeaderCopy, HeaderPair, PairState};
use crate::keys::FileKey;

/// A sealed file whose header, metadata and length are authentic. Reads at any offset, by many threads at
/// once; only the chunks that a read touches are opened, and no byte comes out before its chunk verified.
pub struct SealedReader<S> {
    source: S,
    pair: HeaderPair,
    file_key: FileKey,
    metadata: Metadata,
    cipher: PayloadCipher,
    geometry: Geometry,
}

/// What a whole pass over a sealed file has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// SHA-256 of the plaintext.
    pub plaintext_sha256: [u8; 32],
    /// SHA-256 of all bytes behind the header.
    pub payload_sha256: [u8; 32],
}

impl<S: ReadAt> SealedReader<S> {
    pub(super) fn new(
        source: S,
        pair: HeaderPair,
        file_key: FileKey,
        metadata: Metadata,
        cipher: PayloadCipher,
        geometry: Geometry,
    ) -> Self {
        Self { source, pair, file_key, metadata, cipher, geometry }
    }

    /// Bytes of plaintext.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.geometry.plaintext_len()
    }

    /// Whether the plaintext is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the sealed file.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.geometry.sealed_len()
    }

    /// What was sealed beside the plaintext.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The authenticated header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.pair.newest.header
    }

    /// The authenticated header with its bytes.
    #[must_use]
    pub fn header_copy(&self) -> &HeaderCopy {
        &self.pair.newest
    }

    /// How the two header copies stand to each other.
    #[must_use]
    pub fn state(&self) -> PairState {
        self.pair.state
    }

    /// The key of this file.
    #[must_use]
    pub fn file_key(&self) -> &FileKey {
        &self.file_key
    }

    /// Where the sealed bytes are.
    #[must_use]
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Opens the whole payload into `sink`, chunk by authenticated chunk, on the threads of the pool.
    pub fn open_into(&self, sink: &dyn WriteAt, progress: &dyn Progress) -> Result<(), Error> {
        open_payload(&self.cipher, self.geometry, &self.source, sink, Hashes::NONE, progress)?;
        Ok(())
    }

    /// Fills `buffer` with the plaintext at `offset`, on the threads of the pool: each chunk that it touches
    /// is opened into its place, with no copy between. That there is less plaintext is an error.
    pub fn open_range_into(
        &self,
        buffer: &mut [u8],
        offset: u64,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let Self { cipher, geometry, source, .. } = self;
        Ok(par_read_payload_exact_at(cipher, *geometry, source, buffer, offset, progress)?)
    }

    /// Authenticates every chunk and keeps nothing.
    pub fn authenticate(&self, progress: &dyn Progress) -> Result<(), Error> {
        self.open_into(&Discard, progress)
    }

    /// Whether the plaintext is just the `other_len` bytes of `other`; every chunk is authenticated up to
    /// the first difference.
    pub fn equals(&self, other: &dyn ReadAt, other_len: u64, progress: &dyn Progress) -> Result<bool, Error> {
        if other_len != self.len() {
            return Ok(false);
        }
        match self.open_into(&Comparing(other), progress) {
            Err(error) if error.io_error().is_some_and(is_difference) => Ok(false),
            compared => compared.map(|()| true),
        }
    }

    /// Authenticates every chunk, and the plaintext's SHA-256 where one was sealed.
    pub fn verify(&self, progress: &dyn Progress) -> Result<Verified, Error> {
        let hashes =
            open_payload(&self.cipher, self.geometry, &self.source, &Discard, Hashes::BOTH, progress)?;
        let (Some(plaintext_sha256), Some(payload_sha256)) = (hashes.plaintext, hashes.payload) else {
            unreachable!("both were asked for");
        };
        if self.metadata.sha256.is_some_and(|sealed| sealed != plaintext_sha256) {
            return Err(Error::WrongSha256);
        }
        Ok(Verified { plaintext_sha256, payload_sha256 })
    }

    pub(super) fn authenticate_last_chunk(&self) -> Result<(), Error> {
        let last = self.geometry.chunk_count() - 1;
        let plaintext_len = self.geometry.chunk_plaintext_len(last);
        let mut sealed = vec![0; plaintext_len + TAG_LEN];
        if self.source.read_full_at(&mut sealed, Geometry::chunk_offset(last))? < sealed.len() {
            return Err(engine::Error::Truncated.into());
        }
        let mut plaintext = zeroize::Zeroizing::new(vec![0; plaintext_len]);
        Ok(self.cipher.open_chunk(last, &sealed, &mut plaintext)?)
    }
}

/// Shows lengths only.
impl<S> fmt::Debug for SealedReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedReader").field("geometry", &self.geometry).finish_non_exhaustive()
    }
}

impl<S: ReadAt> ReadAt for SealedReader<S> {
    /// Plaintext at `offset`; an error that is not the source's own wraps an [`Error`].
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        read_payload_at(&self.cipher, self.geometry, &self.source, buffer, offset)
            .map_err(|error| io::Error::other(Error::from(error)))
    }

    fn par_read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.open_range_into(buffer, offset, &Silent).map_err(io::Error::other)
    }
}
