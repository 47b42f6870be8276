//! Removes a file that has done its part: renamed aside first, looked at, and only then unlinked, so that a
//! file which somebody put in its place meanwhile is never the one that goes.

use std::fs;
use std::io;
use std::path::Path;

use super::{Error, names};
use crate::base::{Identity, fill_random, link_free_rename, sync_dir};

/// Removes the file at `path` if it still is `expected`; gives it its name back and fails with
/// [`Error::Changed`] if it is another one. A file that is gone already is no error.
pub(super) fn retire(path: &Path, expected: &Identity) -> Result<(), Error> {
    let mut random = [0; 4];
    fill_random(&mut random).map_err(Error::io("naming aside", path))?;
    let aside = names::claimed_path(path, random);
    match link_free_rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed.map_err(Error::io("renaming aside", path))?,
    }
    let found = fs::symlink_metadata(&aside).map_err(Error::io("looking at", &aside))?;
    if Identity::of(&found) != *expected {
        // If its name was taken meanwhile, it waits under the claimed one: the next run reports it.
        link_free_rename(&aside, path).map_err(|_| Error::Claimed(path.to_owned()))?;
        return Err(Error::Changed);
    }
    fs::remove_file(&aside).map_err(Error::io("removing", &aside))?;
    sync_dir(names::parent(path)).map_err(Error::io("syncing the directory of", path))
}
