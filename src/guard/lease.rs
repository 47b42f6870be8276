//! A private directory that lives as long as its holder: an exclusive flock on it is the sign of life, which
//! no crash leaves behind and no reused process id can fake.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, openat, unlinkat};
use rustix::io::Errno;

use crate::base::{Identity, fill_random};

/// How the names of leased directories begin; 16 hexadecimal digits follow.
const PREFIX: &str = "modelcrypt-guard-";

/// How the names of those begin that hold what could not be written back.
const KEPT_PREFIX: &str = "modelcrypt-kept-";

/// A directory of our own, locked. Removed with all it holds on drop, as far as that works.
#[derive(Debug)]
pub(super) struct Lease {
    path: PathBuf,
    dir: File,
    holder: u32,
    removed: bool,
}

impl Lease {
    /// Makes a directory in `place` that only this user can enter, and locks it.
    pub(super) fn create_in(place: &Path) -> io::Result<Self> {
        loop {
            let mut random = [0; 8];
            fill_random(&mut random)?;
            let path = place.join(format!("{PREFIX}{}", HEXLOWER.encode(&random)));
            DirBuilder::new().mode(0o700).create(&path)?;
            // Before it was locked, somebody may have taken it for a leftover.
            if let Some(lease) = Self::take(path)? {
                return Ok(lease);
            }
        }
    }

    /// Takes over a directory that nobody holds any more; `None` if somebody does, or if it is not ours.
    pub(super) fn of_dead(path: PathBuf) -> io::Result<Option<Self>> {
        if is_leased_name(&path) { Self::take(path) } else { Ok(None) }
    }

    fn take(path: PathBuf) -> io::Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = match openat(CWD, &path, flags, Mode::empty()) {
            Ok(dir) => File::from(dir),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let metadata = dir.metadata()?;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Ok(None);
        }
        match dir.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let named = fs::symlink_metadata(&path);
        let is_named = named.is_ok_and(|named| Identity::of(&named).same_file(&Identity::of(&metadata)));
        Ok(is_named.then(|| Self { path, dir, holder: std::process::id(), removed: false }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this process made it: one that was forked off must leave it alone.
    pub(super) fn is_ours(&self) -> bool {
        self.holder == std::process::id()
    }

    /// Removes the directory with all it holds.
    pub(super) fn remove(mut self) -> io::Result<()> {
        self.removed = true;
        self.try_remove()
    }

    /// Renames it so that nobody takes it for a leftover, and leaves it.
    pub(super) fn keep(mut self) -> io::Result<PathBuf> {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let path = self.path.with_file_name(name.replace(PREFIX, KEPT_PREFIX));
        fs::rename(&self.path, &path)?;
        self.removed = true;
        Ok(path)
    }

    fn try_remove(&self) -> io::Result<()> {
        if !self.is_ours() {
            return Ok(());
        }
        empty(&self.dir)?;
        fs::remove_dir(&self.path)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.removed {
            let _ = self.try_remove();
        }
    }
}

/// Whether a directory of this name may be a leased one.
fn is_leased_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let random = name.strip_prefix(PREFIX).unwrap_or_default();
    random.len() == 16 && random.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Removes everything in `dir` by way of descriptors: a link is removed, never followed.
fn empty(dir: &File) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let names: Vec<OsString> = Dir::read_from(dir)?
        .map(|entry| Ok(OsString::from_vec(entry?.file_name().to_bytes().to_vec())))
        .collect::<io::Result<_>>()?;
    for name in names.into_iter().filter(|name| name != "." && name != "..") {
        match unlinkat(dir, &name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            // Linux says the one of a directory, POSIX the other.
            Err(Errno::ISDIR | Errno::PERM) => {
                let inner = File::from(openat(dir, &name, flags, Mode::empty())?);
                empty(&inner)?;
                unlinkat(dir, &name, AtFlags::REMOVEDIR)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
