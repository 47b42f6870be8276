//! `rewrap`: another master key, the same file keys.

use super::job;
use crate::cli::args::{RewrapArgs, Stage};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::key;
use crate::model::{Outcome, RewrapOptions, Stages};

pub(in crate::cli) fn run(args: &RewrapArgs, context: &Context) -> Result<Exit, Failure> {
    let options = RewrapOptions {
        stages: match args.stage {
            None => Stages::All,
            Some(Stage::Add) => Stages::Add,
            Some(Stage::Drop) => Stages::Drop,
        },
        only: args.only,
        allow_renamed: args.allow_renamed,
        iterations: args.iterations,
    };
    let dir = job::open(&args.paths, &args.select, context)?;
    let old = key::existing(&args.key, context)?;
    let new = key::new(&args.new_key, args.key.permissions())?;
    let new = new.expect("the parser has asked for a new key");
    let dir = dir.key_file(old.path);
    job::run(context, Outcome::Rewrapped, args.jobs.jobs, |progress| {
        dir.rewrap(&old.master, &new.master, &options, progress)
    })
}
