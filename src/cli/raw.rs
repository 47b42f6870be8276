//! The standard streams without the buffers that look for lines.

use std::fs::File;
use std::io;

pub(super) fn stdin() -> io::Result<File> {
    file(&io::stdin())
}

pub(super) fn stdout() -> io::Result<File> {
    file(&io::stdout())
}

pub(super) fn stderr() -> io::Result<File> {
    file(&io::stderr())
}

#[cfg(unix)]
fn file(stream: &impl std::os::fd::AsFd) -> io::Result<File> {
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn file(stream: &impl std::os::windows::io::AsHandle) -> io::Result<File> {
    Ok(stream.as_handle().try_clone_to_owned()?.into())
}
