//! What the program ends with: kinds of errors to numbers.

use super::failure::FailureKind;
use crate::ErrorKind;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// All is done.
    Done,
    /// Something failed: I/O and the like.
    Failed,
    /// What was asked for makes no sense.
    Usage,
    /// No key, or none that opens it.
    NoKey,
    /// Tampered with, cut short, or not a sealed file.
    Corrupt,
    /// A policy does not hold.
    Policy,
    /// Stopped by the signal of this number.
    Interrupted(u8),
    /// As the program ended that was run.
    Child(u8),
}

impl Exit {
    pub(super) fn of(kind: FailureKind) -> Self {
        let kind = match kind {
            FailureKind::Library(kind) => kind,
            FailureKind::Interrupted(signal) => return Self::Interrupted(signal),
        };
        match kind {
            ErrorKind::InvalidInput => Self::Usage,
            ErrorKind::NoKey | ErrorKind::WrongKey => Self::NoKey,
            ErrorKind::Tampered | ErrorKind::Truncated | ErrorKind::Unsupported => Self::Corrupt,
            ErrorKind::PolicyViolation => Self::Policy,
            ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::PermissionDenied
            | ErrorKind::Unavailable
            | ErrorKind::Io => Self::Failed,
        }
    }

    /// The number.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NoKey => 3,
            Self::Corrupt => 4,
            Self::Policy => 5,
            Self::Interrupted(signal) => 128 + signal,
            Self::Child(code) => code,
        }
    }

    /// The gravest of several: interrupted, then 4, 3, 5, 2, 1.
    pub(super) fn gravest(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().max_by_key(|exit| exit.gravity()).unwrap_or(Self::Done)
    }

    fn gravity(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Policy => 3,
            Self::NoKey => 4,
            Self::Corrupt => 5,
            Self::Interrupted(_) => 6,
            Self::Child(_) => 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_files_the_gravest_counts() {
        for (exits, number) in [
            (vec![], 0),
            (vec![Exit::Done, Exit::Failed], 1),
            (vec![Exit::Failed, Exit::Policy, Exit::Done], 5),
            (vec![Exit::NoKey, Exit::Policy], 3),
            (vec![Exit::Failed, Exit::Corrupt, Exit::NoKey, Exit::Policy], 4),
            (vec![Exit::Corrupt, Exit::Interrupted(2)], 130),
            (vec![Exit::Interrupted(15)], 143),
        ] {
            assert_eq!(Exit::gravest(exits).number(), number);
        }
    }

    #[test]
    fn each_kind_has_its_number() {
        for (kind, number) in [
            (ErrorKind::InvalidInput, 2),
            (ErrorKind::NoKey, 3),
            (ErrorKind::WrongKey, 3),
            (ErrorKind::Tampered, 4),
            (ErrorKind::Truncated, 4),
            (ErrorKind::Unsupported, 4),
            (ErrorKind::PolicyViolation, 5),
            (ErrorKind::Io, 1),
            (ErrorKind::NotFound, 1),
            (ErrorKind::AlreadyExists, 1),
        ] {
            assert_eq!(Exit::of(FailureKind::Library(kind)).number(), number, "{kind:?}");
        }
    }
}
