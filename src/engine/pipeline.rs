//! Groups of chunks over the thread pool: each worker takes the next group, the parts of its work that
//! must go in order wait their turn. Memory is a pair of buffers for each worker, whatever the length.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Error;
use super::hashes::Hashing;
use super::page_aligned::PageAligned;
use crate::base::Progress;
use crate::format::Geometry;
use crate::format::geometry::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};

/// Chunks in a group: its plaintext and ciphertext together stay within a core's second-level cache.
pub(super) const GROUP_CHUNKS: u64 = 16;

/// The chunks that one worker handles at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// Its place among the groups, from 0.
    pub(super) index: u64,
    geometry: Geometry,
}

impl Group {
    fn chunks(self) -> Range<u64> {
        let first = self.index * GROUP_CHUNKS;
        first..self.geometry.chunk_count().min(first + GROUP_CHUNKS)
    }

    /// Its chunks: the index, and the ranges of plaintext and sealed bytes within the group's buffers.
    pub(super) fn pieces(self) -> impl Iterator<Item = (u64, Range<usize>, Range<usize>)> {
        self.chunks().zip(0..).map(move |(chunk, at)| {
            let plaintext_len = self.geometry.chunk_plaintext_len(chunk);
            let plaintext = at * CHUNK_LEN..at * CHUNK_LEN + plaintext_len;
            let sealed = at * SEALED_CHUNK_LEN..at * SEALED_CHUNK_LEN + plaintext_len + TAG_LEN;
            (chunk, plaintext, sealed)
        })
    }

    /// Where its plaintext starts.
    pub(super) fn plaintext_offset(self) -> u64 {
        self.index * GROUP_CHUNKS * CHUNK_LEN as u64
    }

    /// Where its first chunk starts in the file.
    pub(super) fn sealed_offset(self) -> u64 {
        Geometry::chunk_offset(self.index * GROUP_CHUNKS)
    }

    /// Bytes of its plaintext.
    pub(super) fn plaintext_len(self) -> usize {
        self.chunks().map(|chunk| self.geometry.chunk_plaintext_len(chunk)).sum()
    }

    /// Bytes of its chunks in the file.
    pub(super) fn sealed_len(self) -> usize {
        self.plaintext_len() + self.chunks().count() * TAG_LEN
    }
}

/// A worker's buffers, as long as the group at hand needs.
#[derive(Default)]
pub(super) struct Buffers {
    pub(super) plaintext: PageAligned,
    pub(super) sealed: PageAligned,
}

impl Buffers {
    fn fit(&mut self, group: Group) {
        self.plaintext.fit(group.plaintext_len());
        self.sealed.fit(group.sealed_len());
    }
}

/// Runs `work` once for every group of the payload, by as many workers as the current pool has threads.
/// The first error stops all of them and is returned.
pub(super) fn run(
    geometry: Geometry,
    progress: &dyn Progress,
    hashing: &Hashing,
    work: impl Fn(Group, &mut Buffers) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let group_count = geometry.chunk_count().div_ceil(GROUP_CHUNKS);
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let first_error = Mutex::new(None);
    let worker = || {
        let mut buffers = Buffers::default();
        // Dropped by a panic too: the others must not wait for a turn that never ends.
        let alarm = Alarm(&stop, hashing);
        while !stop.load(Ordering::Relaxed) {
            let group = Group { index: next.fetch_add(1, Ordering::Relaxed), geometry };
            if group.index >= group_count {
                alarm.disarm();
                return;
            }
            buffers.fit(group);
            let cancelled = if progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) };
            if let Err(error) = cancelled.and_then(|()| work(group, &mut buffers)) {
                lock(&first_error).get_or_insert(error);
                return;
            }
            progress.advance(buffers.plaintext.len() as u64);
        }
    };
    let workers = (rayon::current_num_threads() as u64).min(group_count);
    if workers == 1 {
        worker();
    } else {
        rayon::scope(|scope| (0..workers).for_each(|_| scope.spawn(|_| worker())));
    }
    lock(&first_error).take().map_or(Ok(()), Err)
}

/// Stops all workers when dropped.
struct Alarm<'a>(&'a AtomicBool, &'a Hashing);

impl Alarm<'_> {
    fn disarm(self) {
        std::mem::forget(self);
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.break_off();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
