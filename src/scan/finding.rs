//! What was found, without the secret itself.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::fingerprint::Fingerprint;
use super::position::Position;
use crate::mask::{Confidence, Rule, Severity};

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// What kind of secret it is.
    pub rule: &'static Rule,
    /// How sure it is: medium or high, what is less sure is not reported.
    pub confidence: Confidence,
    /// Where in the file; `None` in the metadata of a file of tensors, which has no lines.
    pub region: Option<Region>,
    /// In what part of a file that has parts.
    pub within: Option<Within>,
    /// Some of its line with the secret, and every other on it, masked; control characters are escaped.
    pub preview: String,
    /// What a baseline knows it by; there if one is in use.
    pub fingerprint: Option<Fingerprint>,
}

impl Finding {
    /// How bad it is if it leaks.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }
}

/// From where to where a secret goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its first character.
    pub start: Position,
    /// Behind its last character.
    pub end: Position,
    /// Its bytes in the file; `None` where the file is UTF-16.
    pub bytes: Option<Range<u64>>,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Within {
    /// A cell of a notebook.
    Cell {
        /// From 1.
        number: usize,
        /// Which part of it.
        part: CellPart,
    },
    /// The metadata of a file of tensors.
    Metadata {
        /// The name it stands under.
        key: String,
    },
}

/// A part of a notebook's cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellPart {
    /// What was typed.
    Source,
    /// What came out.
    Output,
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell { number, part: CellPart::Source } => write!(f, "cell {number}"),
            Self::Cell { number, part: CellPart::Output } => write!(f, "output of cell {number}"),
            Self::Metadata { key } => write!(f, "metadata {key}"),
        }
    }
}
