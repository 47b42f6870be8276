//! A decrypted directory: what it shows, what it refuses, where it lies, who can reach it, and that nothing of
//! it stays.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a step that fails fails the test")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../live/mount.rs"]
mod mount;
#[path = "../live/skip.rs"]
mod skip;

mod guarded;
mod leases;
mod links;
mod mirror;
mod places;
mod plaintexts;
mod processes;
mod seals;
mod tampered;
mod write_back;
mod write_back_refused;
