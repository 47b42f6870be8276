//! What every verb takes besides its own.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(next_help_heading = "Every verb")]
pub(in crate::cli) struct OutputArgs {
    /// Print one JSON object on stdout, on failure too
    #[arg(long, global = true)]
    pub(in crate::cli) json: bool,
    /// Say nothing but errors and results
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(in crate::cli) quiet: bool,
    /// Say more: a line for each file, on a terminal or not
    #[arg(short, long, global = true)]
    pub(in crate::cli) verbose: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    pub(in crate::cli) color: Colour,
    /// Go by this configuration, not by the directory's .modelcrypt.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Colour {
    // On a terminal, unless `$NO_COLOR` is set or `$TERM` is dumb.
    Auto,
    Always,
    Never,
}
