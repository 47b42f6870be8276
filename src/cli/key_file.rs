//! Key files that we write: whole or not at all, for their owner only, never over another file.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::path::Path;

use super::failure::Failure;
use super::human::quoted;
use crate::ErrorKind;
use crate::base::{Temporary, parent_dir, sync_dir};
use crate::keys::MasterKey;

/// Writes a raw key to a file that must not exist yet.
pub(super) fn write_new(path: &Path, key: &MasterKey) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let temporary = Temporary::create_in(parent_dir(path))?;
        let text = key.to_text().expect("a key that was generated is raw");
        temporary.file().write_all(text.expose())?;
        temporary.file().write_all(b"\n")?;
        temporary.file().sync_all()?;
        temporary.persist_new(path).map(drop)
    };
    write().map_err(|error| failed(path, &error))
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
