//! Where each chunk stands: C2SP `chunked-encryption` with chunks of 16 KiB and 16-byte tags.

use super::Error;
use super::limits::{HEADER_LEN, MAX_PLAINTEXT_LEN};

/// Plaintext bytes in every chunk but the last.
pub const CHUNK_LEN: usize = 16_384;

/// Bytes of tag behind each chunk.
pub const TAG_LEN: usize = 16;

/// Bytes of a full chunk in the file.
pub const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;

/// Bytes of salt at the payload's start.
pub const SALT_LEN: usize = 24;

/// Bytes of key commitment behind the salt.
pub const COMMITMENT_LEN: usize = 32;

/// Bytes before chunk 0 in the payload.
pub const PREFIX_LEN: usize = SALT_LEN + COMMITMENT_LEN;

/// The lengths and offsets of one payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    plaintext_len: u64,
}

impl Geometry {
    /// For a plaintext of this many bytes.
    pub fn of_plaintext(plaintext_len: u64) -> Result<Self, Error> {
        if plaintext_len > MAX_PLAINTEXT_LEN {
            return Err(Error::PlaintextTooLong(plaintext_len));
        }
        Ok(Self { plaintext_len })
    }

    /// For a sealed file of this many bytes, header included; `None` if none has that length.
    #[must_use]
    pub fn of_sealed(sealed_len: u64) -> Option<Self> {
        let body_len = sealed_len.checked_sub(HEADER_LEN + PREFIX_LEN as u64)?;
        let full_chunks = body_len / SEALED_CHUNK_LEN as u64;
        let last_len = (body_len % SEALED_CHUNK_LEN as u64).checked_sub(TAG_LEN as u64)?;
        Self::of_plaintext(full_chunks * CHUNK_LEN as u64 + last_len).ok()
    }

    /// Bytes of plaintext.
    #[must_use]
    pub fn plaintext_len(self) -> u64 {
        self.plaintext_len
    }

    /// Chunks, the last and shorter one included: never 0.
    #[must_use]
    pub fn chunk_count(self) -> u64 {
        self.plaintext_len / CHUNK_LEN as u64 + 1
    }

    /// Bytes of the whole file, header included.
    #[must_use]
    pub fn sealed_len(self) -> u64 {
        HEADER_LEN + PREFIX_LEN as u64 + self.plaintext_len + self.chunk_count() * TAG_LEN as u64
    }

    /// Plaintext bytes in chunk `index`.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "a remainder by CHUNK_LEN fits")]
    pub fn chunk_plaintext_len(self, index: u64) -> usize {
        if index + 1 < self.chunk_count() {
            CHUNK_LEN
        } else {
            (self.plaintext_len % CHUNK_LEN as u64) as usize
        }
    }

    /// Where chunk `index` starts in the file.
    #[must_use]
    pub fn chunk_offset(index: u64) -> u64 {
        HEADER_LEN + PREFIX_LEN as u64 + index * SEALED_CHUNK_LEN as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_chunk_is_always_shorter() {
        for (plaintext_len, chunks, last_len) in
            [(0, 1, 0), (1, 1, 1), (16_383, 1, 16_383), (16_384, 2, 0), (16_385, 2, 1), (32_768, 3, 0)]
        {
            let geometry = Geometry::of_plaintext(plaintext_len).unwrap();
            assert_eq!(geometry.chunk_count(), chunks);
            assert_eq!(geometry.chunk_plaintext_len(chunks - 1), last_len);
        }
    }

    #[test]
    fn lengths_convert_both_ways_and_no_other_length_exists() {
        for plaintext_len in (0..70_000).chain([MAX_PLAINTEXT_LEN - 1, MAX_PLAINTEXT_LEN]) {
            let geometry = Geometry::of_plaintext(plaintext_len).unwrap();
            assert_eq!(Geometry::of_sealed(geometry.sealed_len()), Some(geometry));
        }
        let empty_len = Geometry::of_plaintext(0).unwrap().sealed_len();
        for short in 1..=16 {
            assert_eq!(Geometry::of_sealed(empty_len - short), None);
        }
        assert_eq!(Geometry::of_sealed(0), None);
        assert!(Geometry::of_plaintext(MAX_PLAINTEXT_LEN + 1).is_err());
        assert!(Geometry::of_plaintext(u64::MAX).is_err());
    }
}
