//! What can go wrong between a plaintext and a payload.

use std::io;

/// Why a payload was not sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The salt or the commitment does not belong to this key: the payload is not this header's.
    #[error("the payload does not belong to its header")]
    WrongPayload,
    /// A chunk's tag does not verify.
    #[error("chunk {0} does not authenticate")]
    Chunk(u64),
    /// The file ends before its last chunk does.
    #[error("cut off inside the payload")]
    Truncated,
    /// There are bytes behind the last chunk.
    #[error("bytes behind the last chunk")]
    Trailing,
    /// The plaintext source ended before the length it had when the work began.
    #[error("the source became shorter while it was read")]
    SourceShrank,
    /// More plaintext than a payload can hold.
    #[error("a stream of more than 4 PiB")]
    TooLong,
    /// [`Progress::is_cancelled`](crate::base::Progress::is_cancelled) said so.
    #[error("interrupted")]
    Interrupted,
    /// Reading the input failed.
    #[error("reading: {0}")]
    Read(#[source] io::Error),
    /// Writing the output failed.
    #[error("writing: {0}")]
    Write(#[source] io::Error),
}
