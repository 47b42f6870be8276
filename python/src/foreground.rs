//! Long work on threads of its own, while the thread that asked for it tells how it goes and heeds signals:
//! Python's callbacks and handlers run where Python expects them.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use modelcrypt::Progress;
use pyo3::prelude::*;

use crate::pool;

/// Does `work` on `jobs` threads with the GIL released. Meanwhile `callback` hears of bytes done, of bytes in
/// all, and of each file that is finished. What it raises, or a signal handler raises, cancels the work and is
/// raised from here once the work has tidied up.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    callback: Option<&Bound<'_, PyAny>>,
    jobs: Option<NonZeroUsize>,
    work: impl FnOnce(&dyn Progress) -> T + Send,
) -> PyResult<T> {
    let pool = pool::current(jobs)?;
    let watch = Watch::default();
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("modelcrypt".into()).spawn_scoped(scope, || {
            let _over = Over(&watch);
            pool.install(|| work(&watch))
        })?;
        let listened = watch.listen(py, callback);
        if listened.is_err() {
            watch.is_cancelled.store(true, Ordering::Relaxed);
        }
        let worked = py.detach(|| worker.join());
        listened?;
        Ok(worked.unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// What the workers say and the caller hears.
#[derive(Default)]
struct Watch {
    bytes_done: AtomicU64,
    bytes_total: AtomicU64,
    is_cancelled: AtomicBool,
    news: Mutex<News>,
    has_news: Condvar,
}

#[derive(Default)]
struct News {
    finished: VecDeque<PathBuf>,
    is_over: bool,
}

impl Watch {
    /// Returns when the work is over, or with what a callback or a signal handler has raised.
    fn listen(&self, py: Python<'_>, callback: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let mut told = None;
        loop {
            let (finished, is_over) = py.detach(|| self.wait());
            py.check_signals()?;
            let Some(callback) = callback else {
                if is_over {
                    return Ok(());
                }
                continue;
            };
            for path in finished {
                told = Some(self.bytes());
                callback.call1((self.bytes().0, self.bytes().1, path))?;
            }
            let bytes = self.bytes();
            if told != Some(bytes) {
                told = Some(bytes);
                callback.call1((bytes.0, bytes.1, py.None()))?;
            }
            if is_over {
                return Ok(());
            }
        }
    }

    /// Waits for a file to be finished or for the work's end, but not long.
    fn wait(&self) -> (VecDeque<PathBuf>, bool) {
        let nothing_new = |news: &mut News| news.finished.is_empty() && !news.is_over;
        let waited = self.has_news.wait_timeout_while(self.news(), LOOK_AROUND_EVERY, nothing_new);
        let (mut news, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut news.finished), news.is_over)
    }

    fn bytes(&self) -> (u64, u64) {
        (self.bytes_done.load(Ordering::Relaxed), self.bytes_total.load(Ordering::Relaxed))
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Watch {
    fn begin(&self, _files: u64, bytes: u64) {
        self.bytes_total.fetch_add(bytes, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64) {
        self.bytes_done.fetch_add(bytes, Ordering::Relaxed);
    }

    fn file_finished(&self, path: &Path, _outcome: &str, _bytes: u64) {
        self.news().finished.push_back(path.to_owned());
        self.has_news.notify_one();
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

/// Says that the work is over when dropped, by a panic too.
struct Over<'w>(&'w Watch);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.news().is_over = true;
        self.0.has_news.notify_one();
    }
}

const LOOK_AROUND_EVERY: Duration = Duration::from_millis(50);
