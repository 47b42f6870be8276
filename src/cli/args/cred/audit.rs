//! The record of every access.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::when::When;
use crate::cli::args::KeyArgs;

/// Look at the record of every access to the keyring and the vault
///
/// It lies beside the vault, as VAULT.audit.jsonl. Does not hold against somebody who has both the key and the right
/// to write it: with them a whole new record can be made.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = "Example: modelcrypt cred audit show --failed --since 7d")]
pub(in crate::cli) struct AuditArgs {
    #[command(subcommand)]
    pub(in crate::cli) verb: AuditVerb,
}

/// What is done with the record.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuditVerb {
    Show(ShowArgs),
    Verify(VerifyArgs),
    Checkpoint(CheckpointArgs),
}

/// Show who did what with which credential, the newest last
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred audit show db --limit 20")]
pub(in crate::cli) struct ShowArgs {
    /// Only what was done with this credential
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// Only what failed
    #[arg(long)]
    pub(in crate::cli) failed: bool,
    /// Only from then on: 2026-12-31, or 7d for the last seven days
    #[arg(long, value_name = "WHEN")]
    pub(in crate::cli) since: Option<When>,
    /// The newest N of them
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<usize>,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Check the record: whole, unchanged, and no shorter than the vault and the checkpoints say
///
/// Exit code 4 if it is not. A last line that a crash has cut is told and is no fault.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred audit verify")]
pub(in crate::cli) struct VerifyArgs {
    /// Hold it against the checkpoints in FILE [default: $MODELCRYPT_CHECKPOINTS, else VAULT.checkpoints.jsonl]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) checkpoints: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Sign where the record ends, so that nobody can shorten it unseen
///
/// A line is added to FILE, best one on another machine; $MODELCRYPT_CHECKPOINTS names it for `verify` too. Does not
/// need to be run often: each covers all before it.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred audit checkpoint")]
pub(in crate::cli) struct CheckpointArgs {
    /// Add it to FILE [default: $MODELCRYPT_CHECKPOINTS, else VAULT.checkpoints.jsonl]
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

impl AuditVerb {
    /// As it is typed.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Show(_) => "cred audit show",
            Self::Verify(_) => "cred audit verify",
            Self::Checkpoint(_) => "cred audit checkpoint",
        }
    }
}
