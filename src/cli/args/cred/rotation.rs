//! New secrets for old ones, and the way back.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use clap::Args;

use super::store::StoreArgs;
use super::when::When;
use crate::cli::args::work::NEW_KEY_ARGS;
use crate::cli::args::{Life, NewKeyArgs};

/// Replace the secret of a credential, once the new one has passed its check
///
/// The new secret is kept as pending, checked with --verify (or the command that the credential keeps), and made
/// the current one in one step; the one before stays as previous. A check that fails leaves all as it was. Killed
/// half-way it can be run again, and goes on with the secret that was pending. Commands run in a shell; the one that
/// checks gets the secret on standard input, and what they print is not shown. Without --stdin, --generate and --exec
/// the command that the credential keeps is run.
///
/// Does not tell the service of the new secret unless CMD does.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: modelcrypt cred rotate db --exec ./new-dsn.sh --verify ./try-dsn.sh --grace 24h"
)]
#[command(group = clap::ArgGroup::new("what").args(["name", "due"]).required(true).multiple(false))]
#[command(group = clap::ArgGroup::new("new_secret").args(["stdin", "generate", "exec"]).multiple(false))]
pub(in crate::cli) struct RotateArgs {
    /// The credential
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// Rotate all that are due, each with the commands that it keeps
    #[arg(long, conflicts_with_all = ["new_secret", "verify", "expires"])]
    pub(in crate::cli) due: bool,
    /// With --due: those too that will be due in this time
    #[arg(long, value_name = "TIME", requires = "due")]
    pub(in crate::cli) before: Option<Life>,
    /// Read the new secret from standard input
    #[arg(long)]
    pub(in crate::cli) stdin: bool,
    /// Make one of N random letters and digits, 16 to 1024
    #[arg(long, value_name = "N")]
    pub(in crate::cli) generate: Option<usize>,
    /// Run CMD and take what it prints; it finds the name in $MODELCRYPT_CREDENTIAL
    #[arg(long, value_name = "CMD")]
    pub(in crate::cli) exec: Option<String>,
    /// Check the new secret with CMD, which reads it from standard input: exit code 0 is good
    #[arg(long, value_name = "CMD")]
    pub(in crate::cli) verify: Option<String>,
    /// How long the secret before is still given as the previous one [default: without an end]
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) grace: Option<Life>,
    /// When the new secret ends: 2026-12-31, 90d
    #[arg(long, value_name = "WHEN")]
    pub(in crate::cli) expires: Option<When>,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Make an earlier version of a secret the current one again
///
/// Does not tell the service: the old secret may be worth nothing there any more.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred rollback db")]
pub(in crate::cli) struct RollbackArgs {
    /// The credential
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// To version N [default: the previous one]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) to: Option<u32>,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Change the master key of the vault; the secrets in it stay
///
/// For the master keys of models see `modelcrypt rewrap`, for new secrets see `cred rotate`. Does not lock out who
/// kept an old copy of the vault.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred rewrap --key-file old.key --new-key-file new.key")]
#[command(group = clap::ArgGroup::new("new_key").args(NEW_KEY_ARGS).required(true).multiple(false))]
pub(in crate::cli) struct RewrapArgs {
    /// PBKDF2 iterations for a new passphrase, 100000 to 10000000 [default: 600000]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) iterations: Option<u32>,
    #[command(flatten)]
    pub(in crate::cli) key: crate::cli::args::KeyArgs,
    #[command(flatten)]
    pub(in crate::cli) new_key: NewKeyArgs,
}
