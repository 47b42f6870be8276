//! `cred rollback`: an earlier secret again.

use super::shown;
use crate::cli::args::cred::RollbackArgs;
use crate::cli::context::Context;
use crate::cli::credential_store;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::credentials::{Label, Name};

pub(in crate::cli) fn run(args: &RollbackArgs, context: &Context) -> Result<Exit, Failure> {
    let name: Name = args.name.parse()?;
    let chain = credential_store::open_to_change(&args.stores, context)?;
    let store = chain.holder(&name)?;
    let entry = store.rollback(&name, args.to)?;
    let number = entry.history.labelled(Label::Current).map_or(0, |version| version.number);
    let sentence = format!("version {number} of {name} is the current one again");
    shown::tell(context, &sentence, store.name(), &entry)?;
    Ok(Exit::Done)
}
