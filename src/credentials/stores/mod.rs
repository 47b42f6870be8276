//! The stores: one file or folder for each.

pub mod env;
pub mod file;
mod read_only;
pub mod sources;
pub mod vault;
