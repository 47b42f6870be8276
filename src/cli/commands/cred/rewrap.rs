//! `cred rewrap`: another master key for the vault.

use serde::Serialize;

use crate::ErrorKind;
use crate::cli::args::cred::RewrapArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::{Failure, FailureKind};
use crate::cli::json::{self, JsonPath};
use crate::cli::{credential_store, human, key};
use crate::credentials::audit::{Access, Outcome};
use crate::format::limits::DEFAULT_ITERATIONS;
use crate::keys;

pub(in crate::cli) fn run(args: &RewrapArgs, context: &Context) -> Result<Exit, Failure> {
    let new = key::new(&args.new_key, args.key.permissions())?.ok_or(keys::Error::NoKey)?;
    let old = key::existing(&args.key, context)?;
    let vault = match credential_store::vault_with(&old) {
        // What a run that was killed has finished is not to be done again, and said to be done.
        Err(failure) if failure.kind == FailureKind::Library(ErrorKind::WrongKey) => {
            credential_store::vault_with(&new).map_err(|_| failure)
        }
        opened => opened,
    }?;
    let log = credential_store::audit_log(&vault);
    let actor = credential_store::actor(context)?;
    let record = |outcome, reason| {
        let access = Access {
            actor: &actor,
            action: "rewrap",
            store: "vault",
            name: None,
            version: None,
            outcome,
            reason,
        };
        log.append(&access)
    };
    record(Outcome::Begun, None)?;
    let rewrapped = vault.rewrap(&old.master, &new.master, args.iterations.unwrap_or(DEFAULT_ITERATIONS));
    let reason = rewrapped.as_ref().err().map(ToString::to_string);
    record(if reason.is_none() { Outcome::Ok } else { Outcome::Failed }, reason)?;
    let rewrapped = rewrapped?;
    let path = vault.path();
    context.terminal.say(&format!("the vault {} has the new key now", human::path(&path)));
    if rewrapped.others > 0 {
        let others = human::count(rewrapped.others, "other key");
        context.terminal.note(&format!("{others} still open it"));
    }
    if context.json {
        context.terminal.print(&json::line(&Document {
            verb: context.verb,
            path: path.as_path().into(),
            dropped: rewrapped.dropped,
            others: rewrapped.others,
        }))?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Document {
    verb: &'static str,
    #[serde(flatten)]
    path: JsonPath,
    dropped: usize,
    others: usize,
}
