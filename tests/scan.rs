//! Secrets in trees of files are found where they are, and told without being shown.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

#[path = "scan/baselines.rs"]
mod baselines;
#[path = "scan/contents.rs"]
mod contents;
#[path = "common/gguf.rs"]
mod gguf;
#[path = "scan/git.rs"]
mod git;
#[path = "scan/project.rs"]
mod project;
#[path = "scan/reports.rs"]
mod reports;
#[path = "scan/trees.rs"]
mod trees;
