//! Which stores are asked, and the key of the vault.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::KeyArgs;

/// Where credentials are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Stores")]
pub(in crate::cli) struct StoreArgs {
    /// Use this store only, not the first that has it; without it new credentials go to the vault
    #[arg(long, value_enum, value_name = "STORE")]
    pub(in crate::cli) store: Option<StoreName>,
    /// Look into the environment and files as this manifest (YAML or JSON) of providers says, too
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// A store that can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum StoreName {
    Keyring,
    Vault,
}

impl StoreName {
    /// As the store calls itself.
    pub(in crate::cli) fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Vault => "vault",
        }
    }
}
