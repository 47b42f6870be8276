//! `encrypt`: model files sealed in place, beside, elsewhere, or through a pipe.

use std::path::Path;

use super::{job, pipe, plan};
use crate::cli::args::{Checksum, EncryptArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::key::{self, Standing};
use crate::envelope::ChecksumPolicy;
use crate::model::{Action, Destination, EncryptOptions, ModelDir, Outcome, Report, Selection};

pub(in crate::cli) fn run(args: &EncryptArgs, context: &Context) -> Result<Exit, Failure> {
    if pipe::is_meant(&args.paths)? {
        refuse_for_pipe(args)?;
        return pipe::seal(&args.key, args.iterations, context);
    }
    let options = options(args);
    let selection = Selection { all: args.all, ..job::selection(&args.select) };
    let dir = job::open(&args.paths, &args.select, context)?.selection(selection);
    if args.dry_run {
        let dir = dir.key_file(key::path(&args.key, context)?);
        return plan::show(context, Action::Encrypt, || dir.plan_encrypt(&options));
    }
    let Some(key) = key::for_sealing(&args.key, context, || standing(&dir, &options))? else {
        return job::run(context, Outcome::Encrypted, None, |_| Ok(Report::default()));
    };
    let dir = dir.key_file(key.path);
    job::run(context, Outcome::Encrypted, args.jobs.jobs, |progress| {
        dir.encrypt(&key.master, &options, progress)
    })
}

fn options(args: &EncryptArgs) -> EncryptOptions {
    EncryptOptions {
        destination: destination(args.output.as_deref(), args.keep),
        update: args.update,
        checksum: match args.checksum {
            Checksum::Plaintext => ChecksumPolicy::Plaintext,
            Checksum::None => ChecksumPolicy::None,
            Checksum::Both => ChecksumPolicy::Both,
        },
        publish_sha256: args.publish_sha256,
        iterations: args.iterations,
        follow: args.follow,
        allow_hardlinks: args.allow_hardlinks,
    }
}

/// Where results go: elsewhere nothing is removed either, whether `keep` says so or not.
pub(super) fn destination(output: Option<&Path>, keep: bool) -> Destination {
    match output {
        Some(output) => Destination::Tree(output.to_owned()),
        None if keep => Destination::Beside,
        None => Destination::InPlace,
    }
}

fn standing(dir: &ModelDir, options: &EncryptOptions) -> Result<Standing, Failure> {
    let plan = dir.plan_encrypt(options)?;
    let is_sealed = |action| matches!(action, Action::Skip | Action::Finish);
    Ok(if plan.steps.iter().any(|step| is_sealed(step.action)) {
        Standing::Sealed
    } else if plan.steps.iter().any(|step| step.action == Action::Encrypt) {
        Standing::Fresh
    } else {
        Standing::Idle
    })
}

fn refuse_for_pipe(args: &EncryptArgs) -> Result<(), Failure> {
    pipe::refuse(&[
        ("--include", !args.select.include.is_empty()),
        ("--exclude", !args.select.exclude.is_empty()),
        ("--all", args.all),
        ("--keep", args.keep),
        ("--update", args.update),
        ("--output", args.output.is_some()),
        ("--checksum", args.checksum != Checksum::Plaintext),
        ("--publish-sha256", args.publish_sha256),
        ("--follow", args.follow),
        ("--allow-hardlinks", args.allow_hardlinks),
        ("--dry-run", args.dry_run),
        ("--jobs", args.jobs.jobs.is_some()),
    ])
}
