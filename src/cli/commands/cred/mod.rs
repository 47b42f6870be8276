//! The verbs of `cred`, one file for each; `metadata`, `shown` and `target` are what several have in common.

mod dispatch;
mod edit;
mod get;
mod history;
mod list;
mod metadata;
mod restore;
mod rm;
mod rollback;
mod set;
mod shown;
mod target;

pub(in crate::cli) use dispatch::run;
#[allow(unused_imports, reason = "the verbs that hand secrets out take it from here")]
pub(in crate::cli) use target::Target;
