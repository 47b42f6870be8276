//! What verification finds.

use std::fmt;

/// What became of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditReport {
    /// Authentic lines.
    pub lines: u64,
    /// The number of the last of them.
    pub last_seq: u64,
    /// Checkpoints that hold.
    pub checkpoints: u64,
    /// What is not as it was written.
    pub findings: Vec<Finding>,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A line was edited, or put there without the key.
    Edited {
        /// Which line of the file, from 1 on.
        line: u64,
    },
    /// Lines were taken out before the end.
    Removed {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// Lines were taken off the end.
    Truncated {
        /// The first of them.
        from: u64,
        /// The last that there was.
        to: u64,
    },
    /// Authentic lines that are not those that were there: written anew by somebody who has the key, or of another
    /// time.
    Rewritten {
        /// The first line that is not the one it was.
        seq: u64,
    },
    /// The log knows of more than the vault: an earlier state of the vault was put back.
    VaultPutBack {
        /// The last line that the vault knows.
        vault_seq: u64,
        /// The last line of the log.
        log_seq: u64,
    },
    /// A checkpoint that was not signed by this vault.
    ForgedCheckpoint {
        /// Which line of its file, from 1 on.
        line: u64,
    },
    /// The end of the file is a piece of a line: the trace of a crash.
    CutByCrash {
        /// Bytes of it.
        bytes: u64,
    },
    /// Lines of reads that nobody waited for are missing: a power cut can do that, and so can somebody who writes
    /// to the file.
    LostUnsynced {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
}

impl AuditReport {
    /// Whether somebody must have done this; a crash does not.
    #[must_use]
    pub fn is_tampered(&self) -> bool {
        self.findings.iter().any(Finding::is_tampering)
    }
}

impl Finding {
    /// Whether somebody must have done this; a crash does not.
    #[must_use]
    pub fn is_tampering(&self) -> bool {
        !matches!(self, Self::CutByCrash { .. } | Self::LostUnsynced { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited { line } => write!(f, "line {line} of the file was edited"),
            Self::Removed { from, to } => write!(f, "the lines {from} to {to} were removed"),
            Self::Truncated { from, to } => {
                write!(f, "the end was cut off: the lines {from} to {to} are missing")
            }
            Self::Rewritten { seq } => write!(f, "line {seq} is not the one that was written: rewritten"),
            Self::VaultPutBack { vault_seq, log_seq } => {
                write!(
                    f,
                    "the log ends with line {log_seq}, the vault knows {vault_seq}: the vault was put back"
                )
            }
            Self::ForgedCheckpoint { line } => write!(f, "checkpoint {line} was not signed by this vault"),
            Self::CutByCrash { bytes } => write!(f, "{bytes} bytes of an unfinished line: a crash"),
            Self::LostUnsynced { from, to } => {
                write!(
                    f,
                    "the lines {from} to {to}, which were not waited for, are missing: a power cut, or removed"
                )
            }
        }
    }
}
