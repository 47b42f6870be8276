//! `reencrypt`: new file keys, and another master key if one is given.

use super::job;
use crate::cli::args::ReencryptArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::key;
use crate::model::{Outcome, ReencryptOptions};

pub(in crate::cli) fn run(args: &ReencryptArgs, context: &Context) -> Result<Exit, Failure> {
    let options = ReencryptOptions { allow_renamed: args.allow_renamed, iterations: args.iterations };
    let dir = job::open(&args.paths, &args.select, context)?;
    let old = key::existing(&args.key, context)?;
    let new = key::new(&args.new_key, args.key.permissions())?.map(|key| key.master);
    let dir = dir.key_file(old.path);
    job::run(context, Outcome::Reencrypted, args.jobs.jobs, |progress| {
        dir.reencrypt(&old.master, new.as_ref(), &options, progress)
    })
}
