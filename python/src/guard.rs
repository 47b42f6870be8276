//! `Guard`: a decrypted directory that is gone when it is closed, dropped, or its process dies.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use modelcrypt::guard::{self, Access, GuardOptions, WriteBack};
use modelcrypt::model::{FileReport, LoadOptions, Outcome, Report};
use modelcrypt::{Error, Place, TemporaryDecrypt};
use pyo3::prelude::*;

use crate::error::raised;
use crate::job::Job;
use crate::key::MasterKey;
use crate::report;

/// A decrypted directory, until it is closed.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct Guard {
    open: Mutex<Option<TemporaryDecrypt>>,
    #[pyo3(get)]
    path: PathBuf,
    #[pyo3(get)]
    notices: Vec<String>,
    /// Bytes of plaintext, whether the machine may swap them to a disk, and how many of them it may not.
    #[pyo3(get)]
    protection: (u64, bool, u64),
}

/// What becomes of changes.
#[derive(FromPyObject)]
pub(crate) enum Changes {
    /// They are sealed under this key.
    Sealed(Py<MasterKey>),
    /// They are kept if this is true, else lost.
    Kept(bool),
}

#[pymethods]
impl Guard {
    /// Opens the model at the one path of `job`. `place` is `memfd`, `tmpfs`, or a directory.
    #[staticmethod]
    fn open(
        py: Python<'_>,
        job: Job,
        key: &MasterKey,
        place: PathBuf,
        is_written: bool,
        allow_renamed: bool,
        allow_plaintext: bool,
    ) -> PyResult<Self> {
        let dir = job.open(py, Some(key))?;
        let mut load = LoadOptions::default();
        load.allow_renamed = allow_renamed;
        load.allow_plaintext = allow_plaintext;
        let opened = job.in_foreground(py, |progress| {
            let mut options = GuardOptions::default();
            options.place = match place.to_str() {
                Some("memfd") => Place::Memfd,
                Some("tmpfs") => Place::Tmpfs(None),
                _ => Place::of_directory(&place)?,
            };
            options.access = if is_written { Access::Write } else { Access::Read };
            options.load = load;
            Ok::<_, Error>(TemporaryDecrypt::open(&dir, key.master(), &options, progress)?)
        })?;
        let guard = opened.map_err(|error| raised(py, error))?;
        let protection = guard.protection();
        Ok(Self {
            path: guard.path().to_owned(),
            notices: guard.notices().to_vec(),
            protection: (protection.plaintext_len, protection.may_swap, protection.locked_len),
            open: Mutex::new(Some(guard)),
        })
    }

    /// Removes the directory, once; a second time does nothing. Returns a report if something was sealed.
    fn close<'py>(&self, py: Python<'py>, job: Job, changes: Changes) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(guard) = self.open.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(None);
        };
        let failed = |error| raised(py, Error::Guard(error));
        match changes {
            Changes::Sealed(key) => {
                let write_back = WriteBack::Changed(key.get().master());
                let closed = job.in_foreground(py, |progress| guard.close_with(write_back, progress))?;
                report::report(py, closed.map_err(failed)?).map(Some)
            }
            Changes::Kept(keep) => {
                let write_back = if keep { WriteBack::Keep } else { WriteBack::Discard };
                let closed = job.in_foreground(py, |progress| guard.close_with(write_back, progress))?;
                closed.map(|_| None).map_err(failed)
            }
        }
    }
}

/// Fails unless the directory at `path` lies in memory that no disk ever sees.
#[pyfunction]
pub(crate) fn require_memory_backed(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    py.detach(|| guard::require_memory_backed(&path)).map_err(|error| raised(py, error))
}

/// Removes what guards have left whose process died: where they are made, and in `places`.
#[pyfunction]
pub(crate) fn sweep_guards(py: Python<'_>, places: Vec<PathBuf>) -> PyResult<Bound<'_, PyAny>> {
    let removed = py.detach(|| guard::sweep(&places)).map_err(|error| raised(py, error))?;
    let swept =
        |path| FileReport { path, outcome: Ok(Outcome::Swept), plaintext_len: 0, notices: Vec::new() };
    let files = removed.into_iter().map(swept).collect();
    report::report(py, Report { files, notices: Vec::new() })
}
