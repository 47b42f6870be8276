//! What can go wrong when files are scanned.

use std::io;
use std::path::PathBuf;

use crate::tensors;

/// Why a file, or all of them, could not be scanned. Never quotes what a file holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading failed.
    #[error("reading: {0}")]
    Read(#[source] io::Error),
    /// A directory could not be gone through.
    #[error("walking: {0}")]
    Walk(#[source] io::Error),
    /// The header of a file of tensors is wrong.
    #[error("its metadata: {0}")]
    Tensors(#[from] tensors::Error),
    /// Neither a file nor a directory.
    #[error("neither a file nor a directory")]
    NotAFile,
    /// Git could not be started.
    #[error("git cannot be started: {0}")]
    NoGit(#[source] io::Error),
    /// Git did not do what it was asked for.
    #[error("git: {0}")]
    Git(String),
    /// The baseline could not be read or written.
    #[error("the baseline `{}`: {source}", path.display())]
    BaselineFile {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no baseline.
    #[error("the baseline `{}` is none: {fault}", path.display())]
    Baseline {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        fault: String,
    },
    /// There was no randomness for the key of a baseline.
    #[error("no randomness: {0}")]
    Random(#[source] io::Error),
}
