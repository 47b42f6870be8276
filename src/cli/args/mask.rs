//! Taking secrets out of text.

use std::path::PathBuf;

use clap::Args;

/// Take the secrets out of a text
///
/// Copies FILE, or standard input, to standard output, each secret replaced by its kind and a short fingerprint:
/// __masked.github-token.3f9a2c1b__. The same secret has the same fingerprint within one run. A line is written as
/// soon as it is whole. Does not change FILE, and does not know a secret that neither looks like one, nor stands
/// where secrets stand, nor is in --known-from.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt mask build.log > build.public.log")]
pub(in crate::cli) struct MaskArgs {
    /// The text; `-` or nothing: standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Mask what is in FILE too, one secret a line, in whatever encoding it turns up
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) known_from: Option<PathBuf>,
}
