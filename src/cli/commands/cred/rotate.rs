//! `cred rotate`: a new secret, checked before it takes over.

use super::rotation::rotate;
use super::{rotate_due, shown};
use crate::cli::args::cred::RotateArgs;
use crate::cli::context::Context;
use crate::cli::credential_store;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::credentials::{Label, Name};

pub(in crate::cli) fn run(args: &RotateArgs, context: &Context) -> Result<Exit, Failure> {
    // The commands that may be run are not to have the key of the vault.
    #[cfg(unix)]
    crate::cli::key_for_child::keep_from(&args.stores.key, context)?;
    let Some(name) = &args.name else { return rotate_due::run(args, context) };
    let name: Name = name.parse()?;
    let chain = credential_store::open_to_change(&args.stores, context)?;
    let store = chain.holder(&name)?;
    let entry = rotate(args, store, &name)?;
    let number = entry.history.labelled(Label::Current).map_or(0, |version| version.number);
    let sentence = format!("rotated {name}: version {number} is the current one");
    shown::tell(context, &sentence, store.name(), &entry)?;
    Ok(Exit::Done)
}
