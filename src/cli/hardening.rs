//! What the process does for itself before it meets a key.

#[cfg(unix)]
use std::sync::OnceLock;

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Writes no core dump, lets nobody of the same user look into its memory, and takes all the descriptors it may
/// have. Each is done as far as the platform can.
pub(super) fn apply() {
    #[cfg(unix)]
    {
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        let descriptors = *DESCRIPTORS.get_or_init(|| getrlimit(Resource::Nofile));
        let _ = setrlimit(Resource::Nofile, Rlimit { current: descriptors.maximum, ..descriptors });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // In this order: the filter of a process that is not dumpable is root's to set.
        keep_shared_memory_out_of_cores();
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Gives this process the number of descriptors that it was started with: another program may close as many as
/// it may have, one by one. A plain system call, which may be made between fork and exec.
#[cfg(unix)]
pub(super) fn give_back_descriptors() {
    if let Some(descriptors) = DESCRIPTORS.get() {
        let _ = setrlimit(Resource::Nofile, *descriptors);
    }
}

/// Lets processes of the same user reach this one's open files, once it holds no key any more. They can read
/// its memory then too.
#[cfg(target_os = "linux")]
pub(super) fn open_up() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    wipe_stack();
    let _ = set_dumpable_behavior(DumpableBehavior::Dumpable);
}

/// Overwrites what calls that have returned have left on this thread's stack: keys have come by there.
#[cfg(target_os = "linux")]
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "that is what it is for")]
fn wipe_stack() {
    let mut stack = [0_u8; WIPED_LEN];
    zeroize::Zeroize::zeroize(&mut stack);
}

/// Keeps shared memory out of the core dumps of programs that are started from here: with a model mapped, it
/// would be in them. The limit of [`apply`] does not bind a program that the kernel hands cores to.
#[cfg(target_os = "linux")]
fn keep_shared_memory_out_of_cores() {
    let path = "/proc/self/coredump_filter";
    let filter =
        std::fs::read_to_string(path).ok().and_then(|text| u32::from_str_radix(text.trim(), 16).ok());
    if let Some(filter) = filter {
        let _ = std::fs::write(path, format!("{:#x}", filter & !SHARED_MEMORY));
    }
}

/// Anonymous, file-backed and huge shared mappings (core(5)).
#[cfg(target_os = "linux")]
const SHARED_MEMORY: u32 = 0x02 | 0x08 | 0x40;

/// More than any call of ours goes deep, less than any stack is long.
#[cfg(target_os = "linux")]
const WIPED_LEN: usize = 256 * 1024;

/// As they were at the start.
#[cfg(unix)]
static DESCRIPTORS: OnceLock<Rlimit> = OnceLock::new();
