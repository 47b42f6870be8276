//! The numbers that bound what a reader believes and a writer makes.

/// Bytes in one header copy.
pub const HEADER_COPY_LEN: usize = 8192;

/// Bytes before the payload: two header copies.
pub const HEADER_LEN: u64 = 16_384;

/// Slots in a header, at most.
pub const MAX_SLOTS: usize = 16;

/// Plaintext bytes in a file, at most: 2³⁸ chunks, the last of them shorter.
pub const MAX_PLAINTEXT_LEN: u64 = (1 << 52) - 1;

/// PBKDF2 iterations that a reader runs for one file, at most, summed over its distinct passphrase slots.
pub const MAX_PBKDF2_ITERATIONS: u64 = 10_000_000;

/// PBKDF2 iterations that a writer uses, at least.
pub const MIN_WRITER_ITERATIONS: u32 = 100_000;

/// PBKDF2 iterations that a writer uses unless told otherwise.
pub const DEFAULT_ITERATIONS: u32 = 600_000;

/// Sealed metadata: at least a tag.
pub const MIN_METADATA_LEN: usize = 16;
