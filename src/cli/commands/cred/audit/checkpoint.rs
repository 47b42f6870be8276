//! `cred audit checkpoint`: a signed mark of how far the record has come.

use serde::Serialize;

use crate::cli::args::cred::CheckpointArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, json};
use crate::credentials::audit::Checkpoint;

pub(super) fn run(args: &CheckpointArgs, context: &Context) -> Result<Exit, Failure> {
    let vault = credential_store::open_vault(&args.key, context)?;
    let mut log = credential_store::audit_log(&vault);
    if let Some(path) = &args.output {
        log = log.checkpoints_at(path);
    }
    let checkpoint = log.checkpoint()?;
    context.terminal.say(&format!("signed the record up to line {}", checkpoint.seq));
    if context.json {
        context.terminal.print(&json::line(&Document { verb: context.verb, checkpoint }))?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Document {
    verb: &'static str,
    checkpoint: Checkpoint,
}
