//! Memory for secrets: not swapped to a disk, not in a core dump, wiped when it is given back.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::{Zeroize, Zeroizing};

/// Zeroed bytes for a secret, wiped on drop. Up to [`SLOT_LEN`] of them are part of a page that is locked in
/// memory as far as `RLIMIT_MEMLOCK` allows; more lie on the heap.
pub(super) struct LockedBytes {
    memory: Memory,
    len: usize,
}

enum Memory {
    Slot(&'static mut [u8]),
    Heap(Zeroizing<Vec<u8>>),
}

impl LockedBytes {
    pub(super) fn zeroed(len: usize) -> Self {
        let slot = if len <= SLOT_LEN { take_slot() } else { None };
        let memory = slot.map_or_else(|| Memory::Heap(Zeroizing::new(vec![0; len])), Memory::Slot);
        Self { memory, len }
    }

    /// Wipes what follows the first `len` bytes and forgets it.
    pub(super) fn truncate(&mut self, len: usize) {
        self[len..].zeroize();
        self.len = len;
    }
}

impl Deref for LockedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.memory {
            Memory::Slot(slot) => &slot[..self.len],
            Memory::Heap(bytes) => &bytes[..self.len],
        }
    }
}

impl DerefMut for LockedBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.memory {
            Memory::Slot(slot) => &mut slot[..self.len],
            Memory::Heap(bytes) => &mut bytes[..self.len],
        }
    }
}

impl Drop for LockedBytes {
    fn drop(&mut self) {
        if let Memory::Slot(slot) = &mut self.memory {
            let slot = std::mem::take(slot);
            slot.zeroize();
            free().push(slot);
        }
    }
}

fn take_slot() -> Option<&'static mut [u8]> {
    let mut free = free();
    if free.is_empty() {
        // Pages stay for good: as many as there ever were secrets at one time.
        free.extend(new_page()?.chunks_exact_mut(SLOT_LEN));
    }
    free.pop()
}

#[cfg(unix)]
fn new_page() -> Option<&'static mut [u8]> {
    let page = memmap2::MmapMut::map_anon(PAGE_LEN).ok()?;
    // Where it may not be locked it still is a place for a secret.
    let _ = page.lock();
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = page.advise(memmap2::Advice::DontDump);
    Some(&mut *Box::leak(Box::new(page)))
}

#[cfg(not(unix))]
fn new_page() -> Option<&'static mut [u8]> {
    None
}

fn free() -> MutexGuard<'static, Vec<&'static mut [u8]>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

static FREE: Mutex<Vec<&'static mut [u8]>> = Mutex::new(Vec::new());

/// A key, what is derived from it, and most passphrases.
const SLOT_LEN: usize = 128;
#[cfg(unix)]
const PAGE_LEN: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_share_memory_and_begin_as_zeros() {
        let mut all: Vec<_> = (0..100).map(|_| LockedBytes::zeroed(32)).collect();
        for (value, bytes) in (0..).zip(&mut all) {
            assert_eq!(**bytes, [0; 32]);
            bytes.fill(value);
        }
        for (value, bytes) in (0_u8..).zip(&all) {
            assert_eq!(**bytes, [value; 32]);
        }
        drop(all);
        assert_eq!(*LockedBytes::zeroed(SLOT_LEN), [0; SLOT_LEN]);
        assert_eq!(LockedBytes::zeroed(SLOT_LEN + 1).len(), SLOT_LEN + 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_secret_lies_in_locked_memory() {
        let secret = LockedBytes::zeroed(32);
        let address = secret.as_ptr().addr();
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let bounds = range.and_then(|(start, end)| {
                Some((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?))
            });
            if let Some((start, end)) = bounds {
                inside = (start..end).contains(&address);
            }
            if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                let flags: Vec<_> = flags.split_whitespace().collect();
                assert!(flags.contains(&"lo") && flags.contains(&"dd"), "{flags:?}");
                return;
            }
        }
        panic!("the secret is in no mapping");
    }
}
