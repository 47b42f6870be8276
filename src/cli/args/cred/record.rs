//! Keeping a credential, and changing what is known of it.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::secret::SecretArgs;
use super::store::StoreArgs;
use super::when::When;
use crate::cli::args::Life;
use crate::credentials::Kind;

/// Keep a credential, or give it a new secret
///
/// The secret comes from --from-file or --from-env, else from standard input, else it is asked for twice. Text of
/// one line loses the newline at its end; all else is kept byte for byte. A credential that is there already gets a
/// new version of its secret and the metadata that is given; its type stays. The type says how the secret is checked;
/// of an access key of AWS the id is the --username.
///
/// Does not take a secret as an argument: everybody on a machine can read those.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: modelcrypt cred set db --type db_dsn --tag prod --rotate-every 90d < dsn.txt"
)]
pub(in crate::cli) struct SetArgs {
    /// Its name: letters, digits and . _ - @ : +
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// What it is; custom unless given
    #[arg(long = "type", value_name = "TYPE", value_parser = kind())]
    pub(in crate::cli) kind: Option<Kind>,
    #[command(flatten)]
    pub(in crate::cli) metadata: MetadataArgs,
    #[command(flatten)]
    pub(in crate::cli) secret: SecretArgs,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Change what is known of a credential; its secret stays
///
/// What is not named stays as it is; an empty text takes a field away. Does not change name, type or secret.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred edit db --extra sslmode=require --untag staging")]
pub(in crate::cli) struct EditArgs {
    /// The credential
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) metadata: MetadataArgs,
    /// Take this tag away (repeatable)
    #[arg(long, value_name = "TAG")]
    pub(in crate::cli) untag: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// What is known of a credential besides its secret.
#[derive(Debug, Args)]
pub(in crate::cli) struct MetadataArgs {
    /// Whom it logs in; of an access key of AWS, its id
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) username: Option<String>,
    /// Host, port, endpoint, region and the like, never anything secret (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub(in crate::cli) extra: Vec<String>,
    /// A word to find it by (repeatable)
    #[arg(long, value_name = "TAG")]
    pub(in crate::cli) tag: Vec<String>,
    /// The service that it logs in to
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) service: Option<String>,
    /// Where it counts: prod, staging
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) env: Option<String>,
    /// What it is for, in words
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) description: Option<String>,
    /// From when on it is not given any more: 2026-12-31, 90d, never
    #[arg(long, value_name = "WHEN")]
    pub(in crate::cli) expires: Option<When>,
    /// How old the secret may grow: 90d; 0d for no limit
    #[arg(long, value_name = "AGE")]
    pub(in crate::cli) rotate_every: Option<Life>,
    /// The shell command that prints a new secret, for `cred rotate --due`
    #[arg(long, value_name = "CMD")]
    pub(in crate::cli) rotate_command: Option<String>,
    /// The shell command that checks a new secret, which it reads from standard input
    #[arg(long, value_name = "CMD")]
    pub(in crate::cli) verify_command: Option<String>,
}

/// The types, for completions and `--help`.
pub(super) fn kind() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.iter().map(|kind| kind.as_str())).try_map(|text| text.parse::<Kind>())
}
