//! The stores: one file or folder for each.

#[cfg(feature = "keyring")]
pub mod keyring;
pub mod vault;
