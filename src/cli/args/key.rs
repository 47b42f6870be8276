//! Where keys come from. No flag takes a secret itself: everybody on the machine can read arguments.

use std::path::PathBuf;

use clap::Args;

use crate::keys::Permissions;

/// The key in use.
#[derive(Debug, Args)]
#[command(next_help_heading = "Key (one source)")]
pub(in crate::cli) struct KeyArgs {
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    /// Take a key file that others may read
    #[arg(long)]
    allow_loose_permissions: bool,
}

/// The sources of the key in use, of which one can be named.
#[derive(Debug, Args)]
#[group(id = "key_source", multiple = false)]
#[command(next_help_heading = "Key (one source)")]
pub(in crate::cli) struct SourceArgs {
    /// Read the key from FILE: mck1_… or a passphrase
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) key_file: Option<PathBuf>,
    /// Read a passphrase from FILE
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) passphrase_file: Option<PathBuf>,
    /// Run CMD in a shell and take what it prints
    #[arg(long, value_name = "CMD")]
    pub(in crate::cli) key_command: Option<String>,
    /// Take the key from the entry NAME of your keyring
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) keyring: Option<String>,
    /// Take the key from the environment variable VAR
    #[arg(long, value_name = "VAR")]
    pub(in crate::cli) key_env: Option<String>,
}

/// The sources of the key to come, of which one can be named.
#[derive(Debug, Args)]
#[group(id = "new_key_source", multiple = false)]
#[allow(clippy::struct_field_names, reason = "the names are the flags")]
#[command(next_help_heading = "New key (one source)")]
pub(in crate::cli) struct NewKeyArgs {
    /// Read the new key from FILE: mck1_… or a passphrase
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) new_key_file: Option<PathBuf>,
    /// Read the new passphrase from FILE
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) new_passphrase_file: Option<PathBuf>,
    /// Run CMD in a shell and take what it prints as the new key
    #[arg(long, value_name = "CMD")]
    pub(in crate::cli) new_key_command: Option<String>,
    /// Take the new key from the entry NAME of your keyring
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) new_keyring: Option<String>,
    /// Take the new key from the environment variable VAR
    #[arg(long, value_name = "VAR")]
    pub(in crate::cli) new_key_env: Option<String>,
}

impl KeyArgs {
    /// Whether a source was named.
    pub(in crate::cli) fn is_named(&self) -> bool {
        let SourceArgs { key_file, passphrase_file, key_command, keyring, key_env } = &self.source;
        key_file.is_some()
            || passphrase_file.is_some()
            || [key_command, keyring, key_env].into_iter().any(Option::is_some)
    }

    /// The variable that was named.
    pub(in crate::cli) fn variable(&self) -> Option<&str> {
        self.source.key_env.as_deref()
    }

    pub(in crate::cli) fn permissions(&self) -> Permissions {
        if self.allow_loose_permissions { Permissions::Loose } else { Permissions::Private }
    }
}

impl NewKeyArgs {
    /// The same, as the sources of a key in use.
    pub(in crate::cli) fn as_sources(&self) -> SourceArgs {
        SourceArgs {
            key_file: self.new_key_file.clone(),
            passphrase_file: self.new_passphrase_file.clone(),
            key_command: self.new_key_command.clone(),
            keyring: self.new_keyring.clone(),
            key_env: self.new_key_env.clone(),
        }
    }
}
