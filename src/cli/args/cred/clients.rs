//! What other programs call for a credential.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use clap::{Args, Subcommand, ValueEnum};

use super::store::StoreArgs;

/// Answer other programs that ask for a credential, by their own protocols
///
/// Prints secrets on standard output: that is the protocol. The key has to be at hand without asking: in its usual file,
/// or named by a flag in the configuration of the program that calls.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = "Example: modelcrypt cred helper aws prod")]
pub(in crate::cli) struct HelperArgs {
    #[command(subcommand)]
    pub(in crate::cli) of: HelperVerb,
}

/// A program that asks.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HelperVerb {
    Aws(HelperAwsArgs),
    Docker(HelperDockerArgs),
    Git(HelperGitArgs),
}

/// For the tools and SDKs of AWS: print an access key as credential_process wants it
///
/// In ~/.aws/config: credential_process = modelcrypt cred helper aws NAME
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred helper aws prod")]
pub(in crate::cli) struct HelperAwsArgs {
    /// A credential of the type aws
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// For Docker: keep and find the logins of registries
///
/// Link the program as docker-credential-modelcrypt into the PATH and set "credsStore": "modelcrypt" in
/// ~/.docker/config.json. Logins are credentials of the type http_basic with the registry as their service; one that
/// Docker erases is deactivated.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred helper docker list")]
pub(in crate::cli) struct HelperDockerArgs {
    /// What Docker asks for
    #[arg(value_enum, value_name = "ACTION")]
    pub(in crate::cli) action: DockerAction,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// What Docker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DockerAction {
    Get,
    Store,
    Erase,
    List,
    Version,
}

/// For Git: keep and find the logins of servers
///
/// Set it up with: git config --global credential.helper '!modelcrypt cred helper git'. Logins are credentials of the type
/// http_basic with an address like https://git.example as their service; one that a server has refused is deactivated.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt cred helper git get < question.txt")]
pub(in crate::cli) struct HelperGitArgs {
    /// What Git asks for
    #[arg(value_enum, value_name = "ACTION")]
    pub(in crate::cli) action: GitAction,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// What Git asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum GitAction {
    Get,
    Store,
    Erase,
}

impl HelperVerb {
    /// As it is typed.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Aws(_) => "cred helper aws",
            Self::Docker(_) => "cred helper docker",
            Self::Git(_) => "cred helper git",
        }
    }
}
