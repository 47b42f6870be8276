//! A plaintext in memory that has no name on any file system and that nobody can change any more.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

/// A memory file that is being filled.
pub(super) struct Filling(File);

impl Filling {
    /// Makes an empty one; `name` is what `/proc/PID/maps` shows.
    pub(super) fn create(name: &OsStr) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // A name may have 249 bytes; what it says is for people only.
        let name = &name.as_encoded_bytes()[..name.len().min(200)];
        let made = match memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
            // A kernel before 6.3.
            Err(Errno::INVAL) => memfd_create(name, flags),
            made => made,
        };
        Ok(Self(File::from(made?)))
    }

    /// For writing. Pages are made by the writes: one that finds no memory is an error, where a mapping
    /// would be SIGBUS, and the plaintext is never mapped here, so no core dump holds it.
    pub(super) fn file(&self) -> &File {
        &self.0
    }

    /// Ends the writing: from here on nobody can change it, and its owner can open it for reading.
    pub(super) fn seal(self) -> io::Result<File> {
        self.0.set_permissions(Permissions::from_mode(0o400))?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        fcntl_add_seals(&self.0, seals)?;
        OpenOptions::new().read(true).open(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }
}

/// Where every process of this user that sees our `/proc` can open it.
pub(super) fn path_of(file: &File) -> PathBuf {
    format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()).into()
}
