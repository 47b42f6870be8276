//! `cred` as a whole: its verbs.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use clap::{Args, Subcommand};

use super::audit::AuditArgs;
use super::clients::HelperArgs;
use super::handing::RenderArgs;
#[cfg(unix)]
use super::handing::{ExecArgs, SyncArgs};
use super::moving::{ExportArgs, ImportArgs};
use super::probe::TestArgs;
use super::reading::{GetArgs, HistoryArgs, ListArgs};
use super::record::{EditArgs, SetArgs};
use super::removal::{RestoreArgs, RmArgs};
use super::rotation::{RewrapArgs, RollbackArgs, RotateArgs};
use super::setup::SetupArgs;

/// Keep credentials: typed, versioned, sealed, every access on record
///
/// Credentials are looked for in the keyring of the system, then in the vault ($MODELCRYPT_VAULT, else vault.db in
/// your data folder; opened with the same keys as models), then in the environment and in the files of a manifest.
/// Does not show a secret on a terminal unless it is told to with --reveal.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = "Example: modelcrypt cred set hf --type huggingface < token.txt")]
pub(in crate::cli) struct CredArgs {
    #[command(subcommand)]
    pub(in crate::cli) verb: CredVerb,
}

/// One for each thing that is done with credentials.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CredVerb {
    #[command(visible_alias = "store")]
    Set(SetArgs),
    Edit(EditArgs),
    Get(GetArgs),
    List(ListArgs),
    History(HistoryArgs),
    Rm(RmArgs),
    Restore(RestoreArgs),
    Rotate(RotateArgs),
    Rollback(RollbackArgs),
    Rewrap(RewrapArgs),
    Setup(SetupArgs),
    Import(ImportArgs),
    Export(ExportArgs),
    #[cfg(unix)]
    Exec(ExecArgs),
    Render(RenderArgs),
    #[cfg(unix)]
    Sync(SyncArgs),
    Helper(HelperArgs),
    Test(TestArgs),
    Audit(AuditArgs),
}

impl CredVerb {
    /// As it is typed.
    pub(in crate::cli) fn name(&self) -> &'static str {
        match self {
            Self::Set(_) => "cred set",
            Self::Edit(_) => "cred edit",
            Self::Get(_) => "cred get",
            Self::List(_) => "cred list",
            Self::History(_) => "cred history",
            Self::Rm(_) => "cred rm",
            Self::Restore(_) => "cred restore",
            Self::Rotate(_) => "cred rotate",
            Self::Rollback(_) => "cred rollback",
            Self::Rewrap(_) => "cred rewrap",
            Self::Setup(args) => args.of.name(),
            Self::Import(args) => args.from.name(),
            Self::Export(_) => "cred export",
            #[cfg(unix)]
            Self::Exec(_) => "cred exec",
            Self::Render(_) => "cred render",
            #[cfg(unix)]
            Self::Sync(_) => "cred sync",
            Self::Helper(args) => args.of.name(),
            Self::Test(_) => "cred test",
            Self::Audit(args) => args.verb.name(),
        }
    }
}
