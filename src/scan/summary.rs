//! What a scan has come to.

use std::path::PathBuf;

use super::error::Error;
use super::finding::Finding;

/// What a scan has come to. Everything is in the order of the paths, then of the places in the file.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Secrets that nobody has accepted.
    pub findings: Vec<Finding>,
    /// Secrets that the baseline knows.
    pub known: Vec<Finding>,
    /// How many secrets have `modelcrypt:allow` on their line.
    pub allowed: usize,
    /// The files that were looked through.
    pub scanned: Vec<PathBuf>,
    /// The directories that were gone through.
    pub roots: Vec<PathBuf>,
    /// Bytes that were looked through: of files of tensors just their metadata.
    pub bytes: u64,
    /// How many files are binary, and of no format that is looked into.
    pub binary: usize,
    /// How many files are sealed by this program.
    pub sealed: usize,
    /// What could not be scanned.
    pub failures: Vec<Failed>,
    /// What stopped nothing.
    pub notices: Vec<String>,
}

/// A file or directory that could not be scanned.
#[derive(Debug)]
pub struct Failed {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub error: Error,
}

impl Failed {
    pub(super) fn new(path: impl Into<PathBuf>, error: Error) -> Self {
        Self { path: path.into(), error }
    }
}
