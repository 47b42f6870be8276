//! The verbs of `cred`, one file for each; `metadata`, `shown` and `target` are what several have in common.

mod dispatch;
mod edit;
#[cfg(unix)]
mod exec;
mod get;
#[cfg(unix)]
mod handed;
mod helper;
mod history;
mod list;
mod metadata;
mod probe;
mod render;
mod restore;
mod rm;
mod rollback;
mod set;
mod shown;
#[cfg(unix)]
mod sync;
mod target;
mod values;

pub(in crate::cli) use dispatch::run;
pub(in crate::cli) use target::Target;
