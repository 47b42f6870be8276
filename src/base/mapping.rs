//! Files mapped into memory. `unsafe` stands here and nowhere else in the library.
#![allow(unsafe_code, reason = "a mapping is sound only if nobody cuts or changes the file: checked here")]

use std::fs::File;
use std::io;

use memmap2::{Advice, Mmap, MmapOptions};
use rustix::fs::{SealFlags, fcntl_get_seals};

/// The beginning of a sealed memory file, kept in memory for as long as this lives.
#[derive(Debug)]
pub struct Locked(Mmap);

impl Locked {
    /// Locks the first `len` > 0 bytes, which no core dump of this process will hold. Fails with
    /// [`io::ErrorKind::OutOfMemory`] or [`io::ErrorKind::PermissionDenied`] beyond `RLIMIT_MEMLOCK`, and with
    /// [`io::ErrorKind::InvalidInput`] if the file may still be changed or cut.
    pub fn new(file: &File, len: usize) -> io::Result<Self> {
        if !fcntl_get_seals(file)?.contains(SealFlags::WRITE | SealFlags::SHRINK) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: the seals are checked above and cannot be taken back: the bytes stay, and stay as they are.
        let mapping = unsafe { MmapOptions::new().len(len).map(file)? };
        mapping.advise(Advice::DontDump)?;
        mapping.lock()?;
        Ok(Self(mapping))
    }

    /// Bytes that are locked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
