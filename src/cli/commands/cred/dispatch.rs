//! From `cred`'s arguments to the verb.

use super::{
    audit, clients, edit, export, get, history, import, list, probe, render, restore, rewrap, rm, rollback,
    rotate, set, setup,
};
#[cfg(unix)]
use super::{exec, sync};
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
        CredVerb::Helper(args) => clients::run(args, context),
        CredVerb::Test(args) => probe::run(args, context),
        CredVerb::Render(args) => render::run(args, context),
        #[cfg(unix)]
        CredVerb::Sync(args) => sync::run(args, context),
        CredVerb::Rotate(args) => rotate::run(args, context),
        CredVerb::Rewrap(args) => rewrap::run(args, context),
        CredVerb::Setup(args) => setup::run(args, context),
        CredVerb::Import(args) => import::run(args, context),
        CredVerb::Export(args) => export::run(args, context),
        CredVerb::Audit(args) => audit::run(args, context),
    }
}
