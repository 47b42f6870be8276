//! A private directory that lives as long as its holder: an exclusive flock on it is the sign of life, which
//! no crash leaves behind and no reused process id can fake.

use std::ffi::CStr;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, chmodat, fchmod, openat, unlinkat};
use rustix::io::Errno;

use crate::base::{Identity, fill_random};

/// How the names of leased directories begin; 16 hexadecimal digits follow.
const PREFIX: &str = "modelcrypt-guard-";

/// What group and others may do.
const FOR_OTHERS: u32 = 0o077;

/// How the names of those begin that hold what could not be written back.
const KEPT_PREFIX: &str = "modelcrypt-kept-";

/// A directory of our own, locked. Removed with all it holds on drop, as far as that works.
#[derive(Debug)]
pub(super) struct Lease {
    path: PathBuf,
    dir: File,
    holder: u32,
    is_let_go: bool,
}

impl Lease {
    /// Makes a directory in `place` that only this user can enter, and locks it. Fails where that cannot be had,
    /// as on a file system whose files are all somebody else's.
    pub(super) fn create_in(place: &Path) -> io::Result<Self> {
        for _ in 0..MAX_ATTEMPTS {
            let mut random = [0; 8];
            fill_random(&mut random)?;
            let path = place.join(format!("{PREFIX}{}", HEXLOWER.encode(&random)));
            DirBuilder::new().mode(0o700).create(&path)?;
            match Self::take(path.clone()) {
                Ok(Some(lease)) => return Ok(lease),
                // Before it was locked, somebody may have taken it for a leftover.
                taken => {
                    let _ = fs::remove_dir(&path);
                    taken?;
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "what is made there is not private to this user"))
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
        // Where others may rename, one of our other directories may have got the name.
        let is_private = metadata.mode() & FOR_OTHERS == 0;
        if metadata.uid() != rustix::process::geteuid().as_raw() || !is_private {
            return Ok(None);
        }
        match dir.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let named = fs::symlink_metadata(&path);
        let is_named = named.is_ok_and(|named| Identity::of(&named).same_file(&Identity::of(&metadata)));
        Ok(is_named.then(|| Self { path, dir, holder: std::process::id(), is_let_go: false }))
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
        self.is_let_go = true;
        self.try_remove()
    }

    /// Renames it so that nobody takes it for a leftover, and leaves it.
    pub(super) fn keep(mut self) -> io::Result<PathBuf> {
        self.is_let_go = true;
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let path = self.path.with_file_name(name.replace(PREFIX, KEPT_PREFIX));
        let renamed = fs::rename(&self.path, &path);
        if renamed.is_err() {
            // Held for as long as this process lives: nobody sweeps it meanwhile.
            std::mem::forget(self);
        }
        renamed.map(|()| path)
    }

    fn try_remove(&self) -> io::Result<()> {
        if !self.is_ours() {
            return Ok(());
        }
        empty(&self.dir).and(fs::remove_dir(&self.path))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_let_go {
            let _ = self.try_remove();
        }
    }
}

/// Whether a directory of this name may be a leased one.
pub(super) fn is_leased_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let random = name.strip_prefix(PREFIX).unwrap_or_default();
    random.len() == 16 && random.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Removes everything in `dir` by way of descriptors: a link is removed, never followed. What cannot be removed
/// is left, and the first error of all is returned.
fn empty(dir: &File) -> io::Result<()> {
    // Whoever was handed the directory may have closed it.
    let _ = fchmod(dir, Mode::RWXU);
    let names: Vec<_> = Dir::read_from(dir)?
        .map(|entry| entry.map(|entry| entry.file_name().to_owned()))
        .collect::<Result<_, _>>()?;
    let mut emptied = Ok(());
    for name in names.iter().filter(|name| ![c".", c".."].contains(&&***name)) {
        emptied = emptied.and(remove_below(dir, name));
    }
    emptied
}

fn remove_below(dir: &File, name: &CStr) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        // Linux says the one of a directory, POSIX the other.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    let inner = match openat(dir, name, flags, Mode::empty()) {
        Err(Errno::ACCESS) => {
            chmodat(dir, name, Mode::RWXU, AtFlags::empty())?;
            openat(dir, name, flags, Mode::empty())?
        }
        opened => opened?,
    };
    empty(&File::from(inner))?;
    Ok(unlinkat(dir, name, AtFlags::REMOVEDIR)?)
}

const MAX_ATTEMPTS: u32 = 100;
