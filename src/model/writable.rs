//! Opens a sealed file for writing in place; a read-only one is made writable for that moment.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use super::Error;

/// Opens the regular file at `path` for reading and writing. Its mode is the same afterwards.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    let opening = || Error::io("opening for writing", path);
    match try_open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let metadata = fs::symlink_metadata(path).map_err(opening())?;
            if !metadata.is_file() || !metadata.permissions().readonly() {
                return Err(opening()(error));
            }
            let permissions = metadata.permissions();
            fs::set_permissions(path, with_owner_write(&permissions)).map_err(opening())?;
            let opened = try_open(path);
            fs::set_permissions(path, permissions).map_err(opening())?;
            opened.map_err(opening())
        }
        opened => opened.map_err(opening()),
    }
}

fn try_open(path: &Path) -> io::Result<File> {
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
