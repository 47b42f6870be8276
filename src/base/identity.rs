//! Which file this is, and whether it is still what was read.

use std::fs::Metadata;
use std::time::SystemTime;

/// A file's place on its device, its length and its time of change: equal means untouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    inode: Option<(u64, u64)>,
    len: u64,
    modified: Option<SystemTime>,
}

impl Identity {
    /// Reads it off the metadata.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self { inode: inode(metadata), len: metadata.len(), modified: metadata.modified().ok() }
    }

    /// Whether both are one file, whatever was written to it since.
    #[must_use]
    pub fn same_file(&self, other: &Self) -> bool {
        self.inode.is_some() && self.inode == other.inode
    }

    /// `(device, inode)`, where the platform has them.
    #[must_use]
    pub fn inode(&self) -> Option<(u64, u64)> {
        self.inode
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "the other platforms have none")]
fn inode(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<(u64, u64)> {
    None
}
