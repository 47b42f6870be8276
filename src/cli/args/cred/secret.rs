//! Where a secret comes from. No flag takes it itself: everybody on the machine can read arguments.

use std::path::PathBuf;

use clap::Args;

/// The source of a secret; without one it is read from standard input, or asked for on a terminal.
#[derive(Debug, Args)]
#[group(id = "secret_source", multiple = false)]
#[command(next_help_heading = "Secret (one source; else standard input, or asked for on a terminal)")]
pub(in crate::cli) struct SecretArgs {
    /// Read the secret from FILE
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) from_file: Option<PathBuf>,
    /// Take the secret from the environment variable VAR
    #[arg(long, value_name = "VAR")]
    pub(in crate::cli) from_env: Option<String>,
}
