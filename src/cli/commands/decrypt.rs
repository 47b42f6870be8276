//! `decrypt`: the plaintexts back, in place, beside, elsewhere, or through a pipe.

#[cfg(unix)]
use std::path::{Component, Path};

use super::encrypt::destination;
use super::{job, pipe, plan};
use crate::cli::args::DecryptArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::key;
use crate::model::{Action, DecryptOptions, Outcome};

pub(in crate::cli) fn run(args: &DecryptArgs, context: &Context) -> Result<Exit, Failure> {
    if pipe::is_meant(&args.paths)? {
        refuse_for_pipe(args)?;
        return pipe::open(&args.key, context);
    }
    let options = DecryptOptions {
        destination: destination(args.output.as_deref(), args.keep),
        allow_renamed: args.allow_renamed,
        follow: args.follow,
    };
    #[cfg(unix)]
    if let (Some(output), true) = (&args.output, args.require_memory_backed) {
        crate::guard::require_memory_backed(existing(output)?).map_err(crate::Error::from)?;
    }
    let dir = job::open(&args.paths, &args.select, context)?;
    if args.dry_run {
        let dir = dir.key_file(key::path(&args.key, context)?);
        return plan::show(context, Action::Decrypt, || dir.plan_decrypt(&options));
    }
    let key = key::existing(&args.key, context)?;
    let dir = dir.key_file(key.path);
    job::run(context, Outcome::Decrypted, args.jobs.jobs, |progress| {
        dir.decrypt(&key.master, &options, progress)
    })
}

/// The directory that decides on which file system `output` will be.
#[cfg(unix)]
fn existing(output: &Path) -> Result<&Path, Failure> {
    let existing = output
        .ancestors()
        .find(|dir| dir.exists())
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let to_be_made = output.strip_prefix(existing).unwrap_or(output);
    if to_be_made.components().any(|part| part == Component::ParentDir) {
        let message = format!("`{}` leads through a directory that is not there", output.display());
        return Err(Failure::usage(message));
    }
    Ok(existing)
}

fn refuse_for_pipe(args: &DecryptArgs) -> Result<(), Failure> {
    pipe::refuse(&[
        ("--include", !args.select.include.is_empty()),
        ("--exclude", !args.select.exclude.is_empty()),
        ("--keep", args.keep),
        ("--output", args.output.is_some()),
        ("--follow", args.follow),
        ("--allow-renamed", args.allow_renamed),
        ("--dry-run", args.dry_run),
        ("--jobs", args.jobs.jobs.is_some()),
    ])
}
