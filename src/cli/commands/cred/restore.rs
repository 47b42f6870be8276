//! `cred restore`: gives a deactivated credential again.

use super::shown;
use crate::cli::args::cred::RestoreArgs;
use crate::cli::context::Context;
use crate::cli::credential_store;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::credentials::Name;

pub(in crate::cli) fn run(args: &RestoreArgs, context: &Context) -> Result<Exit, Failure> {
    let name: Name = args.name.parse()?;
    let chain = credential_store::open_to_change(&args.stores, context)?;
    let store = chain.holder(&name)?;
    let entry = store.restore(&name)?;
    shown::tell(context, &format!("restored {name}"), store.name(), &entry)?;
    Ok(Exit::Done)
}
