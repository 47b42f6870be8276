//! The verbs of `cred`, one file or folder for each; `gather`, `keep`, `metadata`, `rotation`, `shown` and `target` are
//! what several have in common.

mod audit;
mod clients;
mod dispatch;
mod edit;
#[cfg(unix)]
mod exec;
mod export;
mod gather;
mod get;
#[cfg(unix)]
mod handed;
mod history;
mod import;
mod keep;
mod list;
mod metadata;
mod probe;
mod render;
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
#[cfg(unix)]
mod sync;
mod target;
mod values;

pub(in crate::cli) use dispatch::run;
pub(in crate::cli) use target::Target;
