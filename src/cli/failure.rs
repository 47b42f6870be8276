//! Why a verb, or one file of it, did not do what was asked: what is said, what to type next, how it ends.

use std::path::Path;

use super::interrupt::{self, Interrupted};
use super::{hint, human};
#[cfg(unix)]
use crate::guard;
use crate::{Error, ErrorKind, credentials, engine, envelope, keys, model, presign};

/// A failure as it is told.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) kind: FailureKind,
}

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    Library(ErrorKind),
    /// By the signal of this number.
    Interrupted(u8),
}

impl Failure {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, kind: FailureKind::Library(kind) }
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Of the file at `path`.
    pub(super) fn at(path: &Path, error: impl Into<Error>) -> Self {
        Self::from(error.into()).of_file(path)
    }

    /// The same, with a message that names the file.
    #[must_use]
    pub(super) fn of_file(&self, path: &Path) -> Self {
        let name = path.display().to_string();
        let message = if self.message.contains(&format!("`{name}`")) {
            self.message.clone()
        } else {
            format!("{name}: {}", self.message)
        };
        Self { message, hint: self.hint.clone(), kind: self.kind }
    }

    /// The message with nothing in it that a terminal would act on.
    pub(super) fn printable(&self) -> String {
        human::printable(&self.message)
    }
}

impl FailureKind {
    /// The word in `--json`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Interrupted(_) => "interrupted",
            Self::Library(kind) => match kind {
                ErrorKind::InvalidInput => "invalid_input",
                ErrorKind::NotFound => "not_found",
                ErrorKind::AlreadyExists => "already_exists",
                ErrorKind::PermissionDenied => "permission_denied",
                ErrorKind::NoKey => "no_key",
                ErrorKind::WrongKey => "wrong_key",
                ErrorKind::Tampered => "tampered",
                ErrorKind::Truncated => "truncated",
                ErrorKind::Unsupported => "unsupported",
                ErrorKind::Unavailable => "unavailable",
                ErrorKind::PolicyViolation => "policy_violation",
                ErrorKind::Io => "io",
            },
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match interrupt::signal() {
            Some(signal) if is_interruption(&error) => Interrupted(signal).into(),
            #[cfg(unix)]
            Some(signal) if matches!(error, Error::Guard(guard::Error::Kept { .. })) => Self {
                message: error.to_string(),
                hint: hint::of(&error),
                kind: FailureKind::Interrupted(signal),
            },
            _ => Self {
                message: error.to_string(),
                hint: hint::of(&error),
                kind: FailureKind::Library(error.kind()),
            },
        }
    }
}

impl From<Interrupted> for Failure {
    fn from(Interrupted(signal): Interrupted) -> Self {
        Self { message: "interrupted".into(), hint: None, kind: FailureKind::Interrupted(signal) }
    }
}

impl From<model::Error> for Failure {
    fn from(error: model::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<presign::Error> for Failure {
    fn from(error: presign::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<credentials::Error> for Failure {
    fn from(error: credentials::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<keys::Error> for Failure {
    fn from(error: keys::Error) -> Self {
        Error::from(error).into()
    }
}

fn is_interruption(error: &Error) -> bool {
    match error {
        Error::Engine(engine::Error::Interrupted)
        | Error::Envelope(envelope::Error::Payload(engine::Error::Interrupted)) => true,
        Error::Model(error) => is_interruption_of_model(error),
        #[cfg(unix)]
        Error::Guard(guard::Error::Model(error)) => is_interruption_of_model(error),
        Error::Io(error) | Error::Envelope(envelope::Error::Io(error)) => {
            error.kind() == std::io::ErrorKind::Interrupted
        }
        _ => false,
    }
}

fn is_interruption_of_model(error: &model::Error) -> bool {
    match error {
        model::Error::Interrupted
        | model::Error::Envelope(envelope::Error::Payload(engine::Error::Interrupted)) => true,
        model::Error::At { source, .. } => is_interruption_of_model(source),
        _ => false,
    }
}
