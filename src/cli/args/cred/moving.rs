//! Moving in and out.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::store::StoreArgs;

/// Take over credentials that lie in files
///
/// One that is there already with the same secret is left; with another secret it is an error for that one, unless
/// --replace makes it a new version. Does not delete the files: do that once all is taken over.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = "Example: modelcrypt cred import env .env")]
pub(in crate::cli) struct ImportArgs {
    #[command(subcommand)]
    pub(in crate::cli) from: ImportFrom,
}

/// A kind of file that is known.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ImportFrom {
    /// The profiles of a credentials file of AWS: `default` as aws, the others as aws:PROFILE
    #[command(after_help = "Example: modelcrypt cred import aws ~/.aws/credentials")]
    Aws(ImportFileArgs),
    /// The token file of the Hugging Face Hub, as huggingface
    #[command(after_help = "Example: modelcrypt cred import hf ~/.cache/huggingface/token")]
    Hf(ImportFileArgs),
    /// The variables of a .env file, each under its name
    #[command(after_help = "Example: modelcrypt cred import env .env --tag moved")]
    Env(ImportFileArgs),
    Fernet(FernetArgs),
}

/// A file to be taken over.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportFileArgs {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// Give this tag to all of them (repeatable)
    #[arg(long, value_name = "TAG")]
    pub(in crate::cli) tag: Vec<String>,
    /// Make a new version of what is there already with another secret
    #[arg(long)]
    pub(in crate::cli) replace: bool,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Values that are encrypted with Fernet: NAME=gAAAA… lines, or a JSON object of names and tokens
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred import fernet secrets.env --fernet-key-env OLD_FERNET_KEY")]
pub(in crate::cli) struct FernetArgs {
    /// The environment variable that holds the Fernet key; several keys with commas between them
    #[arg(long, value_name = "VAR", default_value = "FERNET_KEY")]
    pub(in crate::cli) fernet_key_env: String,
    #[command(flatten)]
    pub(in crate::cli) file: ImportFileArgs,
}

/// Print credentials as other programs read them
///
/// Without --reveal every secret is left out. Does not keep what is exported safe: a file of it is as secret as the
/// secrets in it.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred export --format k8s --reveal db hf | kubectl apply -f -")]
pub(in crate::cli) struct ExportArgs {
    /// Which credentials; all unless named
    #[arg(value_name = "NAME")]
    pub(in crate::cli) names: Vec<String>,
    /// As what: JSON, a .env file, a Secret of Kubernetes, a credentials file of AWS
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ExportFormat::Json)]
    pub(in crate::cli) format: ExportFormat,
    /// With the secrets
    #[arg(long)]
    pub(in crate::cli) reveal: bool,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// What an export is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExportFormat {
    Json,
    Env,
    K8s,
    Aws,
}

impl ImportFrom {
    /// As it is typed.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Aws(_) => "cred import aws",
            Self::Hf(_) => "cred import hf",
            Self::Env(_) => "cred import env",
            Self::Fernet(_) => "cred import fernet",
        }
    }
}
