//! How long work tells what it is doing, and is told to stop.

use std::path::Path;

/// Hears how work goes; every method does nothing unless implemented. Called from many threads.
pub trait Progress: Sync {
    /// So many files and bytes (plaintext and read-back alike) will be gone over.
    fn begin(&self, _files: u64, _bytes: u64) {}

    /// `bytes` more have been gone over.
    fn advance(&self, _bytes: u64) {}

    /// One file is finished: `outcome` is one or two words, `bytes` its plaintext's length.
    fn file_finished(&self, _path: &Path, _outcome: &str, _bytes: u64) {}

    /// Something the user should know that stops nothing.
    fn notice(&self, _text: &str) {}

    /// Whether to stop: asked before each group of chunks and each file.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing, stops nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
