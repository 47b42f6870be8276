//! The verbs of `cred`, one file or folder for each; `gather`, `keep`, `metadata`, `rotation`, `shown` and `target` are
//! what several have in common.

mod audit;
mod dispatch;
mod edit;
mod export;
mod gather;
mod get;
mod history;
mod import;
mod keep;
mod list;
mod metadata;
mod restore;
mod rewrap;
mod rm;
mod rollback;
mod rotate;
mod rotate_due;
mod rotation;
mod set;
mod setup;
mod shown;
mod target;

pub(in crate::cli) use dispatch::run;
#[allow(unused_imports, reason = "the verbs that hand secrets out take it from here")]
pub(in crate::cli) use target::Target;
