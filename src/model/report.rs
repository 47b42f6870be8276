//! What a verb has found and done, file by file.

use std::path::PathBuf;
use std::time::SystemTime;

use super::Error;

/// What became of each file.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order of their paths.
    pub files: Vec<FileReport>,
    /// What concerns no single file.
    pub notices: Vec<String>,
}

impl Report {
    /// The files that something went wrong with.
    pub fn failures(&self) -> impl Iterator<Item = (&FileReport, &Error)> {
        self.files.iter().filter_map(|file| Some((file, file.outcome.as_ref().err()?)))
    }
}

/// What became of one file.
#[derive(Debug)]
pub struct FileReport {
    /// The file that was read.
    pub path: PathBuf,
    /// What was done, or why not.
    pub outcome: Result<Outcome, Error>,
    /// Bytes of plaintext, where known.
    pub plaintext_len: u64,
    /// What the user should know besides.
    pub notices: Vec<String>,
}

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Sealed.
    Encrypted,
    /// Opened.
    Decrypted,
    /// Was sealed, or opened, before: nothing to do, or what an interrupted run had left to do.
    AlreadyDone,
    /// Copied to the output as it is.
    Copied,
    /// A link was made to follow its target.
    Relinked,
    /// Is not ours; left alone.
    Foreign,
    /// Every chunk, header and sidecar is as it was written.
    Verified,
    /// Opens with the new key.
    Rewrapped,
    /// Sealed anew under a new file key.
    Reencrypted,
    /// A temporary of a run that was killed was removed.
    Swept,
}

impl Outcome {
    /// One or two words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Decrypted => "decrypted",
            Self::AlreadyDone => "already done",
            Self::Copied => "copied",
            Self::Relinked => "relinked",
            Self::Foreign => "not ours",
            Self::Verified => "verified",
            Self::Rewrapped => "rewrapped",
            Self::Reencrypted => "reencrypted",
            Self::Swept => "swept",
        }
    }
}

/// What stands in a tree, file by file.
#[derive(Debug, Default)]
pub struct StatusReport {
    /// In the order of their paths.
    pub files: Vec<FileStatus>,
    /// What concerns no single file.
    pub notices: Vec<String>,
}

/// What is known of one file.
#[derive(Debug)]
pub struct FileStatus {
    /// The plaintext's path, or the sealed file's where there is no plaintext.
    pub path: PathBuf,
    /// How it stands.
    pub state: State,
    /// Bytes of plaintext, where known.
    pub plaintext_len: Option<u64>,
    /// The ids of the raw keys that open it, in hex; `passphrase` and `type N` for other slots.
    pub keys: Vec<String>,
    /// Since when its present master key has held it, or when it was sealed.
    pub since: Option<SystemTime>,
    /// Whether that was told by the file itself, authenticated, and not by its sidecar.
    pub since_is_authentic: bool,
    /// What is to be done about it.
    pub due: Vec<Due>,
    /// What the user should know besides.
    pub notices: Vec<String>,
}

/// How a file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Not sealed, and the patterns say it should be.
    Plaintext,
    /// Sealed; the key given opens it, or none was given.
    Sealed,
    /// Sealed; the key given does not open it.
    OtherKey,
    /// Both forms stand side by side: a run was interrupted.
    Both,
    /// Ends in `.enc` and is not ours.
    Foreign,
    /// Cannot be read as a sealed file; this is why.
    Damaged(String),
    /// A temporary or renamed-aside file of a run that was killed.
    Leftover,
}

impl State {
    /// One or two words.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Sealed => "sealed",
            Self::OtherKey => "other key",
            Self::Both => "both",
            Self::Foreign => "not ours",
            Self::Damaged(_) => "damaged",
            Self::Leftover => "leftover",
        }
    }
}

/// What is to be done about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Due {
    /// The policy's `require` says it must not be plaintext.
    Encrypt,
    /// A run was interrupted: run it again.
    Finish,
    /// Its header copies differ: rewrap heals it.
    Heal,
    /// Its key is older than the policy's `rotation_days`.
    Rotate,
    /// A temporary can be swept.
    Sweep,
}
