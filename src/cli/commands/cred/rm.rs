//! `cred rm`: gives a credential no more, or deletes it.

use serde::Serialize;

use super::shown;
use crate::cli::args::cred::RmArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, json};
use crate::credentials::Name;

pub(in crate::cli) fn run(args: &RmArgs, context: &Context) -> Result<Exit, Failure> {
    let name: Name = args.name.parse()?;
    let chain = credential_store::open_to_change(&args.stores, context)?;
    let store = chain.holder(&name)?;
    if !args.purge {
        let entry = store.deactivate(&name)?;
        shown::tell(context, &format!("deactivated {name}"), store.name(), &entry)?;
        return Ok(Exit::Done);
    }
    store.purge(&name)?;
    context.terminal.say(&format!("deleted {name} and all its versions from the {}", store.name()));
    if context.json {
        let document =
            Deleted { verb: context.verb, store: store.name(), name: name.as_str(), is_purged: true };
        context.terminal.print(&json::line(&document))?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Deleted<'n> {
    verb: &'static str,
    store: &'n str,
    name: &'n str,
    is_purged: bool,
}
