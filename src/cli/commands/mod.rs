//! One file for each verb; `job` and `pipe` are what several have in common.

pub(super) mod bench;
pub(super) mod cat;
pub(super) mod completions;
pub(super) mod cred;
pub(super) mod decrypt;
pub(super) mod encrypt;
pub(super) mod inspect;
pub(super) mod keygen;
pub(super) mod man;
pub(super) mod mask;
pub(super) mod presign;
pub(super) mod reencrypt;
pub(super) mod rewrap;
#[cfg(unix)]
pub(super) mod run;
pub(super) mod scan;
pub(super) mod sign_url;
pub(super) mod status;
pub(super) mod sweep;
pub(super) mod verify;
pub(super) mod verify_url;

mod job;
mod pipe;
mod plan;
