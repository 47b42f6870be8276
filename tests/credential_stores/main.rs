//! One suite over every store that can be written, and what is particular to each.
#![cfg(feature = "credentials")]
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod suite;
mod vault;
