//! `cred edit`: other metadata, the same secret.

use super::metadata::Metadata;
use super::shown;
use crate::cli::args::cred::EditArgs;
use crate::cli::context::Context;
use crate::cli::credential_store;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::credentials::Name;

pub(in crate::cli) fn run(args: &EditArgs, context: &Context) -> Result<Exit, Failure> {
    let name: Name = args.name.parse()?;
    let metadata = Metadata::parse(&args.metadata)?;
    let chain = credential_store::open_to_change(&args.stores, context)?;
    let store = chain.holder(&name)?;
    let now = store.now();
    let entry = store.edit(&name, &mut |record| {
        metadata.apply(record, now);
        for tag in &args.untag {
            record.tags.remove(tag);
        }
    })?;
    shown::tell(context, &format!("changed {name}"), store.name(), &entry)?;
    Ok(Exit::Done)
}
