//! The stores: one file or folder for each.
