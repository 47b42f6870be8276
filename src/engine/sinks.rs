//! Where opened plaintext can go besides a file.

use std::io;

use crate::base::{ReadAt, WriteAt};

/// Takes plaintext and keeps nothing: for verifying.
#[derive(Debug, Clone, Copy, Default)]
pub struct Discard;

impl WriteAt for Discard {
    fn write_at(&self, bytes: &[u8], _: u64) -> io::Result<usize> {
        Ok(bytes.len())
    }
}

/// Compares plaintext with what stands at the same place of another file; a difference is an error that
/// [`is_difference`] knows. That the other file is no longer is for the caller to check.
pub struct Comparing<'a>(pub &'a dyn ReadAt);

impl WriteAt for Comparing<'_> {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut other = zeroize::Zeroizing::new(vec![0; bytes.len()]);
        let filled = self.0.read_full_at(&mut other, offset)?;
        if other[..filled] == *bytes { Ok(bytes.len()) } else { Err(io::Error::other(Difference)) }
    }
}

/// Whether an error of [`Comparing`] says that the bytes differ.
#[must_use]
pub fn is_difference(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Difference>)
}

#[derive(Debug, thiserror::Error)]
#[error("the bytes differ")]
struct Difference;
