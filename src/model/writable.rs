//! Opens a sealed file for writing in place; a read-only one is made writable for that moment.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use super::Error;
use crate::base::{Identity, open_regular};

/// Opens the regular file at `path` for reading and writing. Its mode is the same afterwards.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    let opening = || Error::io("opening for writing", path);
    match try_open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // By descriptor: the path may be swapped for a link at any moment.
            let readable = open_regular(path).map_err(opening())?;
            let metadata = readable.metadata().map_err(opening())?;
            let permissions = metadata.permissions();
            if !permissions.readonly() {
                return Err(opening()(error));
            }
            readable.set_permissions(with_owner_write(&permissions)).map_err(opening())?;
            let opened = try_open(path);
            readable.set_permissions(permissions).map_err(opening())?;
            let opened = opened.map_err(opening())?;
            let now = opened.metadata().map_err(opening())?;
            if Identity::of(&now).inode() == Identity::of(&metadata).inode() {
                Ok(opened)
            } else {
                Err(Error::Changed)
            }
        }
        opened => opened.map_err(opening()),
    }
}

/// Opens it as it is, without following a link.
pub(super) fn try_open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed(),
    );
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

#[cfg(unix)]
fn with_owner_write(permissions: &fs::Permissions) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    PermissionsExt::from_mode(permissions.mode() | 0o200)
}

#[cfg(not(unix))]
fn with_owner_write(permissions: &fs::Permissions) -> fs::Permissions {
    let mut permissions = permissions.clone();
    #[allow(
        clippy::permissions_set_readonly_false,
        reason = "on this platform it is one attribute of one file"
    )]
    permissions.set_readonly(false);
    permissions
}
