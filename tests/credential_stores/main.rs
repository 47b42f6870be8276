//! One suite over every store that can be written, and what is particular to each store and to what stands on them.
#![cfg(feature = "credentials")]
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod audit;
mod chain;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod processes;
mod rotation;
#[cfg(unix)]
mod sources;
mod suite;
mod vault;
