//! Taking credentials away, and giving them back.

use clap::Args;

use super::store::StoreArgs;

/// Give a credential no more; it is kept until it is purged
///
/// `cred restore` gives it back. With --purge all its versions are deleted for good. Does not revoke it: whoever has
/// the secret can still use it until its service is told.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred rm old-token")]
pub(in crate::cli) struct RmArgs {
    /// The credential
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// Delete it and all its versions for good
    #[arg(long)]
    pub(in crate::cli) purge: bool,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Give a credential again that `cred rm` has taken away
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred restore old-token")]
pub(in crate::cli) struct RestoreArgs {
    /// The credential
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}
