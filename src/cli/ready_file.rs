//! The file that tells another process that a decrypted directory is there.

use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::failure::Failure;
use super::json::{self, JsonPath};
use crate::base::{Identity, Temporary, parent_dir};
use crate::guard::Protection;
use crate::{ErrorKind, TemporaryDecrypt};

/// Holds the directory's path. Removed on drop, unless somebody has put another file in its place.
pub(super) struct ReadyFile {
    path: PathBuf,
    identity: Identity,
}

impl ReadyFile {
    /// Removes what a run that was killed has left at `path`: whoever waits for the file must not take it for
    /// this run's. Refuses a path at which something stands that is no regular file.
    pub(super) fn make_way(path: &Path) -> Result<(), Failure> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_file() => fs::remove_file(path).map_err(|error| failed(path, &error)),
            Ok(_) => Err(Failure::usage(format!("`{}` is not a regular file", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(path, &error)),
        }
    }

    /// Writes it, whole from the moment that it has its name: a line, or an object.
    pub(super) fn write(path: &Path, guard: &TemporaryDecrypt, as_json: bool) -> Result<Self, Failure> {
        let text = if as_json {
            let Protection { plaintext_len, may_swap, locked_len, .. } = guard.protection();
            json::line(&Ready { dir: JsonPath::from(guard.path()), plaintext_len, may_swap, locked_len })
                .into_bytes()
        } else {
            [guard.path().as_os_str().as_bytes(), b"\n"].concat()
        };
        let written = Temporary::create_in(parent_dir(path)).and_then(|temporary| {
            temporary.file().write_all(&text)?;
            let identity = Identity::of(&temporary.file().metadata()?);
            temporary.persist_over(path).map(|_| identity)
        });
        written.map(|identity| Self { path: path.to_owned(), identity }).map_err(|error| failed(path, &error))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        let is_ours = |found| Identity::of(&found).same_file(&self.identity);
        if fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::new(ErrorKind::Io, format!("writing `{}`: {error}", path.display()))
}

#[derive(Serialize)]
struct Ready {
    #[serde(flatten)]
    dir: JsonPath,
    plaintext_len: u64,
    may_swap: bool,
    locked_len: u64,
}
