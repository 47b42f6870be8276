//! Files that appear whole or not at all: written beside under a temporary name, synced, renamed.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

/// How the names of our temporaries begin.
pub const TEMPORARY_PREFIX: &str = ".modelcrypt-tmp-";

/// How the names of files renamed aside before their removal begin; `<8 hex>-<original name>` follows.
pub const CLAIMED_PREFIX: &str = ".modelcrypt-claimed-";

/// A file under a temporary name, readable by its owner only and locked by its maker: one that is not
/// locked is a leftover. Removed on drop unless it was persisted.
#[derive(Debug)]
pub struct Temporary {
    path: PathBuf,
    file: Option<File>,
}

impl Temporary {
    /// Makes one in `dir`.
    pub fn create_in(dir: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        loop {
            let path = dir.join(random_name()?);
            let temporary = Self { file: Some(options.open(&path)?), path };
            temporary.file().lock()?;
            // Before it was locked, somebody may have taken it for a leftover.
            if temporary.path.symlink_metadata().is_ok() {
                return Ok(temporary);
            }
        }
    }

    /// The open file, for reading and writing.
    #[must_use]
    pub fn file(&self) -> &File {
        self.file.as_ref().expect("a temporary holds its file until it is persisted")
    }

    /// Its present path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, which must be free ([`io::ErrorKind::AlreadyExists`]), and syncs the directory.
    /// The content must have been synced.
    pub fn persist_new(mut self, target: &Path) -> io::Result<File> {
        link_free_rename(&self.path, target)?;
        self.finish(target)
    }

    /// Gives it its name, replacing what stands there, and syncs the directory. The content must have been synced.
    pub fn persist_over(mut self, target: &Path) -> io::Result<File> {
        fs::rename(&self.path, target)?;
        self.finish(target)
    }

    fn finish(&mut self, target: &Path) -> io::Result<File> {
        let file = self.file.take().expect("a temporary holds its file until it is persisted");
        sync_dir(parent_dir(target))?;
        file.unlock()?;
        Ok(file)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Renames to a name that nobody else knows, and so is free: whatever has the name `from` at that moment is
/// what is renamed, where the kernel cannot refuse to replace too.
pub fn rename_to_private(from: &Path, to: &Path) -> io::Result<()> {
    match rename_noreplace(from, to) {
        Err(error) if is_unsupported(&error) && to.symlink_metadata().is_err() => fs::rename(from, to),
        done => done,
    }
}

/// Renames without replacing: [`io::ErrorKind::AlreadyExists`] if `to` is taken. Where the kernel or the
/// file system cannot, links and unlinks: a crash between the two leaves one file under both names. `from`
/// must be a name that is ours alone.
pub fn link_free_rename(from: &Path, to: &Path) -> io::Result<()> {
    match rename_noreplace(from, to) {
        Err(error) if is_unsupported(&error) => {
            fs::hard_link(from, to)?;
            // It has its new name: a second one that stays is swept by the next run.
            let _ = fs::remove_file(from);
            Ok(())
        }
        done => done,
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_noreplace(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
}

/// Makes the names in `dir` last through a power cut. Nothing to do where directories cannot be opened.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Opens a regular file for reading without following a link at its end; anything else is
/// [`io::ErrorKind::InvalidInput`].
pub fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A FIFO put in the file's place must not hang us: open, look, refuse.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed(),
    );
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// Asks for room for `len` bytes now, so that a full disk shows before the work. A file system that
/// cannot tell is not an error.
pub fn preallocate(file: &File, len: u64) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if len > 0 {
        use rustix::fs::{FallocateFlags, fallocate, fstatfs};
        // On tmpfs the pages would be made by one thread, before the work, instead of by all, during it:
        // to know that there is room is enough.
        let found = fstatfs(file)?;
        if found.f_type == TMPFS_MAGIC {
            // One without a limit counts no blocks.
            if found.f_blocks == 0 {
                return Ok(());
            }
            let free = found.f_bavail.saturating_mul(u64::try_from(found.f_bsize).unwrap_or(0));
            return if free < len { Err(rustix::io::Errno::NOSPC.into()) } else { Ok(()) };
        }
        match fallocate(file, FallocateFlags::empty(), 0, len) {
            Err(rustix::io::Errno::NOSPC) => return Err(rustix::io::Errno::NOSPC.into()),
            Err(rustix::io::Errno::DQUOT) => return Err(rustix::io::Errno::DQUOT.into()),
            _ => {}
        }
    }
    let _ = (file, len);
    Ok(())
}

/// Bytes that an ordinary user may still write under `dir`, where the platform tells and there is a limit.
#[must_use]
pub fn free_bytes(dir: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let found = rustix::fs::statvfs(dir).ok()?;
        if found.f_blocks == 0 { None } else { found.f_bavail.checked_mul(found.f_frsize) }
    }
    #[cfg(not(unix))]
    {
        let _ = dir;
        None
    }
}

/// The directory that `path` is in: `.` for a bare name.
#[must_use]
pub fn parent_dir(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const TMPFS_MAGIC: rustix::fs::FsWord = 0x0102_1994;

fn random_name() -> io::Result<OsString> {
    let mut random = [0; 8];
    super::fill_random(&mut random)?;
    Ok(format!("{TEMPORARY_PREFIX}{}", HEXLOWER.encode(&random)).into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(dir: &Path) -> Vec<OsString> {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_dropped_temporary_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(Temporary::create_in(dir.path()).unwrap());
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn persisting_never_replaces_unless_asked() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        fs::write(&target, "old").unwrap();
        let temporary = Temporary::create_in(dir.path()).unwrap();
        temporary.file().write_all(b"new").unwrap();
        assert_eq!(temporary.persist_new(&target).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(dir.path()), ["target"]);
        let temporary = Temporary::create_in(dir.path()).unwrap();
        temporary.file().write_all(b"new").unwrap();
        temporary.persist_over(&target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(names(dir.path()), ["target"]);
    }

    #[test]
    fn a_living_temporary_is_locked() {
        let dir = tempfile::tempdir().unwrap();
        let temporary = Temporary::create_in(dir.path()).unwrap();
        let other = File::open(temporary.path()).unwrap();
        assert!(matches!(other.try_lock(), Err(fs::TryLockError::WouldBlock)));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_fifos_are_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        let link = dir.path().join("link");
        fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(open_regular(&link).is_err());
        assert!(open_regular(dir.path()).is_err());
        assert!(open_regular(&file).is_ok());
    }
}
