//! `verify`: everything authenticated, nothing written.

use super::job;
use crate::cli::args::VerifyArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::key;
use crate::model::Outcome;

pub(in crate::cli) fn run(args: &VerifyArgs, context: &Context) -> Result<Exit, Failure> {
    let dir = job::open(&args.paths, &args.select, context)?;
    let key = key::existing(&args.key, context)?;
    let dir = dir.key_file(key.path);
    job::run(context, Outcome::Verified, args.jobs.jobs, |progress| {
        dir.verify(&key.master, args.allow_renamed, progress)
    })
}
