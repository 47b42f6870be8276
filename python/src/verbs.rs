//! The verbs on model directories. Each returns a report with an outcome for every file; only what stops all
//! files is raised from here.

use modelcrypt::model::{EncryptOptions, RewrapOptions};
use pyo3::prelude::*;

use crate::error::raised;
use crate::foreground;
use crate::job::{Decrypting, Encrypting, Job, Reencrypting, Rewrapping};
use crate::key::MasterKey;
use crate::report;

#[pyfunction]
pub(crate) fn encrypt_dir<'py>(
    py: Python<'py>,
    job: Job,
    key: &MasterKey,
    options: Encrypting,
) -> PyResult<Bound<'py, PyAny>> {
    let (dir, options) = (job.open(py, Some(key))?, EncryptOptions::try_from(options)?);
    job.run(py, |progress| dir.encrypt(key.master(), &options, progress))
}

#[pyfunction]
pub(crate) fn decrypt_dir<'py>(
    py: Python<'py>,
    job: Job,
    key: &MasterKey,
    options: Decrypting,
) -> PyResult<Bound<'py, PyAny>> {
    let (dir, options) = (job.open(py, Some(key))?, options.into());
    job.run(py, |progress| dir.decrypt(key.master(), &options, progress))
}

#[pyfunction]
pub(crate) fn verify_dir<'py>(
    py: Python<'py>,
    job: Job,
    key: &MasterKey,
    allow_renamed: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let dir = job.open(py, Some(key))?;
    job.run(py, |progress| dir.verify(key.master(), allow_renamed, progress))
}

#[pyfunction]
pub(crate) fn rewrap<'py>(
    py: Python<'py>,
    job: Job,
    old: &MasterKey,
    new: &MasterKey,
    options: Rewrapping,
) -> PyResult<Bound<'py, PyAny>> {
    let (dir, options) = (job.open(py, Some(old))?, RewrapOptions::try_from(options)?);
    job.run(py, |progress| dir.rewrap(old.master(), new.master(), &options, progress))
}

#[pyfunction]
#[pyo3(signature = (job, old, new, options))]
pub(crate) fn reencrypt<'py>(
    py: Python<'py>,
    job: Job,
    old: &MasterKey,
    new: Option<&MasterKey>,
    options: Reencrypting,
) -> PyResult<Bound<'py, PyAny>> {
    let (dir, options) = (job.open(py, Some(old))?, options.into());
    let new = new.map(MasterKey::master);
    job.run(py, |progress| dir.reencrypt(old.master(), new, &options, progress))
}

#[pyfunction]
pub(crate) fn sweep(py: Python<'_>, job: Job) -> PyResult<Bound<'_, PyAny>> {
    let dir = job.open(py, None)?;
    job.run(py, |progress| dir.sweep(progress))
}

#[pyfunction]
#[pyo3(signature = (job, key))]
pub(crate) fn status<'py>(py: Python<'py>, job: Job, key: Option<&MasterKey>) -> PyResult<Bound<'py, PyAny>> {
    let dir = job.open(py, key)?;
    let told = foreground::run(py, None, None, |_| dir.status(key.map(MasterKey::master)))?;
    report::status_report(py, told.map_err(|error| raised(py, error))?)
}
