//! `cred export`: one file for each form.

mod aws_profiles;
mod dotenv;
mod exported;
mod json_document;
mod kubernetes;
mod run;

pub(super) use run::run;
