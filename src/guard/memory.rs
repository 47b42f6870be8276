//! How much memory there is, and whether it may reach a disk.

use std::fs;
use std::path::{Path, PathBuf};

/// How far a guard's plaintext is kept from being swapped to a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Protection {
    /// Bytes of plaintext.
    pub plaintext_len: u64,
    /// Whether the machine may swap it to a disk.
    pub may_swap: bool,
    /// Bytes of it that are locked in memory: all that `RLIMIT_MEMLOCK` allows, where the machine may swap.
    pub locked_len: u64,
}

/// The parts of memory files that are locked.
#[derive(Debug, Default)]
pub(super) struct Locked(#[cfg(any(target_os = "linux", target_os = "android"))] Vec<crate::base::Locked>);

impl Locked {
    /// Bytes that are locked.
    pub(super) fn len(&self) -> u64 {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return self.0.iter().map(|locked| locked.len() as u64).sum();
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        return 0;
    }
}

/// Locks as much of the files as `RLIMIT_MEMLOCK` allows, the last one in part.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn lock(files: &[std::fs::File]) -> Locked {
    use rustix::process::{Resource, getrlimit};
    let mut locked = Locked::default();
    for file in files {
        let len = file.metadata().map_or(0, |found| found.len());
        let left = getrlimit(Resource::Memlock).current.unwrap_or(u64::MAX).saturating_sub(locked.len());
        let whole = usize::try_from(len).ok().filter(|&len| len > 0);
        let part =
            usize::try_from(left.min(len)).ok().map(|len| len & !(PAGE_LEN - 1)).filter(|&len| len > 0);
        // With the right to, more than the limit can be locked.
        let made =
            [whole, part].into_iter().flatten().find_map(|len| crate::base::Locked::new(file, len).ok());
        let is_whole = made.as_ref().is_some_and(|made| made.len() as u64 == len);
        locked.0.extend(made);
        if len > 0 && !is_whole {
            break;
        }
    }
    locked
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn lock(_: &[std::fs::File]) -> Locked {
    Locked::default()
}

/// What sets the limit to what is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MemoryLimit {
    /// What the machine has left.
    Machine,
    /// What the control group may use.
    Group,
}

/// Bytes that this process may still fill, as far as the platform tells.
pub(super) fn free() -> Option<(u64, MemoryLimit)> {
    let machine = field("MemAvailable").map(|free| (free, MemoryLimit::Machine));
    let group = group_free().map(|free| (free, MemoryLimit::Group));
    machine.into_iter().chain(group).min()
}

/// Whether this process's memory may be written to a disk. Not knowing counts as yes.
pub(super) fn may_swap() -> bool {
    may_be_swapped(field("SwapTotal"), groups().map(|dir| number(&dir.join("memory.swap.max"))))
}

/// By the machine's swap and what each control group around this process may use of it, `None` being no limit.
fn may_be_swapped(swap_total: Option<u64>, limits: impl IntoIterator<Item = Option<u64>>) -> bool {
    swap_total != Some(0) && !limits.into_iter().any(|limit| limit == Some(0))
}

/// Whether the file system of `dir` is mounted `noswap`.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn is_mounted_noswap(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(found) = fs::metadata(dir) else { return false };
    let device = format!("{}:{}", rustix::fs::major(found.dev()), rustix::fs::minor(found.dev()));
    fs::read_to_string("/proc/self/mountinfo").is_ok_and(|mounts| says_noswap(&mounts, &device))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn is_mounted_noswap(_: &Path) -> bool {
    false
}

/// Whether a line of mountinfo (proc(5)) about `device` has the option among those of the file system. By the
/// device and not by the path: one mount may hide another.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn says_noswap(mounts: &str, device: &str) -> bool {
    let of_device = mounts.lines().filter(|line| line.split(' ').nth(2) == Some(device));
    of_device
        .filter_map(|line| line.rsplit(' ').next())
        .any(|options| options.split(',').any(|option| option == "noswap"))
}

/// Room under the tightest limit of the control groups (version 2) that this process is in. What they hold
/// of files that can be dropped counts as room.
fn group_free() -> Option<u64> {
    let free = groups().filter_map(|dir| {
        let limit = number(&dir.join("memory.max"))?;
        let used = number(&dir.join("memory.current"))?;
        let stat = fs::read_to_string(dir.join("memory.stat")).unwrap_or_default();
        let reclaimable = ["inactive_file ", "active_file "]
            .iter()
            .filter_map(|name| stat.lines().find_map(|line| line.strip_prefix(name))?.parse::<u64>().ok());
        Some(limit.saturating_sub(used.saturating_sub(reclaimable.sum())))
    });
    free.min()
}

/// The directories of this process's control group and those around it.
fn groups() -> impl Iterator<Item = PathBuf> {
    let listed = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = listed.lines().find_map(|line| line.strip_prefix("0::/")).map(str::to_owned);
    let root = Path::new("/sys/fs/cgroup");
    let dirs: Vec<_> = own
        .map(|own| {
            root.join(own).ancestors().take_while(|dir| dir.starts_with(root)).map(Path::to_owned).collect()
        })
        .unwrap_or_default();
    dirs.into_iter()
}

/// A field of `/proc/meminfo`, in bytes.
fn field(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// A file with one number in it; `max` is none.
fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const PAGE_LEN: usize = 4096;

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_memory_left() {
        let (free, _) = free().unwrap();
        assert!(free > 0 && free <= field("MemTotal").unwrap());
    }

    #[test]
    fn sealed_files_are_locked_as_far_as_the_limit_goes() {
        use crate::base::WriteAt;
        let files: Vec<_> = [5_u64, 0, 9000]
            .into_iter()
            .map(|len| {
                let filling = crate::guard::memfd::Filling::create("locked".as_ref()).unwrap();
                filling.file().write_all_at(&vec![7; usize::try_from(len).unwrap()], 0).unwrap();
                filling.seal().unwrap()
            })
            .collect();
        // Twelve KiB may be locked everywhere.
        assert_eq!(lock(&files).len(), 9005);
    }

    #[test]
    fn only_a_mount_that_says_so_is_noswap() {
        assert!(!is_mounted_noswap(Path::new("/")));
        assert!(!is_mounted_noswap(Path::new("/no such directory")));
        let mounts = "\
            36 35 0:31 / /a rw,relatime - tmpfs noswap rw,size=4k\n\
            37 35 0:32 / /a\\040noswap rw,noswap shared:2 - tmpfs noswap,tmpfs rw,size=4k,noswapfoo\n\
            38 36 0:33 / /a/b rw - tmpfs none rw,noswap,size=4k\n";
        for (device, noswap) in [("0:31", false), ("0:32", false), ("0:33", true), ("0:3", false)] {
            assert_eq!(says_noswap(mounts, device), noswap, "{device}");
        }
    }

    #[test]
    fn memory_may_be_swapped_unless_somebody_forbids_it() {
        for (swap_total, limits, may) in [
            (Some(0), vec![], false),
            (Some(1), vec![], true),
            (None, vec![], true),
            (Some(1), vec![None, Some(4096)], true),
            (Some(1), vec![None, Some(0)], false),
            (None, vec![Some(0), None], false),
        ] {
            assert_eq!(may_be_swapped(swap_total, limits.clone()), may, "{swap_total:?} {limits:?}");
        }
    }
}
