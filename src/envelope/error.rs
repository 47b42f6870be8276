//! What can go wrong with one sealed file.

use std::io;

use crate::{engine, format, keys};

/// Why a file was not sealed, opened or rewrapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes of the header.
    #[error(transparent)]
    Format(#[from] format::Error),
    /// The key or the slots.
    #[error(transparent)]
    Key(#[from] keys::Error),
    /// The payload.
    #[error(transparent)]
    Payload(#[from] engine::Error),
    /// The header MAC does not verify under the file key.
    #[error("the header was tampered with")]
    HeaderTampered,
    /// The metadata does not authenticate.
    #[error("the metadata was tampered with")]
    MetadataTampered,
    /// The metadata authenticates and makes no sense.
    #[error("malformed metadata: {0}")]
    MetadataMalformed(String),
    /// The plaintext does not have the SHA-256 that was sealed with it.
    #[error("the plaintext does not have the SHA-256 it was sealed with")]
    WrongSha256,
    /// The file has been rewritten 2⁵³−1 times.
    #[error("no generation follows the last one")]
    NoGenerationLeft,
    /// A write to this file has failed: it is not written again before it was read anew.
    #[error("an earlier write failed; the file is not written again")]
    WriteFailedBefore,
    /// No slot would be left.
    #[error("no key slot would be left")]
    NoSlotLeft,
    /// Reading or writing the file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Error {
    /// The operating system's error under this one, if there is one.
    #[must_use]
    pub fn io_error(&self) -> Option<&io::Error> {
        match self {
            Self::Io(error) | Self::Payload(engine::Error::Read(error) | engine::Error::Write(error)) => {
                Some(error)
            }
            _ => None,
        }
    }

    /// Whether the work was told to stop.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Payload(engine::Error::Interrupted))
    }

    /// Whether the plaintext became shorter while it was read.
    #[must_use]
    pub fn is_shrunk_source(&self) -> bool {
        matches!(self, Self::Payload(engine::Error::SourceShrank))
    }
}
