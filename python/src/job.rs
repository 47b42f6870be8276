//! What a verb is asked for: paths, files, options. Read from dictionaries that the Python half has made.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use modelcrypt::envelope::ChecksumPolicy;
use modelcrypt::model::{
    self, DecryptOptions, Destination, EncryptOptions, Policy, ReencryptOptions, RewrapOptions, Selection,
    Stages,
};
use modelcrypt::{Error, ModelDir, Progress};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::raised;
use crate::foreground;
use crate::key::MasterKey;
use crate::report;

/// The files that a verb works on, and how.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Job {
    paths: Vec<PathBuf>,
    include: Vec<String>,
    exclude: Vec<String>,
    all_files: bool,
    config: Option<PathBuf>,
    jobs: Option<NonZeroUsize>,
    progress: Option<Py<PyAny>>,
}

impl Job {
    /// The directories and files; the file of `key` is never one of them.
    pub(crate) fn open(&self, py: Python<'_>, key: Option<&MasterKey>) -> PyResult<ModelDir> {
        py.detach(|| self.opened(key)).map_err(|error| raised(py, error))
    }

    fn opened(&self, key: Option<&MasterKey>) -> Result<ModelDir, Error> {
        let selection =
            Selection { include: self.include.clone(), exclude: self.exclude.clone(), all: self.all_files };
        let key_file = key.and_then(|key| key.path().map(Into::into));
        let dir = ModelDir::open_all(&self.paths)?.selection(selection).key_file(key_file);
        Ok(match &self.config {
            Some(config) => dir.policy(Policy::load(config)?),
            None => dir,
        })
    }

    /// Does `work` in the foreground and returns a `modelcrypt.Report`.
    pub(crate) fn run<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&dyn Progress) -> Result<model::Report, model::Error> + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        let report = self.in_foreground(py, work)?;
        report::report(py, report.map_err(|error| raised(py, error))?)
    }

    /// Does `work` in the foreground: who asked for it hears of its progress.
    pub(crate) fn in_foreground<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&dyn Progress) -> T + Send,
    ) -> PyResult<T> {
        let callback = self.progress.as_ref().map(|callback| callback.bind(py));
        foreground::run(py, callback, self.jobs, work)
    }
}

/// Options of `encrypt_dir`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
#[allow(clippy::struct_excessive_bools, reason = "each is an argument that somebody passes")]
pub(crate) struct Encrypting {
    keep: bool,
    output: Option<PathBuf>,
    update: bool,
    checksum: String,
    publish_sha256: bool,
    iterations: Option<u32>,
    follow: bool,
    allow_hardlinks: bool,
}

impl TryFrom<Encrypting> for EncryptOptions {
    type Error = PyErr;

    fn try_from(given: Encrypting) -> PyResult<Self> {
        let mut options = Self::default();
        options.destination = destination(given.output, given.keep);
        options.update = given.update;
        options.checksum = match given.checksum.as_str() {
            "plaintext" => ChecksumPolicy::Plaintext,
            "none" => ChecksumPolicy::None,
            "both" => ChecksumPolicy::Both,
            _ => return Err(PyValueError::new_err("checksum is 'plaintext', 'none' or 'both'")),
        };
        options.publish_sha256 = given.publish_sha256;
        options.iterations = given.iterations;
        options.follow = given.follow;
        options.allow_hardlinks = given.allow_hardlinks;
        Ok(options)
    }
}

/// Options of `decrypt_dir`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Decrypting {
    keep: bool,
    output: Option<PathBuf>,
    follow: bool,
    allow_renamed: bool,
}

impl From<Decrypting> for DecryptOptions {
    fn from(given: Decrypting) -> Self {
        let mut options = Self::default();
        options.destination = destination(given.output, given.keep);
        options.follow = given.follow;
        options.allow_renamed = given.allow_renamed;
        options
    }
}

/// Options of `rewrap`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Rewrapping {
    stage: Option<String>,
    only: bool,
    allow_renamed: bool,
    iterations: Option<u32>,
}

impl TryFrom<Rewrapping> for RewrapOptions {
    type Error = PyErr;

    fn try_from(given: Rewrapping) -> PyResult<Self> {
        let mut options = Self::default();
        options.stages = match given.stage.as_deref() {
            None => Stages::All,
            Some("add") => Stages::Add,
            Some("drop") => Stages::Drop,
            Some(_) => return Err(PyValueError::new_err("stage is 'add', 'drop' or None")),
        };
        options.only = given.only;
        options.allow_renamed = given.allow_renamed;
        options.iterations = given.iterations;
        Ok(options)
    }
}

/// Options of `reencrypt`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Reencrypting {
    allow_renamed: bool,
    iterations: Option<u32>,
}

impl From<Reencrypting> for ReencryptOptions {
    fn from(given: Reencrypting) -> Self {
        let mut options = Self::default();
        options.allow_renamed = given.allow_renamed;
        options.iterations = given.iterations;
        options
    }
}

/// Elsewhere nothing is removed either, whether `keep` says so or not.
fn destination(output: Option<PathBuf>, keep: bool) -> Destination {
    match output {
        Some(output) => Destination::Tree(output),
        None if keep => Destination::Beside,
        None => Destination::InPlace,
    }
}
