//! Where the files are, and how they are made.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Outcome;
use crate::child::bytes_in;

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const GIB: u64 = 1 << 30;

/// A folder of our own, gone with everything in it when this is dropped.
pub(crate) struct Place {
    folder: TempDir,
    why: String,
}

impl Place {
    /// Takes `asked`, else the tmpfs if it has `room` bytes, else the temporary directory.
    pub(crate) fn new(asked: Option<PathBuf>, room: u64) -> Outcome<Self> {
        let (parent, why) = match asked {
            Some(asked) => (asked, "as asked".to_owned()),
            None if room_on_tmpfs() >= room => (TMPFS.into(), "a tmpfs".to_owned()),
            None => (std::env::temp_dir(), format!("{TMPFS} has no {} MiB of memory to spare", room / MIB)),
        };
        let folder = tempfile::Builder::new().prefix("modelcrypt-bench-").tempdir_in(parent)?;
        Ok(Self { folder, why })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Says where it is and why there.
    pub(crate) fn told(&self) -> String {
        format!("{} ({})", self.folder.path().display(), self.why)
    }
}

/// Makes a file of `len` random bytes, and its folder, and reads it once to have it warm.
pub(crate) fn random_file(path: &Path, len: u64) -> Outcome<()> {
    fs::create_dir_all(path.parent().expect("a file in a folder"))?;
    let mut file = File::create_new(path)?;
    let mut block = vec![0; BLOCK_LEN];
    let mut left = len;
    while left > 0 {
        let block_len = usize::try_from(left).map_or(BLOCK_LEN, |left| left.min(BLOCK_LEN));
        let block = &mut block[..block_len];
        getrandom::fill(block)?;
        file.write_all(block)?;
        left -= u64::try_from(block_len)?;
    }
    // What is written back to a disk later would disturb what is measured then.
    file.sync_all()?;
    io::copy(&mut File::open(path)?, &mut io::sink())?;
    Ok(())
}

/// Removes a file or a whole folder, if it is there.
pub(crate) fn remove(path: &Path) -> Outcome<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("{}: {error}", path.display()).into())
        }
        _ => Ok(()),
    }
}

/// A length in the largest unit that it fills: `256 MiB`.
pub(crate) fn length(len: u64) -> String {
    match len {
        GIB.. => format!("{} GiB", len / GIB),
        MIB.. => format!("{} MiB", len / MIB),
        _ => format!("{} KiB", len / KIB),
    }
}

/// A tmpfs may promise more than there is memory.
fn room_on_tmpfs() -> u64 {
    let memory = fs::read_to_string("/proc/meminfo").ok();
    let memory = memory.and_then(|text| bytes_in(&text, "MemAvailable:")).unwrap_or(0);
    room_on(TMPFS).min(memory)
}

#[cfg(unix)]
fn room_on(path: &str) -> u64 {
    rustix::fs::statvfs(path).map_or(0, |stat| stat.f_bavail * stat.f_frsize)
}

#[cfg(not(unix))]
fn room_on(_path: &str) -> u64 {
    0
}

const TMPFS: &str = "/dev/shm";
const BLOCK_LEN: usize = 4 << 20;
