//! What can go wrong with a model directory, or with one file of it.

use std::io;
use std::path::{Path, PathBuf};

use crate::{envelope, format, keys};

/// Why nothing was done, or why one file was not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sealed file.
    #[error(transparent)]
    Envelope(envelope::Error),
    /// The key.
    #[error(transparent)]
    Key(#[from] keys::Error),
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
    /// A glob pattern that is none.
    #[error("the pattern `{pattern}`: {reason}")]
    Pattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A configuration file that cannot be used.
    #[error("the configuration `{}`: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Neither a regular file nor a directory.
    #[error("`{}` is neither a regular file nor a directory", .0.display())]
    NotAFile(PathBuf),
    /// Our own kind of file, or the key in use: never taken.
    #[error("`{}` is {what} and is never taken", path.display())]
    NeverTaken {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A sealed file without the ending that tells the plaintext's name.
    #[error("does not end in `.enc`: there is no name for the plaintext")]
    NoEnding,
    /// The tree is sealed under another key: a second one would split it.
    #[error("the key opens none of the {0} sealed files that are there")]
    OtherKey(usize),
    /// The name that was sealed is not the name the file has now.
    #[error("was sealed under the name `{0}`")]
    Renamed(String),
    /// No name was sealed: it came from a stream.
    #[error("was sealed from a stream, without a name")]
    Nameless,
    /// The file has other names.
    #[error("has {0} hard links")]
    HardLinked(u64),
    /// Links into a store of blobs.
    #[error("`{}` is a Hugging Face cache, whose files are links to blobs", .0.display())]
    HuggingFaceCache(PathBuf),
    /// Somebody changed the file while it was read.
    #[error("changed while it was read; it was left as it is")]
    Changed,
    /// Plaintext and sealed file stand side by side and are not the same.
    #[error("the plaintext beside it has other bytes")]
    Differs,
    /// The name that the result should have is taken.
    #[error("`{}` is in the way", .0.display())]
    InTheWay(PathBuf),
    /// No room on the disk.
    #[error("no room: {needed} bytes are needed{}", free.map(|free| format!(", {free} are free")).unwrap_or_default())]
    DiskFull {
        /// Bytes that the file needs.
        needed: u64,
        /// Bytes that are free, where the platform tells.
        free: Option<u64>,
    },
    /// The file system does not lock.
    #[error("locking `{}`: {source}", path.display())]
    Lock {
        /// The directory or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The output would become part of its own input.
    #[error("the output `{}` is inside `{}`", output.display(), path.display())]
    OutputInside {
        /// The output directory.
        output: PathBuf,
        /// The path it is inside of.
        path: PathBuf,
    },
    /// Two inputs would be written to one place.
    #[error("two inputs would be written to `{}`", .0.display())]
    OutputCollision(PathBuf),
    /// The sidecar is not what was written.
    #[error("the sidecar was tampered with: {0}")]
    SidecarTampered(String),
    /// The two header copies are not the same.
    #[error("header copy {0}")]
    HeaderCopy(String),
    /// The payload's bytes are not those of the sidecar's open checksum.
    #[error("the payload does not have the SHA-256 in the sidecar")]
    PayloadSha256,
    /// A name too long to be sealed and renamed aside.
    #[error("the name is longer than {0} bytes")]
    NameTooLong(usize),
    /// Old and new key are one.
    #[error("the new key is the old one")]
    SameKey,
    /// Another file stopped the stage before this one was touched.
    #[error("left as it was: another file failed")]
    StageStopped,
    /// A file renamed aside by a run that was killed, which cannot be put back.
    #[error("was left by a run that was killed, and `{}` is not the same", .0.display())]
    Claimed(PathBuf),
    /// The directory is not the one that was locked.
    #[error("`{}` was replaced while it was worked on", .0.display())]
    Moved(PathBuf),
    /// Another file failed when this one had its new slot already.
    #[error("has the new slot and kept the old one: another file failed")]
    StageUnfinished,
    /// Several directories or files where one is meant.
    #[error("one directory or file can be loaded at a time")]
    NotOneTree,
    /// The patterns say that it should be sealed: anybody could have put it there.
    #[error("is not sealed, and the patterns say that it should be")]
    Plaintext,
    /// The plaintext beside a sealed file has other bytes.
    #[error("a plaintext of other bytes stands beside it")]
    PlaintextDiffers,
    /// A link to a directory outside the model, whose files nobody has looked at.
    #[error("is a link to a directory outside of the model")]
    LeadsOut,
    /// Of one file of a model that is wanted whole.
    #[error("`{}`: {source}", path.display())]
    At {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// Told to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Names what was being done to which file when the operating system refused.
    pub(super) fn io<'p>(doing: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> Self + 'p {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }
}

impl Error {
    /// Names the file, unless the error does.
    #[must_use]
    pub fn at(self, path: &Path) -> Self {
        match self {
            error @ (Self::Io { .. } | Self::At { .. } | Self::Interrupted) => error,
            error => Self::At { path: path.to_owned(), source: Box::new(error) },
        }
    }

    /// Shows the name that was sealed, which is anybody's text.
    pub(super) fn renamed(sealed_name: &[u8]) -> Self {
        Self::Renamed(String::from_utf8_lossy(sealed_name).escape_debug().to_string())
    }

    /// Whether a file was looked at that nobody has sealed.
    pub(super) fn is_not_sealed(&self) -> bool {
        matches!(self, Self::Envelope(envelope::Error::Format(format::Error::NotSealed)))
    }
}

impl From<envelope::Error> for Error {
    fn from(error: envelope::Error) -> Self {
        if error.is_interruption() {
            Self::Interrupted
        } else if error.is_shrunk_source() {
            Self::Changed
        } else {
            Self::Envelope(error)
        }
    }
}

impl From<format::Error> for Error {
    fn from(error: format::Error) -> Self {
        Self::Envelope(error.into())
    }
}
