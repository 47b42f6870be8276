//! `cred import`: one file for each kind of file that is taken over, and what becomes of what is in them.

mod aws_profiles;
mod dotenv;
mod fernet;
mod found;
mod report;
mod run;

pub(super) use run::run;
