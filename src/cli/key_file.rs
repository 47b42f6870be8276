//! Key files that we write, and what is said where that fails.

use std::fs::DirBuilder;
use std::io;
use std::path::Path;

use super::failure::Failure;
use super::human::quoted;
use crate::ErrorKind;
use crate::base::{parent_dir, sync_dir};
use crate::keys::{self, MasterKey};

/// Writes a raw key to a file that must not exist yet.
pub(super) fn write_new(path: &Path, key: &MasterKey) -> Result<(), Failure> {
    keys::write_key_file(path, key).map_err(|error| match error {
        keys::Error::NotWritten { source, .. } => failed(path, &source),
        other => other.into(),
    })
}

/// Makes the folder that `path` is to be in, for its owner only.
pub(super) fn make_folder(path: &Path) -> Result<(), Failure> {
    let folder = parent_dir(path);
    let make = || -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        sync_dir(parent_dir(folder))
    };
    make().map_err(|error| failed(folder, &error))
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::new(ErrorKind::AlreadyExists, format!("`{}` exists and is not replaced", path.display()))
                .hint("choose another name: files may be sealed under the key in it")
        }
        io::ErrorKind::NotFound => Failure::new(
            ErrorKind::NotFound,
            format!("there is no directory `{}`", parent_dir(path).display()),
        )
        .hint(format!("`mkdir -p {}`", quoted(parent_dir(path)))),
        io::ErrorKind::PermissionDenied => {
            Failure::new(ErrorKind::PermissionDenied, format!("writing `{}`: {error}", path.display()))
        }
        _ => Failure::new(ErrorKind::Io, format!("writing `{}`: {error}", path.display())),
    }
}
