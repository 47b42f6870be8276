//! The verbs of `cred audit`.

mod checkpoint;
mod dispatch;
mod show;
mod verify;

pub(super) use dispatch::run;
