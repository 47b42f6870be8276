//! `sweep`: what killed runs have left is tidied up.

use std::path::PathBuf;

use super::job;
use crate::cli::args::SweepArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::model::{FileReport, ModelDir, Outcome};
#[cfg(unix)]
use crate::{guard, model};

pub(in crate::cli) fn run(args: &SweepArgs, context: &Context) -> Result<Exit, Failure> {
    let dir = ModelDir::open_all(&args.dirs)?;
    let guards = sweep_guards(&args.dirs)?;
    job::run(context, Outcome::Swept, None, |progress| {
        let mut report = dir.sweep(progress)?;
        report.files.extend(guards);
        Ok(report)
    })
}

/// The directories that guards have left whose process died, here and where they are made. One that cannot be
/// removed keeps nothing else from being swept.
#[cfg(unix)]
fn sweep_guards(dirs: &[PathBuf]) -> Result<Vec<FileReport>, Failure> {
    let report = |path, outcome| FileReport { path, outcome, plaintext_len: 0, notices: Vec::new() };
    match guard::sweep(dirs) {
        Ok(removed) => Ok(removed.into_iter().map(|path| report(path, Ok(Outcome::Swept))).collect()),
        Err(guard::Error::Io { doing, path, source }) => {
            Ok(vec![report(path.clone(), Err(model::Error::Io { doing, path, source }))])
        }
        Err(error) => Err(crate::Error::from(error).into()),
    }
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "other platforms have guards")]
fn sweep_guards(_: &[PathBuf]) -> Result<Vec<FileReport>, Failure> {
    Ok(Vec::new())
}
