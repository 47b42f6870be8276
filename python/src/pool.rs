//! The threads that work is done on. They belong to the process that started them: a fork leaves the child
//! with a pool of threads that are not there, so it starts a pool of its own.

use std::num::NonZeroUsize;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A pool of `jobs` threads, or the one that all calls share: a thread for each processor.
///
/// Takes its lock with the GIL held and gives it back before, so that no fork finds it taken.
pub(crate) fn current(jobs: Option<NonZeroUsize>) -> PyResult<Arc<ThreadPool>> {
    if jobs.is_some() {
        return start(jobs);
    }
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((pid, pool)) = &*shared
        && *pid == process::id()
    {
        return Ok(Arc::clone(pool));
    }
    let pool = start(None)?;
    // The parent's pool is forgotten, not dropped: its locks may have been held when this process began.
    std::mem::forget(shared.replace((process::id(), Arc::clone(&pool))));
    Ok(pool)
}

fn start(jobs: Option<NonZeroUsize>) -> PyResult<Arc<ThreadPool>> {
    ThreadPoolBuilder::new()
        .num_threads(jobs.map_or(0, NonZeroUsize::get))
        .thread_name(|index| format!("modelcrypt-{index}"))
        .build()
        .map(Arc::new)
        .map_err(|error| PyRuntimeError::new_err(format!("starting threads: {error}")))
}

static SHARED: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);
