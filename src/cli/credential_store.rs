//! The stores that the verbs of `cred` work on.

use super::args::cred::StoreArgs;
use super::context::Context;
use super::failure::Failure;
use crate::credentials::{CredentialStore, Error};

/// Opens the stores to read from them.
pub(super) fn open(_args: &StoreArgs, _context: &Context) -> Result<Box<dyn CredentialStore>, Failure> {
    Err(Error::Unavailable { store: "vault".into(), reason: "it is not built yet".into() }.into())
}

/// Opens the stores to change what is in them; a vault that is not there is made.
pub(super) fn open_for_writing(
    args: &StoreArgs,
    context: &Context,
) -> Result<Box<dyn CredentialStore>, Failure> {
    open(args, context)
}
