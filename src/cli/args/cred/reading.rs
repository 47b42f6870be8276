//! Looking at credentials.

use clap::Args;

use super::record::kind;
use super::store::StoreArgs;
use crate::credentials::{Kind, Selector};

/// Print a secret, or one field of a credential
///
/// To a pipe or a file it goes as it is, without a newline; to a terminal only with --reveal. FIELD is `username`, a
/// key of `extra`, or a part that the secret has by its type: `password` of a `db_dsn`, `access_key_id` of an `aws`
/// key, a text of a JSON object. Without it the secret itself is meant.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred get huggingface | hf-login-that-reads-standard-input")]
pub(in crate::cli) struct GetArgs {
    /// The credential, and which field of it
    #[arg(value_name = "NAME[/FIELD]")]
    pub(in crate::cli) address: String,
    /// Which version: a number, current, previous or pending
    #[arg(long, value_name = "N|LABEL", default_value = "current")]
    pub(in crate::cli) version: Selector,
    /// Show it on a terminal too, and in what --json prints
    #[arg(long)]
    pub(in crate::cli) reveal: bool,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Show what is kept: names, types, where, how old, what is due; never a secret
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred list --due")]
pub(in crate::cli) struct ListArgs {
    /// Only those of this type
    #[arg(long = "type", value_name = "TYPE", value_parser = kind())]
    pub(in crate::cli) kind: Option<Kind>,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    pub(in crate::cli) tag: Option<String>,
    /// Only those for this service
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) service: Option<String>,
    /// Only those of this environment
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) env: Option<String>,
    /// Only those that should be rotated by now
    #[arg(long)]
    pub(in crate::cli) due: bool,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Show the versions of a credential: which is current, since when, how long each is given
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred history db")]
pub(in crate::cli) struct HistoryArgs {
    /// The credential
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}
