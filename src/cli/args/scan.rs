//! The verb that looks for secrets.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Look for secrets in files
///
/// Goes through directories as git sees them: hidden files too, ignored ones not. Looks into notebooks, tokenizers and the
/// metadata of safetensors and GGUF files; shows no secret, only where it is. Exit code 5: there are some. What has
/// modelcrypt:allow on its line, or modelcrypt:allow=RULE, is accepted. Does not look into archives, pictures, sealed
/// files, or what git has of earlier commits.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt scan . --baseline .modelcrypt-baseline.json")]
pub(in crate::cli) struct ScanArgs {
    /// Files and directories; a path that is named is scanned whatever ignores it
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Scan what is staged for the next commit, not the working tree
    #[arg(long)]
    pub(in crate::cli) staged: bool,
    /// How to print what is found; --json is the same as --format json
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
    /// Secrets that are known and accepted: they are counted and not reported
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Accept what is found from now on, and forget what is gone
    #[arg(long, requires = "baseline")]
    pub(in crate::cli) update_baseline: bool,
    /// Leave out what is less severe
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = MinSeverity::Low)]
    pub(in crate::cli) min_severity: MinSeverity,
}

/// How to print what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// Lines that editors jump from
    Text,
    /// One object
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
}

/// How bad it is if a secret leaks, at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum MinSeverity {
    /// Everything
    Low,
    /// What opens one narrow thing
    Medium,
    /// What opens an account or a service
    High,
    /// What opens an organisation
    Critical,
}
