//! Removes a file that has done its part: renamed aside first, looked at, and only then unlinked, so that a
//! file which somebody put in its place meanwhile is never the one that goes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, names};
use crate::base::{Identity, fill_random, link_free_rename, rename_to_private, sync_dir};

/// Removes the file at `path` if it still is `expected`; gives it its name back and fails with
/// [`Error::Changed`] if it is another one. A file that is gone already is no error.
pub(super) fn retire(path: &Path, expected: &Identity) -> Result<(), Error> {
    let Some(aside) = put_aside(path)? else { return Ok(()) };
    let found = fs::symlink_metadata(&aside).map_err(Error::io("looking at", &aside))?;
    if Identity::of(&found) != *expected {
        return put_back(&aside, path);
    }
    fs::remove_file(&aside).map_err(Error::io("removing", &aside))?;
    sync_dir(names::parent(path)).map_err(Error::io("syncing the directory of", path))
}

/// Removes the link at `path` if it still points to `target`; a file that somebody put in its place stays.
pub(super) fn retire_link(path: &Path, target: &Path) -> Result<(), Error> {
    let Some(aside) = put_aside(path)? else { return Ok(()) };
    if !fs::read_link(&aside).is_ok_and(|found| found == target) {
        return put_back(&aside, path);
    }
    fs::remove_file(&aside).map_err(Error::io("removing", &aside))?;
    sync_dir(names::parent(path)).map_err(Error::io("syncing the directory of", path))
}

/// The name that the file has now; `None`: it is gone already.
fn put_aside(path: &Path) -> Result<Option<PathBuf>, Error> {
    let mut random = [0; 4];
    fill_random(&mut random).map_err(Error::io("naming aside", path))?;
    let aside = names::claimed_path(path, random);
    match rename_to_private(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        renamed => renamed.map(|()| Some(aside)).map_err(Error::io("renaming aside", path)),
    }
}

/// If its name was taken meanwhile, it waits under the claimed one: the next run reports it.
fn put_back(aside: &Path, path: &Path) -> Result<(), Error> {
    link_free_rename(aside, path).map_err(Error::io("renaming back", aside))?;
    sync_dir(names::parent(path)).map_err(Error::io("syncing the directory of", path))?;
    Err(Error::Changed)
}
