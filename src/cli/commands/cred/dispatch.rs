//! From `cred`'s arguments to the verb.

use super::{edit, get, helper, history, list, probe, render, restore, rm, rollback, set};
#[cfg(unix)]
use super::{exec, sync};
use crate::ErrorKind;
use crate::cli::args::cred::{CredArgs, CredVerb};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;

pub(in crate::cli) fn run(args: &CredArgs, context: &Context) -> Result<Exit, Failure> {
    match &args.verb {
        CredVerb::Set(args) => set::run(args, context),
        CredVerb::Edit(args) => edit::run(args, context),
        CredVerb::Get(args) => get::run(args, context),
        CredVerb::List(args) => list::run(args, context),
        CredVerb::History(args) => history::run(args, context),
        CredVerb::Rm(args) => rm::run(args, context),
        CredVerb::Restore(args) => restore::run(args, context),
        CredVerb::Rollback(args) => rollback::run(args, context),
        #[cfg(unix)]
        CredVerb::Exec(args) => exec::run(args, context),
        CredVerb::Helper(args) => helper::run(args, context),
        CredVerb::Test(args) => probe::run(args, context),
        CredVerb::Render(args) => render::run(args, context),
        #[cfg(unix)]
        CredVerb::Sync(args) => sync::run(args, context),
        _ => Err(Failure::new(ErrorKind::Unsupported, "this verb is not built yet")),
    }
}
