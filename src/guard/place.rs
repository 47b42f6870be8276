//! Where the plaintext lies while a guard is open.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::memory::{self, MemoryLimit};
use crate::base::free_bytes;

/// Where the plaintext lies while a guard is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In sealed memory files that the directory's links lead to (Linux). Read-only, never on a disk, gone
    /// with the last process that uses them. Does not cross into another container.
    Memfd,
    /// In a directory of a tmpfs; `None`: the one with the most room among the usual ones. The kernel may
    /// swap it to a disk.
    Tmpfs(Option<PathBuf>),
    /// In a directory on a disk: only if somebody really wants that.
    Disk(PathBuf),
}

/// The memfd where there are some, else a tmpfs.
impl Default for Place {
    fn default() -> Self {
        if cfg!(any(target_os = "linux", target_os = "android")) { Self::Memfd } else { Self::Tmpfs(None) }
    }
}

impl Place {
    /// The directory that somebody names: in memory if it is a tmpfs, else on a disk.
    pub fn of_directory(dir: &Path) -> Result<Self, Error> {
        Ok(if is_tmpfs(dir)? { Self::Tmpfs(Some(dir.to_owned())) } else { Self::Disk(dir.to_owned()) })
    }

    /// The directory in which the guard makes its own.
    pub(super) fn parent(&self) -> Result<PathBuf, Error> {
        match self {
            Self::Memfd if *self != Self::default() => Err(Error::NoMemfd),
            Self::Memfd => {
                let writable = shared_places().into_iter().find(|place| may_write(place));
                writable.ok_or_else(|| Error::NotInMemory(SHARED_MEMORY.into()))
            }
            Self::Tmpfs(Some(dir)) if is_tmpfs(dir)? => absolute(dir),
            Self::Tmpfs(Some(dir)) => Err(Error::NotInMemory(dir.clone())),
            Self::Tmpfs(None) => {
                let usable = shared_places()
                    .into_iter()
                    .filter(|dir| may_write(dir) && is_tmpfs(dir).unwrap_or(false));
                usable
                    .max_by_key(|dir| free_bytes(dir))
                    .ok_or_else(|| Error::NotInMemory(SHARED_MEMORY.into()))
            }
            Self::Disk(dir) => absolute(dir),
        }
    }

    /// Whether memory is what it takes.
    pub(super) fn is_memory(&self) -> bool {
        !matches!(self, Self::Disk(_))
    }

    /// Fails if `needed` bytes do not fit into what is free now.
    pub(super) fn check_room(&self, parent: &Path, needed: u64) -> Result<(), Error> {
        let on_file_system = match self {
            Self::Memfd => None,
            Self::Tmpfs(_) | Self::Disk(_) => {
                free_bytes(parent).map(|free| (free, format!("`{}`", parent.display())))
            }
        };
        let in_memory = self.is_memory().then(memory::free).flatten();
        let in_memory = in_memory.map(|(free, limit)| {
            let place = match limit {
                MemoryLimit::Machine => "the memory of this machine",
                MemoryLimit::Group => "the memory limit of this container or control group",
            };
            (free, place.to_owned())
        });
        let tightest = on_file_system.into_iter().chain(in_memory).min_by_key(|(free, _)| *free);
        match tightest {
            Some((free, place)) if free < needed => Err(Error::NoRoom { needed, free, place }),
            _ => Ok(()),
        }
    }
}

/// Fails unless `dir`, which exists, lies in memory that no disk ever sees: on a ramfs, or on a tmpfs that is
/// mounted `noswap`, on a machine without swap, or in a control group that may use none.
pub fn require_memory_backed(dir: &Path) -> Result<(), Error> {
    judge(dir, file_system(dir)?, || memory::may_swap() && !memory::is_mounted_noswap(dir))
}

fn judge(dir: &Path, file_system: FileSystem, may_be_swapped: impl FnOnce() -> bool) -> Result<(), Error> {
    match file_system {
        FileSystem::Ramfs => Ok(()),
        FileSystem::Tmpfs if !may_be_swapped() => Ok(()),
        FileSystem::Tmpfs => Err(Error::Swappable(dir.to_owned())),
        FileSystem::Other => Err(Error::NotInMemory(dir.to_owned())),
    }
}

/// Where guards are made unless a directory is named, the best first.
pub(super) fn shared_places() -> Vec<PathBuf> {
    let own = format!("/run/user/{}", rustix::process::geteuid().as_raw());
    vec![SHARED_MEMORY.into(), own.into(), "/tmp".into()]
}

fn may_write(dir: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(dir, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// The same directory wherever the process goes, and for whoever is handed its path.
fn absolute(dir: &Path) -> Result<PathBuf, Error> {
    fs::canonicalize(dir).map_err(Error::io("looking at", dir))
}

pub(super) fn is_tmpfs(dir: &Path) -> Result<bool, Error> {
    Ok(file_system(dir)? != FileSystem::Other)
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    allow(dead_code, reason = "cannot be told apart")
)]
enum FileSystem {
    Tmpfs,
    Ramfs,
    Other,
}

/// By what the kernel says of it: a name proves nothing.
fn file_system(dir: &Path) -> Result<FileSystem, Error> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let found = rustix::fs::statfs(dir).map_err(Error::io("looking at", dir))?;
        Ok(match found.f_type {
            0x0102_1994 => FileSystem::Tmpfs,
            0x8584_58f6 => FileSystem::Ramfs,
            _ => FileSystem::Other,
        })
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        fs::metadata(dir).map_err(Error::io("looking at", dir))?;
        Ok(FileSystem::Other)
    }
}

const SHARED_MEMORY: &str = "/dev/shm";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_unless_it_may_be_swapped_and_a_disk_never_does() {
        for (file_system, may_be_swapped, is_safe) in [
            (FileSystem::Ramfs, true, true),
            (FileSystem::Tmpfs, false, true),
            (FileSystem::Tmpfs, true, false),
            (FileSystem::Other, false, false),
        ] {
            let judged = judge(Path::new("/d"), file_system, || may_be_swapped);
            assert_eq!(judged.is_ok(), is_safe, "{judged:?}");
        }
    }
}
