//! `MasterKey`: what opens and seals. Cannot be shown, copied or pickled.

use std::path::{Path, PathBuf};

use modelcrypt::base::SecretText;
use modelcrypt::keys::{self, KeySource, Permissions};
use modelcrypt::model::Policy;
use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::error::raised;

/// Opens and seals any number of files: 32 random bytes, written ``mck1_…``, or a passphrase.
///
/// Cannot be shown, copied or pickled: hand the path of its file to other processes.
#[pyclass(frozen, module = "modelcrypt")]
pub(crate) struct MasterKey {
    master: modelcrypt::MasterKey,
    /// Never to be sealed.
    path: Option<PathBuf>,
}

impl MasterKey {
    pub(crate) fn master(&self) -> &modelcrypt::MasterKey {
        &self.master
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn load(py: Python<'_>, source: &KeySource) -> PyResult<Self> {
        let master = py.detach(|| source.load()).map_err(|error| raised(py, error))?;
        Ok(Self { master, path: source.path().map(Path::to_owned) })
    }
}

#[pymethods]
impl MasterKey {
    /// Makes a fresh random key.
    #[staticmethod]
    fn generate(py: Python<'_>) -> PyResult<Self> {
        let master = modelcrypt::MasterKey::generate().map_err(|error| raised(py, error))?;
        Ok(Self { master, path: None })
    }

    /// Reads the text of a key: ``mck1_…``, or else a passphrase. One final newline is dropped.
    #[staticmethod]
    fn parse(text: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = text.py();
        let text = secret_text(text)?;
        let master = modelcrypt::MasterKey::parse(text).map_err(|error| raised(py, error))?;
        Ok(Self { master, path: None })
    }

    /// Reads a key file, which only its owner may read.
    #[staticmethod]
    #[pyo3(signature = (path, *, allow_loose_permissions = false))]
    fn from_file(py: Python<'_>, path: PathBuf, allow_loose_permissions: bool) -> PyResult<Self> {
        Self::load(py, &KeySource::File(path, permissions(allow_loose_permissions)))
    }

    /// Runs a shell command and takes what it prints.
    #[staticmethod]
    fn from_command(py: Python<'_>, command: String) -> PyResult<Self> {
        Self::load(py, &KeySource::Command(command))
    }

    /// Reads an entry of the keyring of the operating system.
    #[staticmethod]
    fn from_keyring(py: Python<'_>, name: String) -> PyResult<Self> {
        Self::load(py, &KeySource::Keyring(name))
    }

    /// Reads an environment variable.
    #[staticmethod]
    fn from_env(py: Python<'_>, name: String) -> PyResult<Self> {
        Self::load(py, &KeySource::Variable(name))
    }

    /// Finds the key that counts when none is named, as the command line does; nobody is asked.
    #[staticmethod]
    #[pyo3(signature = (*, config = None, allow_loose_permissions = false))]
    fn find(py: Python<'_>, config: Option<PathBuf>, allow_loose_permissions: bool) -> PyResult<Self> {
        let named = config.as_deref().map(Policy::load).transpose().map_err(|error| raised(py, error))?;
        let configured = match named.and_then(|policy| policy.key) {
            Some(key) => Some(key),
            None => Policy::of_user().map_err(|error| raised(py, error))?.and_then(|policy| policy.key),
        };
        match KeySource::ambient(configured.as_deref(), permissions(allow_loose_permissions)) {
            Some(source) => Self::load(py, &source),
            None => Err(raised(py, keys::Error::NoKey)),
        }
    }

    /// Writes a raw key to a new file that only its owner may read.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let written = py.detach(|| keys::write_key_file(&path, &self.master));
        written.map_err(|error| raised(py, error))
    }

    /// Gives the text of a raw key.
    fn expose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let text = self.master.to_text().ok_or_else(|| raised(py, keys::Error::NotRaw))?;
        PyString::from_bytes(py, text.expose())
    }

    /// The id of a raw key, in hex; ``None`` for a passphrase.
    #[getter]
    fn id(&self) -> Option<String> {
        self.master.id().map(|id| id.to_string())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.master)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.master.is_same(&other.get().master))
    }

    #[allow(clippy::unused_self, reason = "Python calls it as a method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a MasterKey is not pickled or copied: pass the path of its file"))
    }
}

fn permissions(allow_loose: bool) -> Permissions {
    if allow_loose { Permissions::Loose } else { Permissions::Private }
}

fn secret_text(text: &Bound<'_, PyAny>) -> PyResult<SecretText> {
    let py = text.py();
    if let Ok(bytes) = text.cast::<PyBytes>() {
        return Ok(SecretText::new(bytes.as_bytes().to_vec()));
    }
    let Ok(text) = text.cast::<PyString>() else {
        return Err(PyTypeError::new_err("the text of a key is str or bytes"));
    };
    // Python's own error would carry the whole text.
    let utf8 = text.to_cow().map_err(|error| {
        if error.is_instance_of::<PyUnicodeEncodeError>(py) {
            raised(py, keys::Error::NotUtf8)
        } else {
            error
        }
    })?;
    Ok(SecretText::new(utf8.as_bytes().to_vec()))
}
