//! Work on many files at a time, each of which is worked on by all threads itself.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` once for each of `items`, some at a time, on the threads of the current pool.
pub fn for_each_at_once<I: Sync>(items: &[I], work: impl Fn(&I) + Sync) {
    let next = AtomicUsize::new(0);
    // One loop on each thread, not a task for each file: a thread that waits for its own file's groups takes
    // up other tasks of the pool meanwhile, and those must be groups, never further files.
    rayon::broadcast(|_| {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item);
        }
    });
}
