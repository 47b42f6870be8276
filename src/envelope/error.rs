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
    /// The file has been rewritten 2⁶⁴−1 times.
    #[error("no generation follows the last one")]
    NoGenerationLeft,
    /// No slot would be left.
    #[error("no key slot would be left")]
    NoSlotLeft,
    /// Reading or writing the file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
