//! `cred set`: keeps a credential, or gives it a new secret.

use super::keep::{self, Keeping};
use super::metadata::Metadata;
use crate::cli::args::cred::SetArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, secret_input};
use crate::credentials::{CredentialStore, Name};

pub(in crate::cli) fn run(args: &SetArgs, context: &Context) -> Result<Exit, Failure> {
    let name: Name = args.name.parse()?;
    let metadata = Metadata::parse(&args.metadata)?;
    let chain = credential_store::open_to_keep(&args.stores, context)?;
    let found = keep::find(&chain, &name, args.kind)?;
    let secret = secret_input::read(&args.secret, &format!("Secret of {name}"))?;
    let now = chain.now();
    let keeping = Keeping {
        name,
        kind: args.kind,
        expires: metadata.expires(now),
        describe: &|record| metadata.apply(record, now),
    };
    keep::keep(&chain, &args.stores, found, &keeping, secret)?.tell(context)?;
    Ok(Exit::Done)
}
