//! Reports of the library as the frozen classes of `modelcrypt._reports`.

use modelcrypt::model::{Due, FileReport, FileStatus, Report, State, StatusReport};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::of_file;

/// A `modelcrypt.Report`.
pub(crate) fn report(py: Python<'_>, report: Report) -> PyResult<Bound<'_, PyAny>> {
    let module = py.import("modelcrypt._reports")?;
    let class = module.getattr("FileReport")?;
    let files: PyResult<Vec<_>> = report.files.into_iter().map(|file| file_report(&class, file)).collect();
    module.getattr("Report")?.call1((tuple(py, files?)?, tuple(py, report.notices)?))
}

/// A `modelcrypt.StatusReport`.
pub(crate) fn status_report(py: Python<'_>, report: StatusReport) -> PyResult<Bound<'_, PyAny>> {
    let module = py.import("modelcrypt._reports")?;
    let class = module.getattr("FileStatus")?;
    let files: PyResult<Vec<_>> = report.files.into_iter().map(|file| file_status(&class, file)).collect();
    module.getattr("StatusReport")?.call1((tuple(py, files?)?, tuple(py, report.notices)?))
}

fn file_report<'py>(class: &Bound<'py, PyAny>, file: FileReport) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let (outcome, error) = match file.outcome {
        Ok(outcome) => (Some(snake(outcome.word())), None),
        Err(error) => (None, Some(of_file(py, error, &file.path)?)),
    };
    class.call1((file.path, outcome, error, file.plaintext_len, tuple(py, file.notices)?))
}

fn file_status<'py>(class: &Bound<'py, PyAny>, file: FileStatus) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let state = snake(file.state.word());
    let damage = match file.state {
        State::Damaged(damage) => Some(damage),
        _ => None,
    };
    class.call1((
        file.path,
        state,
        damage,
        file.plaintext_len,
        tuple(py, file.keys)?,
        file.since,
        file.since_is_authentic,
        tuple(py, file.due.into_iter().map(due_word))?,
        tuple(py, file.notices)?,
    ))
}

fn due_word(due: Due) -> &'static str {
    match due {
        Due::Encrypt => "encrypt",
        Due::Finish => "finish",
        Due::Heal => "heal",
        Due::Rotate => "rotate",
        Due::Sweep => "sweep",
        _ => "look",
    }
}

/// As in `--json`.
fn snake(words: &str) -> String {
    words.replace(' ', "_")
}

fn tuple<'py, T, U>(py: Python<'py>, items: T) -> PyResult<Bound<'py, PyTuple>>
where
    T: IntoIterator<Item = U, IntoIter: ExactSizeIterator>,
    U: IntoPyObject<'py>,
{
    PyTuple::new(py, items)
}
