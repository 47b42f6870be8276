//! Credentials of services that are known: what they need is asked for.

use clap::{Args, Subcommand};

use super::secret::SecretArgs;
use super::store::StoreArgs;

/// Set up the credential of a service: asks for what it needs, checks and keeps it
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = "Example: modelcrypt cred setup aws --region eu-west-1")]
pub(in crate::cli) struct SetupArgs {
    #[command(subcommand)]
    pub(in crate::cli) of: SetupFor,
}

/// A service that is known.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SetupFor {
    Aws(SetupAwsArgs),
    Hf(SetupHfArgs),
}

/// Set up an access key of AWS, or of a server that speaks S3
///
/// Asks on a terminal for what is not given; without one the secret access key is read from standard input (or
/// --from-file, --from-env) and the id must be given. Does not connect anywhere: see `cred test s3`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example: modelcrypt cred setup aws --access-key-id AKIAIOSFODNN7EXAMPLE --region eu-west-1 < secret.txt")]
pub(in crate::cli) struct SetupAwsArgs {
    /// What to call it
    #[arg(long, value_name = "NAME", default_value = "aws")]
    pub(in crate::cli) name: String,
    /// The access key id, which is no secret
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) access_key_id: Option<String>,
    /// The region
    #[arg(long, value_name = "REGION")]
    pub(in crate::cli) region: Option<String>,
    /// A server that is not of AWS
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) endpoint: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) secret: SecretArgs,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Set up a token of the Hugging Face Hub
///
/// Asks for it on a terminal; without one it is read from standard input (or --from-file, --from-env). Does not
/// connect anywhere: see `cred test hf`.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred setup hf < token.txt")]
pub(in crate::cli) struct SetupHfArgs {
    /// What to call it
    #[arg(long, value_name = "NAME", default_value = "huggingface")]
    pub(in crate::cli) name: String,
    /// A Hub of one's own
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) endpoint: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) secret: SecretArgs,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

impl SetupFor {
    /// As it is typed.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Aws(_) => "cred setup aws",
            Self::Hf(_) => "cred setup hf",
        }
    }
}
