//! The verbs that go over trees of files.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::key::{KeyArgs, NewKeyArgs};

/// Seal model files in place
///
/// Each plaintext is replaced by FILE.enc and a sidecar FILE.enc.json once the sealed file has been read back
/// and authenticated. What an interrupted run left undone, the next one finishes. `-` seals standard input to
/// standard output.
///
/// Does not wipe the blocks of removed plaintexts on SSDs or copy-on-write disks: keep models on an encrypted
/// disk if that matters.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt encrypt ./models --key-file ~/keys/prod.key")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that somebody types")]
pub(in crate::cli) struct EncryptArgs {
    #[command(flatten)]
    pub(in crate::cli) paths: PathArgs,
    /// Keep the plaintexts
    #[arg(long)]
    pub(in crate::cli) keep: bool,
    /// Seal a plaintext anew that was changed since it was sealed
    #[arg(long)]
    pub(in crate::cli) update: bool,
    /// Write the results to DIR, with all other files copied along; the source stays as it is
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Which checksums to make; `both` adds one of the sealed bytes that anybody can check
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Checksum::Plaintext)]
    pub(in crate::cli) checksum: Checksum,
    /// Write the plaintext's SHA-256 into the sidecar, in the open
    #[arg(long)]
    pub(in crate::cli) publish_sha256: bool,
    /// PBKDF2 iterations for a passphrase, 100000 to 10000000 [default: 600000]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) iterations: Option<u32>,
    /// Seal the files that links inside the tree point to, and make the links follow
    #[arg(long)]
    pub(in crate::cli) follow: bool,
    /// Take files that have other names (hard links) too: those keep the plaintext
    #[arg(long)]
    pub(in crate::cli) allow_hardlinks: bool,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) jobs: JobsArgs,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    /// Take every file, whatever its name
    #[arg(long, help_heading = "Which files")]
    pub(in crate::cli) all: bool,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Give the plaintexts back
///
/// Each FILE.enc is replaced by its plaintext, with its mode and times, once that is whole, authentic and
/// safe on the disk. `-` opens standard input to standard output: authenticated bytes as they come, so that an
/// input cut short shows only at the end, as exit code 4.
///
/// Does not make a copy of the sealed files: use --keep or --output for that.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt decrypt ./models --output /dev/shm/models")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that somebody types")]
pub(in crate::cli) struct DecryptArgs {
    #[command(flatten)]
    pub(in crate::cli) paths: PathArgs,
    /// Keep the sealed files
    #[arg(long)]
    pub(in crate::cli) keep: bool,
    /// Write the results to DIR, with all other files copied along; the source stays as it is
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Make links inside the tree follow the files they point to
    #[arg(long)]
    pub(in crate::cli) follow: bool,
    /// Refuse unless --output lies in memory that cannot be swapped to a disk (exit code 5)
    #[cfg(unix)]
    #[arg(long, requires = "output")]
    pub(in crate::cli) require_memory_backed: bool,
    /// Take files that were sealed under another name
    #[arg(long)]
    pub(in crate::cli) allow_renamed: bool,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) jobs: JobsArgs,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Authenticate every chunk, header and sidecar; write nothing
///
/// Does not notice files that were added, deleted, or put back to an older authentic state.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt verify ./models")]
pub(in crate::cli) struct VerifyArgs {
    #[command(flatten)]
    pub(in crate::cli) paths: PathArgs,
    /// Take files that were sealed under another name
    #[arg(long)]
    pub(in crate::cli) allow_renamed: bool,
    #[command(flatten)]
    pub(in crate::cli) jobs: JobsArgs,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Change the master key; file keys and payloads stay
///
/// Takes the same time whatever the files' size. First every file gets the new key and is opened with it; only
/// when that has gone well everywhere does any file lose the old one.
///
/// Does not lock out who kept a file key or an old copy of the file: see reencrypt.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt rewrap ./models --key-file old.key --new-key-file new.key")]
#[command(group = clap::ArgGroup::new("new_key").args(NEW_KEY_ARGS).required(true).multiple(false))]
pub(in crate::cli) struct RewrapArgs {
    #[command(flatten)]
    pub(in crate::cli) paths: PathArgs,
    /// Drop every key but the new one, other people's included
    #[arg(long)]
    pub(in crate::cli) only: bool,
    /// Run one stage only, for fleets: add the new key everywhere, later drop the old one
    #[arg(long, value_enum)]
    pub(in crate::cli) stage: Option<Stage>,
    /// PBKDF2 iterations for a new passphrase, 100000 to 10000000 [default: 600000]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) iterations: Option<u32>,
    /// Take files that were sealed under another name
    #[arg(long)]
    pub(in crate::cli) allow_renamed: bool,
    #[command(flatten)]
    pub(in crate::cli) jobs: JobsArgs,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
    #[command(flatten)]
    pub(in crate::cli) new_key: NewKeyArgs,
}

/// Seal every file anew under a new file key
///
/// For when a file key may have leaked. Without a --new-… source the master key stays the same.
///
/// Does not reach old copies of the files: what somebody has copied stays readable with the old key.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt reencrypt ./models --new-key-file new.key")]
pub(in crate::cli) struct ReencryptArgs {
    #[command(flatten)]
    pub(in crate::cli) paths: PathArgs,
    /// PBKDF2 iterations for a passphrase, 100000 to 10000000 [default: 600000]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) iterations: Option<u32>,
    /// Take files that were sealed under another name
    #[arg(long)]
    pub(in crate::cli) allow_renamed: bool,
    #[command(flatten)]
    pub(in crate::cli) jobs: JobsArgs,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
    #[command(flatten)]
    pub(in crate::cli) new_key: NewKeyArgs,
}

/// What a verb works on.
#[derive(Debug, Args)]
pub(in crate::cli) struct PathArgs {
    /// Directories, or single files, which are taken whatever their names
    #[arg(required = true, value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
}

/// Which files inside the directories.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which files")]
pub(in crate::cli) struct SelectArgs {
    /// Take what matches GLOB, not the usual patterns (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) include: Vec<String>,
    /// Leave out what matches GLOB (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct JobsArgs {
    /// Work on N threads [default: one for each processor]
    #[arg(short, long, value_name = "N")]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
}

/// Which checksums are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Checksum {
    Plaintext,
    None,
    Both,
}

/// One stage of a rewrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Stage {
    Add,
    Drop,
}

pub(super) const NEW_KEY_ARGS: [&str; 5] =
    ["new_key_file", "new_passphrase_file", "new_key_command", "new_keyring", "new_key_env"];
