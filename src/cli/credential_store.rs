//! The stores that the verbs of `cred` work on.

use std::path::PathBuf;

use super::args::cred::StoreArgs;
use super::context::Context;
use super::failure::Failure;
use super::key;
use crate::credentials::CredentialStore;
use crate::credentials::stores::vault::Vault;

/// Opens the stores to read from them.
pub(super) fn open(args: &StoreArgs, context: &Context) -> Result<Box<dyn CredentialStore>, Failure> {
    let key = key::existing(&args.key, context)?;
    Ok(Box::new(Vault::open(&place()?, &key.master)?))
}

/// Opens the stores to change what is in them; a vault that is not there is made.
pub(super) fn open_for_writing(
    args: &StoreArgs,
    context: &Context,
) -> Result<Box<dyn CredentialStore>, Failure> {
    let key = key::existing(&args.key, context)?;
    Ok(Box::new(Vault::open_or_create(&place()?, &key.master)?))
}

fn place() -> Result<PathBuf, Failure> {
    let place = std::env::var_os("MODELCRYPT_VAULT").map(PathBuf::from);
    place.ok_or_else(|| Failure::usage("`MODELCRYPT_VAULT` is not set"))
}
