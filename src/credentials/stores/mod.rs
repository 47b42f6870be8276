//! The stores: one file or folder for each.

pub mod env;
pub mod file;
mod read_only;
pub mod sources;
#[cfg(feature = "keyring")]
pub mod keyring;
pub mod vault;
