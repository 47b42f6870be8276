//! The stores: one file or folder for each.

pub mod vault;
