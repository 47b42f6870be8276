//! Brings the entries of a model into the decrypted directory.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::Error;
use super::access::Access;
use super::place::Place;
use crate::base::{Progress, Temporary, for_each_at_once};
use crate::envelope::{Metadata, SealedReader};
use crate::model::{self, Entry, EntryKind};

/// Where the entries go, and how.
pub(super) struct Filler<'a> {
    /// The directory that mirrors the model.
    pub(super) root: &'a Path,
    pub(super) place: &'a Place,
    pub(super) access: Access,
    pub(super) progress: &'a dyn Progress,
}

/// Bytes of plaintext that is sealed.
pub(super) fn plaintext_len(entry: &EntryKind) -> u64 {
    match entry {
        EntryKind::Sealed(_, reader) => reader.len(),
        _ => 0,
    }
}

/// Bytes that an entry takes in the place of plaintexts.
pub(super) fn room(entry: &EntryKind, access: Access) -> u64 {
    match entry {
        EntryKind::Sealed(_, reader) => reader.len().next_multiple_of(PAGE_LEN),
        EntryKind::Plain(path) if access == Access::Write => {
            fs::metadata(path).map_or(0, |found| found.len())
        }
        _ => 0,
    }
}

impl Filler<'_> {
    /// Brings all of them, some at a time, and returns the memory files. The first error ends it.
    pub(super) fn fill(&self, entries: &[Entry]) -> Result<Vec<File>, Error> {
        for entry in entries {
            let below: Vec<_> = entry.relative.ancestors().skip(1).collect();
            for dir in below.into_iter().rev().filter(|dir| !dir.as_os_str().is_empty()) {
                make_dir(&self.root.join(dir))?;
            }
        }
        let filled = Mutex::new(Ok(Vec::new()));
        for_each_at_once(entries, |entry| {
            if lock(&filled).is_err() {
                return;
            }
            let made = self.entry(entry);
            let mut filled = lock(&filled);
            match (&mut *filled, made) {
                (Ok(files), Ok(made)) => files.extend(made),
                (Ok(_), Err(error)) => *filled = Err(error),
                (Err(_), _) => {}
            }
        });
        filled.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, entry: &Entry) -> Result<Option<File>, Error> {
        let target = self.root.join(&entry.relative);
        match &entry.kind {
            EntryKind::Sealed(path, reader) => {
                let opened = self.open(reader, &target);
                let opened = opened.map_err(|error| error.of_file(path))?;
                self.progress.file_finished(path, "opened", reader.len());
                return Ok(opened);
            }
            EntryKind::Plain(path) if self.access == Access::Write && path.is_file() => copy(path, &target)?,
            EntryKind::Plain(path) => symlink(path, &target).map_err(Error::io("linking", &target))?,
            EntryKind::Alias(other) => {
                // Relative: the directory gets another name if it is kept.
                let ups = entry.relative.components().skip(1).map(|_| Component::ParentDir);
                let way = Path::new(".").join(ups.collect::<PathBuf>()).join(other);
                symlink(way, &target).map_err(Error::io("linking", &target))?;
            }
        }
        Ok(None)
    }

    /// The name appears when the whole file has authenticated.
    fn open(&self, reader: &SealedReader<File>, target: &Path) -> Result<Option<File>, Error> {
        if *self.place == Place::Memfd {
            return self.open_in_memory(reader, target).map(Some);
        }
        let dir = target.parent().unwrap_or(self.root);
        let temporary = Temporary::create_in(dir).map_err(Error::io("writing to", dir))?;
        reader.open_into(temporary.file(), self.progress).map_err(model::Error::from)?;
        let mode = if self.access == Access::Write { 0o600 } else { 0o400 };
        let finished = temporary.file().set_permissions(Permissions::from_mode(mode));
        finished.map_err(Error::io("writing", target))?;
        set_modified(temporary.file(), reader.metadata());
        temporary.persist_new(target).map_err(Error::io("writing", target))?;
        Ok(None)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn open_in_memory(&self, reader: &SealedReader<File>, target: &Path) -> Result<File, Error> {
        use super::memfd::{Filling, path_of};
        use crate::base::Identity;
        let filling = Filling::create(target.file_name().unwrap_or_default());
        let filling = filling.map_err(Error::io("making a memory file for", target))?;
        reader.open_into(filling.file(), self.progress).map_err(model::Error::from)?;
        set_modified(filling.file(), reader.metadata());
        let file = match filling.seal() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::NoProc("/proc".into()));
            }
            sealed => sealed.map_err(Error::io("sealing the memory file of", target))?,
        };
        let path = path_of(&file);
        // Seen from here, at least: `/proc` may be missing, or show only what it pleases.
        let leads_there = fs::metadata(&path)
            .and_then(|seen| Ok(Identity::of(&seen).same_file(&Identity::of(&file.metadata()?))));
        if !leads_there.unwrap_or(false) {
            return Err(Error::NoProc(path));
        }
        symlink(&path, target).map_err(Error::io("linking", target))?;
        Ok(file)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Filler<'_> {
    #[allow(clippy::unused_self, reason = "the platforms that have memory files need it")]
    fn open_in_memory(&self, _: &SealedReader<File>, _: &Path) -> Result<File, Error> {
        Err(Error::NoMemfd)
    }
}

/// Makes a directory that only this user can enter, unless it is there.
pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(Error::io("making", path)),
    }
}

fn copy(path: &Path, target: &Path) -> Result<(), Error> {
    fs::copy(path, target).map_err(Error::io("copying", path))?;
    fs::set_permissions(target, Permissions::from_mode(0o600)).map_err(Error::io("writing", target))
}

/// Loaders that cache by time find the time of the original; that it cannot be set harms nobody.
fn set_modified(file: &File, metadata: &Metadata) {
    let since_epoch = metadata.mtime_ns.and_then(|ns| u64::try_from(ns).ok());
    if let Some(ns) = since_epoch {
        let _ = file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_nanos(ns));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const PAGE_LEN: u64 = 4096;
