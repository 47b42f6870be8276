//! `sweep`: what killed runs have left is tidied up.

use std::path::PathBuf;

use super::job;
use crate::cli::args::SweepArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::model::{FileReport, ModelDir, Outcome};

pub(in crate::cli) fn run(args: &SweepArgs, context: &Context) -> Result<Exit, Failure> {
    let dir = ModelDir::open_all(&args.dirs)?;
    let guards = sweep_guards(&args.dirs)?;
    job::run(context, Outcome::Swept, None, |progress| {
        let mut report = dir.sweep(progress)?;
        report.files.extend(guards);
        Ok(report)
    })
}

/// The directories that guards have left whose process died, here and where they are made.
fn sweep_guards(dirs: &[PathBuf]) -> Result<Vec<FileReport>, Failure> {
    #[cfg(unix)]
    let removed = crate::guard::sweep(dirs).map_err(crate::Error::from)?;
    #[cfg(not(unix))]
    let removed = dirs[..0].to_vec();
    let swept =
        |path| FileReport { path, outcome: Ok(Outcome::Swept), plaintext_len: 0, notices: Vec::new() };
    Ok(removed.into_iter().map(swept).collect())
}
