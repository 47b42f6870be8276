//! Trying a credential.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use std::time::Duration;

use clap::Args;

use super::store::StoreArgs;
use crate::cli::args::Life;

/// Try a credential with one harmless request, and tell what came back
///
/// An access key lists one bucket or object at its endpoint, a token of the Hugging Face Hub asks who it is, a db_dsn
/// of PostgreSQL selects 1, and any other with a `url` or `endpoint` in its --extra gets that. s3, hf, postgres and http
/// stand for the credential of that kind, if there is one; hf takes $HF_TOKEN and the Hub's token file first. Requests
/// go over https, or to this machine, unless extra allow_http=true. Exit code 1: it was refused, or nobody answered.
/// Does not show the secret, and changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred test s3")]
pub(in crate::cli) struct TestArgs {
    /// The credential, or the kind of service
    #[arg(value_name = "NAME|s3|hf|postgres|http")]
    pub(in crate::cli) of: String,
    /// How long to wait for an answer
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub(in crate::cli) timeout: Life,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

impl TestArgs {
    /// How long to wait for an answer.
    pub(in crate::cli) fn patience(&self) -> Duration {
        self.timeout.0
    }
}
