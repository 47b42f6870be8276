//! The command line as a person or a script meets it: one small case for each behaviour. Most of what the
//! verbs do is tested in the library; here it is arguments, keys, words, numbers.
#![allow(clippy::unwrap_used, reason = "tests")]

mod cred_audit;
#[cfg(target_os = "linux")]
mod cred_exec;
#[cfg(target_os = "linux")]
mod cred_helpers;
mod cred_keep;
#[cfg(target_os = "linux")]
mod cred_kill;
mod cred_leaks;
mod cred_move;
#[cfg(target_os = "linux")]
mod cred_presign;
#[cfg(target_os = "linux")]
mod cred_render;
mod cred_rotate;
#[cfg(target_os = "linux")]
mod cred_scene;
#[cfg(target_os = "linux")]
mod cred_sync;
#[cfg(unix)]
mod cred_terminal;
#[cfg(target_os = "linux")]
mod cred_test;
mod keygen;
mod keys;
mod look;
mod mask;
mod output;
mod pages;
mod pipes;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod run_killed;
#[cfg(target_os = "linux")]
mod run_masked;
#[cfg(target_os = "linux")]
mod run_ready_file;
#[cfg(target_os = "linux")]
mod run_secrets;
#[cfg(target_os = "linux")]
mod run_signals;
#[cfg(target_os = "linux")]
mod run_write_back;
mod sandbox;
mod scan;
mod signals;
#[cfg(target_os = "linux")]
#[path = "../live/skip.rs"]
mod skip;
#[cfg(unix)]
mod terminal;
mod urls;
mod work;

#[cfg(target_os = "linux")]
use skip::skip_without_root;
