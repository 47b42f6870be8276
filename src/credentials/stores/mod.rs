//! The stores: one file or folder for each.

pub mod absent;
pub mod env;
pub mod file;
#[cfg(feature = "keyring")]
pub mod keyring;
mod read_only;
pub mod sources;
pub mod vault;
