//! Tidies up after runs that were killed: temporaries go, files renamed aside get their names back. The
//! caller holds the locks of their directories, so that none of them belongs to a living run.

use std::collections::BTreeMap;
use std::fs::{self, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::report::{FileReport, Outcome};
use super::{Error, compare, names, writable};
use crate::base::{Identity, Progress, link_free_rename, open_regular, sync_dir};
use crate::envelope::Opener;
use crate::keys::MasterKey;

/// Tidies up all of `leftovers`. Without a key, a claimed file whose name was taken is only reported.
pub(super) fn recover(
    leftovers: &BTreeMap<PathBuf, Option<PathBuf>>,
    key: Option<&MasterKey>,
    progress: &dyn Progress,
) -> Vec<FileReport> {
    let mut reports = Vec::new();
    for (path, original) in leftovers {
        let done = match original {
            None => remove_temporary(path),
            Some(original) => put_back(path, original, key, progress).map(Some),
        };
        let (outcome, notices) = match done {
            Ok(None) => continue,
            Ok(Some(notice)) => (Ok(Outcome::Swept), vec![notice]),
            Err(error) => (Err(error), Vec::new()),
        };
        reports.push(FileReport { path: path.clone(), outcome, plaintext_len: 0, notices });
    }
    reports
}

/// Whether somebody is at work on it: a temporary that its maker holds locked.
pub(super) fn is_alive(temporary: &Path) -> bool {
    let is_locked = |file: fs::File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    open_regular(temporary).is_ok_and(is_locked)
}

/// A temporary that somebody holds locked is alive and stays.
fn remove_temporary(path: &Path) -> Result<Option<String>, Error> {
    let file = match writable::try_open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("opening the leftover", path)(error)),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(source)) => return Err(Error::Lock { path: path.to_owned(), source }),
    }
    fs::remove_file(path).map_err(Error::io("removing the leftover", path))?;
    Ok(Some("removed a temporary of a run that was killed".into()))
}

fn put_back(
    claimed: &Path,
    original: &Path,
    key: Option<&MasterKey>,
    progress: &dyn Progress,
) -> Result<String, Error> {
    match link_free_rename(claimed, original) {
        Ok(()) => {
            sync(original)?;
            return Ok(format!(
                "put `{}` back, which a run that was killed had renamed aside",
                original.display()
            ));
        }
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Error::io("renaming back", claimed)(error));
        }
        Err(_) => {}
    }
    let identity = |path: &Path| fs::symlink_metadata(path).map(|metadata| Identity::of(&metadata));
    let looking = |path| Error::io("looking at", path);
    let same = identity(claimed)
        .map_err(looking(claimed))?
        .same_file(&identity(original).map_err(looking(original))?);
    if !same && !is_redundant(claimed, original, key, progress)? {
        return Err(Error::Claimed(original.to_owned()));
    }
    sync(original)?;
    fs::remove_file(claimed).map_err(Error::io("removing the leftover", claimed))?;
    sync(original)?;
    Ok("removed a file that a run that was killed had renamed aside".into())
}

/// Whether what was renamed aside is held by the sealed file beside it, byte for byte; or, if it is a sealed
/// file itself, by the one that has its name now.
fn is_redundant(
    claimed: &Path,
    original: &Path,
    key: Option<&MasterKey>,
    progress: &dyn Progress,
) -> Result<bool, Error> {
    let aside = open_regular(claimed).map_err(Error::io("opening the leftover", claimed))?;
    if names::plain_path(original).is_some() {
        let standing = open_regular(original).map_err(Error::io("opening", original))?;
        let equal = compare::same_files(&aside, &standing).map_err(Error::io("comparing", original))?;
        standing.sync_all().map_err(Error::io("syncing", original))?;
        return Ok(equal);
    }
    let (Some(key), Ok(opener)) = (key, Opener::open(&names::sealed_path(original))) else {
        return Ok(false);
    };
    let Ok(reader) = opener.unlock(key) else { return Ok(false) };
    let equal = compare::holds(&reader, &aside, progress)?;
    if equal {
        let synced = reader.source().sync_all();
        synced.map_err(Error::io("syncing", &names::sealed_path(original)))?;
    }
    Ok(equal)
}

fn sync(original: &Path) -> Result<(), Error> {
    sync_dir(names::parent(original)).map_err(Error::io("syncing the directory of", original))
}
