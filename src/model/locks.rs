//! One writer for each directory: an exclusive flock on the directory itself, for as long as the run lasts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::Error;
use crate::base::{Identity, Progress};

/// The directories that this run may write in. Unlocked on drop.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: BTreeMap<PathBuf, File>,
    inodes: BTreeSet<(u64, u64)>,
}

impl Locks {
    /// Locks all of `dirs`, waiting for other runs. Every run locks in the order of device and inode, so
    /// that no two wait for each other.
    pub(super) fn take(
        dirs: impl IntoIterator<Item = PathBuf>,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let mut opened = Vec::new();
        for dir in dirs {
            let file = open(&dir).map_err(Error::io("opening the directory", &dir))?;
            let metadata = file.metadata().map_err(Error::io("looking at", &dir))?;
            opened.push((Identity::of(&metadata).inode(), dir, file));
        }
        opened.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        // One directory under two names is locked once: a second lock would wait for the first for ever.
        opened.dedup_by(|a, b| a.0.is_some() && a.0 == b.0);
        let mut held = BTreeMap::new();
        let inodes = opened.iter().filter_map(|(inode, ..)| *inode).collect();
        for (_, dir, file) in opened {
            lock(&file, &dir, progress)?;
            held.insert(dir, file);
        }
        Ok(Self { held, inodes })
    }

    /// Fails unless all of `dirs` are locked by this run.
    pub(super) fn cover<'d>(&self, mut dirs: impl Iterator<Item = &'d PathBuf>) -> Result<(), Error> {
        dirs.try_for_each(|dir| self.check(dir))
    }

    /// Fails if `dir` is not, or no longer, a directory that this run has locked: somebody may have put
    /// another one, or a link, in its place.
    pub(super) fn check(&self, dir: &Path) -> Result<(), Error> {
        let metadata = dir.symlink_metadata().map_err(Error::io("looking at", dir))?;
        let held = match Identity::of(&metadata).inode() {
            Some(inode) => self.inodes.contains(&inode),
            None => self.held.contains_key(dir),
        };
        if held { Ok(()) } else { Err(Error::Moved(dir.to_owned())) }
    }
}

/// Locks `file` exclusively, waiting for other runs and saying so.
pub(super) fn lock(file: &File, path: &Path, progress: &dyn Progress) -> Result<(), Error> {
    wait_for(|| file.try_lock(), path, progress)
}

/// Locks `file` so that nobody else locks it exclusively.
pub(super) fn lock_shared(file: &File, path: &Path, progress: &dyn Progress) -> Result<(), Error> {
    wait_for(|| file.try_lock_shared(), path, progress)
}

/// Tries again and again rather than blocking: a run that waits must still heed a signal.
fn wait_for(
    mut attempt: impl FnMut() -> Result<(), TryLockError>,
    path: &Path,
    progress: &dyn Progress,
) -> Result<(), Error> {
    for tries in 0_u64.. {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => return Err(Error::Lock { path: path.to_owned(), source }),
            Err(TryLockError::WouldBlock) if progress.is_cancelled() => return Err(Error::Interrupted),
            Err(TryLockError::WouldBlock) if tries == 1 => {
                progress.notice(&format!("waiting for another run on `{}`", path.display()));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        sleep(Duration::from_millis(10));
    }
    unreachable!("an endless count")
}

/// The directory itself; a file in it where directories cannot be opened.
fn open(dir: &Path) -> std::io::Result<File> {
    if cfg!(unix) {
        File::open(dir)
    } else {
        File::options().create(true).truncate(false).write(true).open(dir.join(".modelcrypt-lock"))
    }
}
