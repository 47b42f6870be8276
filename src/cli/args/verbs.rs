//! The verbs that make, show and look.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::key::KeyArgs;
use super::work::{PathArgs, SelectArgs};

/// Make a master key
///
/// Prints it, or writes it to a new file that only you may read or to a new entry of your keyring, and prints
/// its id. Does not make a backup: without its key nobody opens a sealed file.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt keygen -o prod.key")]
pub(in crate::cli) struct KeygenArgs {
    /// Write the key to FILE, which must not exist yet
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Keep the key in your keyring as NAME, which must not be there yet
    #[arg(long, value_name = "NAME", conflicts_with = "output")]
    pub(in crate::cli) keyring: Option<String>,
}

/// Show how each file stands: sealed or not, under which key, since when, what is due
///
/// Reads headers only; works without a key. Does not check the contents: see verify.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt status ./models --check")]
pub(in crate::cli) struct StatusArgs {
    #[command(flatten)]
    pub(in crate::cli) paths: PathArgs,
    /// Exit with 5 if a file is plaintext that the policy wants sealed
    #[arg(long)]
    pub(in crate::cli) check: bool,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Show what the header of a sealed file says; with a key also what is sealed in it
///
/// Does not check the contents: see verify.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt inspect model.safetensors.enc --sha256")]
pub(in crate::cli) struct InspectArgs {
    /// A sealed file
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// Print only the SHA-256 of the plaintext, as it was when it was sealed (needs a key)
    #[arg(long)]
    pub(in crate::cli) sha256: bool,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Print the plaintext of a sealed file, or a range of it
///
/// Gives authenticated bytes as they come: a fault further on shows only when it is reached, as exit code 4.
/// With --range only the chunks that it touches are read. Does not write plaintext to a disk.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cat model.safetensors.enc --range 0:8 | xxd")]
pub(in crate::cli) struct CatArgs {
    /// A sealed file
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// LEN bytes from START on; without LEN, all that follow
    #[arg(long, value_name = "START:LEN")]
    pub(in crate::cli) range: Option<Range>,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Remove what killed runs have left behind
///
/// Temporaries that nobody holds any more are removed; files renamed aside get their names back; directories
/// that were opened by a process that died are removed, in DIR and where they are made by themselves. Does not
/// need a key, and every other verb does the same in the directories it works on.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt sweep ./models")]
pub(in crate::cli) struct SweepArgs {
    /// Where to look
    #[arg(value_name = "DIR", default_value = ".")]
    pub(in crate::cli) dirs: Vec<PathBuf>,
}

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example: modelcrypt completions bash > ~/.local/share/bash-completion/completions/modelcrypt"
)]
pub(in crate::cli) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: clap_complete::Shell,
}

/// Print the man page, or write one for each verb
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt man ~/.local/share/man/man1")]
pub(in crate::cli) struct ManArgs {
    /// Write all pages to DIR
    #[arg(value_name = "DIR")]
    pub(in crate::cli) dir: Option<PathBuf>,
}

/// A range of plaintext bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Range {
    pub(in crate::cli) start: u64,
    pub(in crate::cli) len: Option<u64>,
}

impl FromStr for Range {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = "not START:LEN, two numbers of bytes";
        let (start, len) = text.split_once(':').ok_or(wanted)?;
        let start = start.parse().map_err(|_| wanted)?;
        let len = if len.is_empty() { None } else { Some(len.parse().map_err(|_| wanted)?) };
        Ok(Self { start, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_numbers_or_one() {
        assert_eq!("0:8".parse(), Ok(Range { start: 0, len: Some(8) }));
        assert_eq!("16384:".parse(), Ok(Range { start: 16_384, len: None }));
        for wrong in ["", "8", ":8", "-1:8", "0:-8", "0x10:1", "1:2:3", "18446744073709551616:1"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }
}
