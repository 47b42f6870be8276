//! Errors of the library as the exceptions of `modelcrypt._errors`: one class for each kind.

use std::path::Path;

use modelcrypt::{Error, ErrorKind, keys, model};
use pyo3::prelude::*;

/// The exception for `error`.
pub(crate) fn raised(py: Python<'_>, error: impl Into<Error>) -> PyErr {
    exception(py, &error.into(), None).map_or_else(|error| error, PyErr::from_value)
}

/// The exception for what went wrong with the file at `path`.
pub(crate) fn raised_at(py: Python<'_>, error: impl Into<Error>, path: &Path) -> PyErr {
    of_file(py, error, path).map_or_else(|error| error, PyErr::from_value)
}

/// The same as an object.
pub(crate) fn of_file<'py>(
    py: Python<'py>,
    error: impl Into<Error>,
    path: &Path,
) -> PyResult<Bound<'py, PyAny>> {
    exception(py, &error.into(), Some(path))
}

fn exception<'py>(py: Python<'py>, error: &Error, path: Option<&Path>) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("modelcrypt._errors")?.getattr(class_of(error.kind()))?;
    let exception = class.call1((message(error, path),))?;
    if let Some(path) = path.or_else(|| of_model(error)?.0).or_else(|| of_credential(error)?.0) {
        exception.setattr("path", path)?;
    }
    if let Some(number) = os_error(error)
        && exception.is_instance_of::<pyo3::exceptions::PyOSError>()
    {
        exception.setattr("errno", number)?;
    }
    Ok(exception)
}

fn message(error: &Error, path: Option<&Path>) -> String {
    let message = error.to_string();
    match path.map(|path| path.display().to_string()) {
        Some(path) if !message.contains(&format!("`{path}`")) => format!("{path}: {message}"),
        _ => message,
    }
}

fn class_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "InvalidInput",
        ErrorKind::NotFound => "NotFound",
        ErrorKind::AlreadyExists => "AlreadyExists",
        ErrorKind::PermissionDenied => "PermissionDenied",
        ErrorKind::NoKey => "NoKey",
        ErrorKind::WrongKey => "WrongKey",
        ErrorKind::Tampered => "Tampered",
        ErrorKind::Truncated => "Truncated",
        ErrorKind::Unsupported => "Unsupported",
        ErrorKind::Unavailable => "Unavailable",
        ErrorKind::PolicyViolation => "PolicyViolation",
        ErrorKind::Io => "Io",
        _ => "Error",
    }
}

/// The operating system's number, where it has said something.
fn os_error(error: &Error) -> Option<i32> {
    let said = match error {
        Error::Io(error) => Some(error),
        Error::Key(error) => of_key(error),
        Error::Envelope(error) => error.io_error(),
        #[cfg(unix)]
        Error::Guard(modelcrypt::guard::Error::Io { source, .. }) => Some(source),
        Error::Tensors(modelcrypt::tensors::Error::Read(error)) => Some(error),
        #[cfg(feature = "credentials")]
        Error::Credential(_) => of_credential(error)?.1,
        _ => match of_model(error)?.1 {
            model::Error::Io { source, .. } | model::Error::Lock { source, .. } => Some(source),
            model::Error::Envelope(error) => error.io_error(),
            model::Error::Key(error) => of_key(error),
            _ => None,
        },
    };
    said.and_then(std::io::Error::raw_os_error)
}

fn of_key(error: &keys::Error) -> Option<&std::io::Error> {
    match error {
        keys::Error::File { source, .. } | keys::Error::NotWritten { source, .. } => Some(source),
        _ => None,
    }
}

/// What went wrong with a model, and with which file of it, if that is said.
fn of_model(error: &Error) -> Option<(Option<&Path>, &model::Error)> {
    let error = match error {
        Error::Model(error) => error,
        #[cfg(unix)]
        Error::Guard(modelcrypt::guard::Error::Model(error)) => error,
        _ => return None,
    };
    Some(match error {
        model::Error::At { path, source } => (Some(path), source),
        model::Error::Io { path, .. } => (Some(path), error),
        error => (None, error),
    })
}

/// The file that something is wrong with, and what the operating system said.
#[cfg(feature = "credentials")]
fn of_credential(error: &Error) -> Option<(Option<&Path>, Option<&std::io::Error>)> {
    use modelcrypt::credentials::Error as E;
    let Error::Credential(error) = error else { return None };
    match error {
        E::Key(error) => Some((None, of_key(error))),
        E::Io { path, source, .. } => Some((Some(path), Some(source))),
        E::Truncated(path)
        | E::Unsupported { path, .. }
        | E::Database { path, .. }
        | E::LoosePermissions { path, .. }
        | E::Entry { path, .. }
        | E::Audit { path, .. } => Some((Some(path), None)),
        _ => None,
    }
}

#[cfg(not(feature = "credentials"))]
fn of_credential(_: &Error) -> Option<(Option<&Path>, Option<&std::io::Error>)> {
    None
}
