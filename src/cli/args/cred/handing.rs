//! Handing credentials to programs.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

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
