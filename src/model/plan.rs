//! What a verb would do, as data.

use std::path::PathBuf;

/// What a verb would do, in the order of the paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// One for each file.
    pub steps: Vec<Step>,
    /// What concerns no single file.
    pub notices: Vec<String>,
}

/// What would be done with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The file.
    pub path: PathBuf,
    /// What would be done.
    pub action: Action,
    /// Bytes of plaintext, as far as can be told without a key.
    pub plaintext_len: u64,
}

/// What would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Seal a plaintext.
    Encrypt,
    /// Open a sealed file.
    Decrypt,
    /// Compare the two forms and remove the one that is to go.
    Finish,
    /// Nothing: it is done.
    Skip,
    /// Nothing: it is not ours.
    Foreign,
    /// Copy it to the output as it is.
    Copy,
}

impl Action {
    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
            Self::Finish => "finish",
            Self::Skip => "skip",
            Self::Foreign => "not ours",
            Self::Copy => "copy",
        }
    }
}
