//! Handing credentials to programs.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

#[cfg(unix)]
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::store::StoreArgs;

/// Fill a template with credentials
///
/// ${NAME/FIELD}, {{ NAME/FIELD }} and mc://NAME/FIELD become the value, byte for byte; without /FIELD it is the
/// secret. $$ is a dollar sign, {{{{ are two braces; a $ before anything else stays. FILE is readable by you alone,
/// and is there whole or as it was before: a name that nobody knows changes nothing. Does not quote values for the
/// format that FILE is in.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred render app.yaml.tmpl -o /run/app/app.yaml")]
pub(in crate::cli) struct RenderArgs {
    /// The template; - for standard input
    #[arg(value_name = "TEMPLATE")]
    pub(in crate::cli) template: PathBuf,
    /// Where the result goes
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Write credentials as files into a folder, all at once, as Kubernetes mounts a Secret
///
/// DIR/NAME leads through DIR/..data to the current set: whoever reads sees the old one or the new one, never a
/// mixture. Files are readable by you alone; a `:` in a name is %3A in its file's. Run it again to bring the folder up
/// to date: what is not named any more goes, what is not ours stays. Does not watch: run it from a timer.
#[cfg(unix)]
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred sync /run/app/secrets db hf")]
pub(in crate::cli) struct SyncArgs {
    /// The folder; made if it is not there
    #[arg(value_name = "DIR")]
    pub(in crate::cli) dir: PathBuf,
    /// Which credentials; all that are given unless named
    #[arg(value_name = "NAME")]
    pub(in crate::cli) names: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Run a program with credentials in its environment, or in files that lie in memory
///
/// Only the program gets them, and what it prints is masked. Its exit code is passed on, and so are signals; 126 and 127
/// mean that it could not be started. The key of the vault is kept from it. Does not hide the values from other programs
/// of the same user, which can look into its environment: with --mount they can read the files only while it runs.
#[cfg(unix)]
#[derive(Debug, Args)]
#[command(
    after_help = "Example: modelcrypt cred exec -e PGPASSWORD=db/password --mount hf=/run/app/hf -- ./serve"
)]
pub(in crate::cli) struct ExecArgs {
    /// Set this variable to the value (repeatable)
    #[arg(short, long, value_name = "VAR=NAME/FIELD")]
    pub(in crate::cli) env: Vec<String>,
    /// Have the value in this file, which must not be there yet and goes with the program (repeatable)
    #[arg(long, value_name = "NAME/FIELD=PATH")]
    pub(in crate::cli) mount: Vec<String>,
    /// When there is a new version: end the program with SIGTERM and start it anew; with =hup renew the mounts and send
    /// it SIGHUP only
    #[arg(long, value_enum, value_name = "restart|hup", num_args = 0..=1, require_equals = true, default_missing_value = "restart")]
    pub(in crate::cli) watch: Option<WatchArg>,
    /// Leave what the program prints as it is
    #[arg(long)]
    pub(in crate::cli) no_mask: bool,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(in crate::cli) command: Vec<OsString>,
}

/// What happens when there is a new version.
#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum WatchArg {
    Restart,
    Hup,
}
