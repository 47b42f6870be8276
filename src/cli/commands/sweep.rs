//! `sweep`: what killed runs have left is tidied up.

use super::job;
use crate::cli::args::SweepArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::model::{ModelDir, Outcome};

pub(in crate::cli) fn run(args: &SweepArgs, context: &Context) -> Result<Exit, Failure> {
    let dir = ModelDir::open_all(&args.dirs)?;
    job::run(context, Outcome::Swept, None, |progress| dir.sweep(progress))
}
