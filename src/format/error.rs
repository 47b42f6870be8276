//! What can be wrong with the bytes of a header.

use super::limits::{MAX_PBKDF2_ITERATIONS, MAX_PLAINTEXT_LEN};

/// Why bytes are not a header of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither copy begins with our magic.
    #[error("not a sealed file")]
    NotSealed,
    /// The file ends inside the header.
    #[error("cut off inside the header")]
    Truncated,
    /// Our magic is there, but the checksum of neither copy holds.
    #[error("both header copies are damaged")]
    NoValidCopy,
    /// A version, suite or flag from a future that this reader does not know.
    #[error("unsupported {what} {found}")]
    Unsupported {
        /// Which field.
        what: &'static str,
        /// What it says.
        found: u64,
    },
    /// A field holds what no writer puts there.
    #[error("malformed header: {0}")]
    Malformed(&'static str),
    /// The two copies contradict each other.
    #[error("the header copies contradict each other: {0}")]
    Contradiction(&'static str),
    /// Opening the slots would cost more than any honest file asks for.
    #[error("the slots ask for {0} PBKDF2 iterations, more than {MAX_PBKDF2_ITERATIONS}")]
    TooManyIterations(u64),
    /// Longer than the format can hold.
    #[error("{0} bytes are more than a sealed file can hold ({MAX_PLAINTEXT_LEN})")]
    PlaintextTooLong(u64),
    /// A writer's slots and metadata do not fit into a header copy.
    #[error("no room in the header: {0}")]
    NoRoom(&'static str),
}
