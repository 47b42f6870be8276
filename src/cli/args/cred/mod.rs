//! The verbs of `cred`: one store for everything that somebody must log in with.

mod audit;
mod clients;
mod handing;
mod moving;
mod probe;
mod reading;
mod record;
mod removal;
mod rotation;
mod secret;
mod setup;
mod store;
mod verb;
mod when;

pub(in crate::cli) use audit::{AuditArgs, AuditVerb, CheckpointArgs, ShowArgs, VerifyArgs};
pub(in crate::cli) use clients::{
    DockerAction, GitAction, HelperArgs, HelperAwsArgs, HelperDockerArgs, HelperGitArgs, HelperVerb,
};
pub(in crate::cli) use handing::RenderArgs;
#[cfg(unix)]
pub(in crate::cli) use handing::{ExecArgs, SyncArgs, WatchArg};
pub(in crate::cli) use moving::{ExportArgs, ExportFormat, ImportArgs, ImportFileArgs, ImportFrom};
pub(in crate::cli) use probe::TestArgs;
pub(in crate::cli) use reading::{GetArgs, HistoryArgs, ListArgs};
pub(in crate::cli) use record::{EditArgs, MetadataArgs, SetArgs};
pub(in crate::cli) use removal::{RestoreArgs, RmArgs};
pub(in crate::cli) use rotation::{RewrapArgs, RollbackArgs, RotateArgs};
pub(in crate::cli) use secret::SecretArgs;
pub(in crate::cli) use setup::{SetupArgs, SetupAwsArgs, SetupFor, SetupHfArgs};
pub(in crate::cli) use store::{StoreArgs, StoreName};
pub(in crate::cli) use verb::{CredArgs, CredVerb};
pub(in crate::cli) use when::When;
