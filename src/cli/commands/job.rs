//! A verb over trees of files: opened, run with its progress, told.

use std::num::NonZeroUsize;
use std::time::Instant;

use crate::ErrorKind;
use crate::Progress;
use crate::cli::args::{PathArgs, SelectArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress_bar::Watcher;
use crate::cli::report::{self, Results};
use crate::model::{self, ModelDir, Outcome, Report, Selection};

/// The files that a verb works on.
pub(super) fn open(paths: &PathArgs, select: &SelectArgs, context: &Context) -> Result<ModelDir, Failure> {
    let dir = ModelDir::open_all(&paths.paths)?.selection(selection(select));
    Ok(match context.policy()? {
        Some(policy) => dir.policy(policy),
        None => dir,
    })
}

/// What the flags say of files inside directories.
pub(super) fn selection(select: &SelectArgs) -> Selection {
    Selection { include: select.include.clone(), exclude: select.exclude.clone(), all: false }
}

/// Does `work` on `jobs` threads while its progress is shown, then tells what came of each file; those with
/// the outcome `done` are what the verb was called for.
pub(super) fn run(
    context: &Context,
    done: Outcome,
    jobs: Option<NonZeroUsize>,
    work: impl FnOnce(&dyn Progress) -> Result<Report, model::Error> + Send,
) -> Result<Exit, Failure> {
    let watcher = Watcher::new(&context.terminal);
    let started = Instant::now();
    let worked = on_threads(jobs, || work(&watcher));
    let elapsed = started.elapsed();
    let shown = watcher.finish();
    report::tell(context, Results { report: worked??, done, elapsed, shown })
}

pub(super) fn on_threads<T: Send>(
    jobs: Option<NonZeroUsize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, Failure> {
    let Some(jobs) = jobs else { return Ok(work()) };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.get())
        .build()
        .map_err(|error| Failure::new(ErrorKind::Io, format!("starting {jobs} threads: {error}")))?;
    Ok(pool.install(work))
}
