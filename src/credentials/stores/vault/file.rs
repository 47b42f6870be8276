//! The vault's file: for its owner only from its first moment on, in a folder that nobody else writes to.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::base::parent_dir;
use crate::credentials::Error;

/// Makes the folder and an empty file, unless they are there; whatever is there must be private.
pub(super) fn prepare(path: &Path) -> Result<(), Error> {
    let folder = parent_dir(path);
    make_folder(folder).map_err(failed("making", folder))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Nobody has it open: only a file that is not there is made. SQLite's locks would be lost when another handle
    // on the same file is closed.
    match options.open(path) {
        Ok(_) => check(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check(path),
        Err(error) => Err(failed("making", path)(error)),
    }
}

/// Checks that `path` is a regular file for its owner only, and that no other may put files beside it.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    let metadata = path.symlink_metadata().map_err(failed("opening", path))?;
    if !metadata.is_file() {
        let reason = "it is not a regular file".into();
        return Err(Error::Unsupported { path: path.to_owned(), reason });
    }
    #[cfg(unix)]
    {
        refuse_mode(path, &metadata, 0o077)?;
        let folder = parent_dir(path);
        // Who may write there can plant a journal, which SQLite would read.
        refuse_mode(folder, &folder.metadata().map_err(failed("opening", folder))?, 0o022)?;
    }
    Ok(())
}

/// Whether it has no bytes yet: made by a program that ended before it wrote, or cut to nothing.
pub(super) fn is_empty(path: &Path) -> bool {
    lens(path) == (0, 0)
}

/// Whether it ends within a page, with no log that the rest may be in.
pub(super) fn ends_in_a_page(path: &Path) -> bool {
    let (len, log_len) = lens(path);
    log_len == 0 && len >= HEADER_LEN as u64 && len % PAGE_LEN != 0
}

/// Of the file and of its write-ahead log.
fn lens(path: &Path) -> (u64, u64) {
    let len = |path: &Path| path.symlink_metadata().map_or(0, |metadata| metadata.len());
    (len(path), len(&with_suffix(path, "-wal")))
}

/// Whether it is shorter than its own first page says.
pub(super) fn is_cut(path: &Path) -> bool {
    use std::io::Read;
    let mut header = Vec::with_capacity(HEADER_LEN);
    let Ok(mut file) = fs::File::open(path) else { return false };
    if file.by_ref().take(HEADER_LEN as u64).read_to_end(&mut header).is_err() {
        return false;
    }
    if header.len() < HEADER_LEN {
        return MAGIC.starts_with(&header[..header.len().min(MAGIC.len())]);
    }
    // SQLite's format: the page's size at 16, where 1 stands for 65,536, and the number of pages at 28.
    let page_len = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        len => u64::from(len),
    };
    let page_count = u32::from_be_bytes([header[28], header[29], header[30], header[31]]);
    header.starts_with(MAGIC)
        && file.metadata().is_ok_and(|metadata| metadata.len() < page_len * u64::from(page_count))
}

/// `path` with `suffix` behind its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(super) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { doing, path, source }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn refuse_mode(path: &Path, metadata: &fs::Metadata, bits: u32) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & bits == 0 { Ok(()) } else { Err(Error::LoosePermissions { path: path.to_owned(), mode }) }
}

/// How the file of a database begins, and how much of it says how long it is.
const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER_LEN: usize = 32;
/// The length of a page, unless SQLite is told otherwise.
const PAGE_LEN: u64 = 4096;
