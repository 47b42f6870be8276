//! `cred helper`: what other programs call, each by its own protocol; `logins` is what two of them have in common.

mod aws;
mod docker;
mod git;
mod logins;
mod select;

pub(super) use select::run;
