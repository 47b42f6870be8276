//! A full disk, told with what it would have had to hold.

use std::io;
use std::path::Path;

use super::{Error, names};
use crate::base::free_bytes;
use crate::envelope;

/// Names what a full disk would have had to hold, where the work on `target` ended for that.
pub(super) fn with_room(error: envelope::Error, needed: u64, target: &Path) -> Error {
    match error.io_error() {
        Some(source) if is_full(source) => full(needed, target),
        _ => error.into(),
    }
}

/// The same for an error of the operating system, which otherwise says what was being done.
pub(super) fn io_with_room(
    doing: &'static str,
    needed: u64,
    target: &Path,
) -> impl FnOnce(io::Error) -> Error {
    move |source| if is_full(&source) { full(needed, target) } else { Error::io(doing, target)(source) }
}

fn is_full(source: &io::Error) -> bool {
    matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn full(needed: u64, target: &Path) -> Error {
    Error::DiskFull { needed, free: free_bytes(names::parent(target)) }
}
