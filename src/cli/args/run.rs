//! Running a program on a model that is opened for it.

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::key::KeyArgs;
use super::work::JobsArgs;

/// Run a program on a model that is opened for it in memory
///
/// Opens the sealed files of DIR into memory, gives CMD a directory of links to them, and takes all away when
/// CMD ends. `{}` anywhere in CMD's arguments, and `$MODELCRYPT_DIR`, are that directory. Signals are passed on
/// to CMD, its exit code is passed on to you, and the key stays with neither: CMD never sees it.
///
/// Does not keep the plaintext from other processes of the same user, or from root, while CMD runs.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt run ./models -- vllm serve {}")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that somebody types")]
pub(in crate::cli) struct RunArgs {
    /// A model directory, or one sealed file
    #[arg(value_name = "DIR")]
    pub(in crate::cli) dir: PathBuf,
    /// Where the plaintext lies: memory files, a tmpfs, or a directory of your choice
    #[arg(long, value_name = "memfd|tmpfs|DIR", default_value = "memfd")]
    pub(in crate::cli) place: PlaceArg,
    /// Write the directory's path to FILE once it is ready (with --json: an object), and remove FILE at the end
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ready_file: Option<PathBuf>,
    /// Seal what CMD has changed or added, if it ends well (not with memfd)
    #[arg(long)]
    pub(in crate::cli) write_back: bool,
    /// Mask the secrets in what CMD prints; it finds pipes in place of a terminal
    #[arg(long)]
    pub(in crate::cli) mask: bool,
    /// Take plaintexts where the patterns say sealed files should be
    #[arg(long)]
    pub(in crate::cli) allow_plaintext: bool,
    /// Take files that were sealed under another name
    #[arg(long)]
    pub(in crate::cli) allow_renamed: bool,
    #[command(flatten)]
    pub(in crate::cli) jobs: JobsArgs,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(in crate::cli) command: Vec<OsString>,
}

/// Where the plaintext lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum PlaceArg {
    Memfd,
    Tmpfs,
    Directory(PathBuf),
}

impl FromStr for PlaceArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "memfd" => Self::Memfd,
            "tmpfs" => Self::Tmpfs,
            dir => Self::Directory(dir.into()),
        })
    }
}
