//! What can go wrong with a decrypted directory.

use std::io;
use std::path::{Path, PathBuf};

use crate::model;

/// Why there is no decrypted directory, or why it did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model, or one file of it.
    #[error(transparent)]
    Model(#[from] model::Error),
    /// The operating system refused.
    #[error("{doing} `{}`: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The plaintext does not fit.
    #[error("no room: {needed} bytes are needed, {free} are free in {place}")]
    NoRoom {
        /// Bytes that the plaintext needs.
        needed: u64,
        /// Bytes that are free.
        free: u64,
        /// Where.
        place: String,
    },
    /// Not a tmpfs, or none found.
    #[error("`{}` does not lie in memory", .0.display())]
    NotInMemory(PathBuf),
    /// Memory that can be written to a disk.
    #[error("`{}` lies in memory that may be swapped to a disk", .0.display())]
    Swappable(PathBuf),
    /// This platform has no memfds.
    #[error("this platform has no memory files")]
    NoMemfd,
    /// The links through `/proc` do not lead to the memory files.
    #[error("`{}` does not lead to the file: /proc is missing or restricted", .0.display())]
    NoProc(PathBuf),
    /// Nothing can have been changed in read-only files.
    #[error("the directory was opened for reading only: there is nothing to write back")]
    ReadOnly,
    /// Not everything could be written back.
    #[error("not written back: {reason}; what was changed is kept in `{}`", path.display())]
    Kept {
        /// The decrypted directory as it now is called.
        path: PathBuf,
        /// The first thing that went wrong.
        reason: String,
    },
    /// Whoever changed the files has failed, and nobody can tell what they are worth.
    #[error("the files may be half done")]
    Abandoned,
    /// Memory files are sealed.
    #[error("memory files cannot be written to")]
    ReadOnlyPlace,
}

impl Error {
    /// Names the file, unless the error does.
    pub(super) fn of_file(self, path: &Path) -> Self {
        match self {
            Self::Model(error) => Self::Model(error.at(path)),
            error => error,
        }
    }

    /// Names what was being done to which file when the operating system refused.
    pub(super) fn io<'p, E: Into<io::Error>>(
        doing: &'static str,
        path: &'p Path,
    ) -> impl FnOnce(E) -> Self + 'p {
        move |source| Self::Io { doing, path: path.to_owned(), source: source.into() }
    }
}
