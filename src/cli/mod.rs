//! The command line: parses, asks, prints, exits. Stands on the public API only.

mod args;
mod aws_credential;
mod aws_environment;
#[cfg(unix)]
mod child;
mod commands;
mod context;
mod credential_hint;
mod credential_store;
mod exit_code;
mod failure;
mod hardening;
mod hint;
mod human;
mod interrupt;
mod json;
mod key;
mod key_file;
#[cfg(unix)]
mod key_for_child;
mod masked_output;
#[cfg(unix)]
mod mounts;
mod progress_bar;
#[cfg(unix)]
mod projected_dir;
mod prompt;
mod raw;
#[cfg(unix)]
mod ready_file;
mod report;
mod run;
mod secret_input;
mod table;
mod template;
mod terminal;
mod view;

pub use run::main;
