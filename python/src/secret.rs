//! `Secret`: a secret that was handed out, until it is wiped.

use std::sync::{Mutex, MutexGuard, PoisonError};

use modelcrypt::base::SecretText;
use modelcrypt::credentials::{Credential, Error, Kind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PySlice, PyString};

use crate::aws_credentials::AwsCredentials;
use crate::error::raised;
use crate::masker::Masker;
use crate::metadata;

/// A secret, handed out for a while: ``with credentials.secret("hf") as token: login(token.expose())``.
///
/// Its memory is wiped when the ``with`` block ends, by ``wipe()``, or when the object is gone; from then on every use
/// of the value raises :class:`modelcrypt.InvalidInput`. That memory is neither swapped nor dumped as far as the system
/// allows. What ``expose()`` and ``expose_bytes()`` have given is Python's, cannot be wiped and lives for as long as
/// anything refers to it; what ``expose_bytearray()`` has given is wiped with the secret.
///
/// ``str`` and ``repr`` tell its name and not its value. Cannot be pickled or copied: hand its name to other processes.
#[pyclass(frozen, module = "modelcrypt.credentials")]
pub(crate) struct Secret {
    name: String,
    field: String,
    store: String,
    version: u32,
    /// Taken and given back with the GIL held. `None`: it was wiped.
    held: Mutex<Option<Held>>,
}

struct Held {
    value: SecretText,
    /// All that it is a part of; a part that was taken from another secret has none.
    credential: Option<Credential>,
    /// Copies that Python has and that are wiped too.
    lent: Vec<Py<PyByteArray>>,
    parts: Vec<Py<Secret>>,
}

impl Secret {
    /// The field of a credential that `store` has given.
    pub(crate) fn of(credential: Credential, field: &str, store: String) -> Result<Self, Error> {
        let value = credential.field(field)?;
        Ok(Self {
            name: credential.record.name.to_string(),
            field: field.to_owned(),
            store,
            version: credential.version.number,
            held: Mutex::new(Some(Held::new(value, Some(credential)))),
        })
    }

    /// A copy of the value.
    pub(crate) fn copied(&self, py: Python<'_>) -> PyResult<SecretText> {
        self.held(py, |held| Ok(copy(&held.value)))
    }

    /// Does `work` with what is held, if it was not wiped.
    fn held<T>(&self, py: Python<'_>, work: impl FnOnce(&mut Held) -> Result<T, Error>) -> PyResult<T> {
        let wiped = || Error::Invalid { field: self.label(), reason: "the secret was wiped" };
        let mut held = self.lock();
        let result = held.as_mut().ok_or_else(wiped).and_then(work);
        // What runs in Python may give the GIL to somebody who waits for the lock.
        drop(held);
        result.map_err(|error| raised(py, error))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn label(&self) -> String {
        if self.field == SECRET { self.name.clone() } else { format!("{}/{}", self.name, self.field) }
    }

    fn whole<'h>(&self, held: &'h Held) -> Result<&'h Credential, Error> {
        let reason = "it is a part of a credential: ask the secret that it was taken from";
        held.credential.as_ref().ok_or_else(|| Error::Invalid { field: self.label(), reason })
    }
}

#[pymethods]
impl Secret {
    /// The name of its credential.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Which field of the credential it is: ``secret`` for the whole.
    #[getter]
    fn field_name(&self) -> &str {
        &self.field
    }

    /// The number of its version.
    #[getter]
    fn version(&self) -> u32 {
        self.version
    }

    /// The store that has given it: ``keyring``, ``vault``, ``environment`` or ``manifest``.
    #[getter]
    fn store(&self) -> &str {
        &self.store
    }

    /// What is known of its credential; of the versions, this one.
    #[getter]
    fn record<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let told = self.held(py, |held| Ok(metadata::told_of(&self.store, self.whole(held)?)))?;
        metadata::record_from(py, told)
    }

    /// Gives the value as text, which Python cannot wipe.
    fn expose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.held(py, |held| {
            let reason = "the secret is not UTF-8: expose_bytes() gives it";
            let text = std::str::from_utf8(held.value.expose());
            text.map(|text| PyString::new(py, text))
                .map_err(|_| Error::Invalid { field: self.label(), reason })
        })
    }

    /// Gives the value as bytes, which Python cannot wipe.
    fn expose_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.held(py, |held| Ok(PyBytes::new(py, held.value.expose())))
    }

    /// Gives the value in memory that is wiped when the secret is.
    fn expose_bytearray<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        self.held(py, |held| {
            let lent = PyByteArray::new(py, held.value.expose());
            held.lent.push(lent.clone().unbind());
            Ok(lent)
        })
    }

    /// Gives another field of the same version: ``username``, one of ``extra``, or a part that the secret has by its
    /// type, like ``password`` of a ``db_dsn``, ``secret_access_key`` and ``session_token`` of ``aws``. It is wiped
    /// with this one.
    fn field(&self, py: Python<'_>, name: &str) -> PyResult<Py<Self>> {
        let value = self.held(py, |held| self.whole(held)?.field(name))?;
        let part = Self {
            name: self.name.clone(),
            field: name.to_owned(),
            store: self.store.clone(),
            version: self.version,
            held: Mutex::new(Some(Held::new(value, None))),
        };
        let part = Py::new(py, part)?;
        self.held(py, |held| {
            held.parts.push(part.clone_ref(py));
            Ok(())
        })?;
        Ok(part)
    }

    /// Wipes it, and everything that is wiped with it; a second time does nothing.
    pub(crate) fn wipe(&self, py: Python<'_>) -> PyResult<()> {
        let Some(held) = self.lock().take() else { return Ok(()) };
        let Held { value, credential, lent, parts } = held;
        drop((value, credential));
        for part in parts {
            part.get().wipe(py)?;
        }
        for bytes in lent {
            let bytes = bytes.bind(py);
            bytes.set_item(PySlice::full(py), PyByteArray::new(py, &vec![0; bytes.len()]))?;
        }
        Ok(())
    }

    /// Whether it was wiped.
    #[getter]
    fn is_wiped(&self) -> bool {
        self.lock().is_none()
    }

    /// The access key in it, to sign with.
    fn aws_credentials(&self, py: Python<'_>) -> PyResult<AwsCredentials> {
        self.held(py, |held| {
            let credential = self.whole(held)?;
            if credential.record.kind != Kind::Aws {
                let reason = "the credential is not of the type aws";
                return Err(Error::Invalid { field: self.label(), reason });
            }
            let token = match credential.field("session_token") {
                Ok(token) => Some(token),
                Err(Error::NoField { .. }) => None,
                Err(error) => return Err(error),
            };
            let id = credential.record.username.clone().unwrap_or_default();
            let expires_at = credential.version.expires.map(modelcrypt::credentials::Moment::time);
            Ok(AwsCredentials::of(id, credential.field("secret_access_key")?, token, expires_at))
        })
    }

    /// Has the value masked, and what is secret in it.
    fn register_with(&self, py: Python<'_>, masker: &Masker) -> PyResult<()> {
        let parts = self.held(py, |held| {
            let parts = held
                .credential
                .iter()
                .flat_map(|credential| SECRET_PARTS.iter().filter_map(|part| credential.field(part).ok()));
            Ok((copy(&held.value), parts.collect::<Vec<_>>()))
        })?;
        let (value, parts) = parts;
        masker.know(&value).map_err(|error| raised(py, error))?;
        for part in parts {
            // One that is too short to be found is masked as a part of the whole.
            let _ = masker.know(&part);
        }
        Ok(())
    }

    fn __enter__(slf: Py<Self>, py: Python<'_>) -> PyResult<Py<Self>> {
        slf.get().held(py, |_| Ok(()))?;
        Ok(slf)
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        _kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _trace: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.wipe(py)
    }

    fn __repr__(&self) -> String {
        let is_wiped = if self.is_wiped() { ", wiped" } else { "" };
        format!("Secret('{}', version {}{is_wiped})", self.label(), self.version)
    }

    #[allow(clippy::unused_self, reason = "Python calls it as a method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a Secret is not pickled or copied: hand on the name of its credential"))
    }
}

impl Held {
    fn new(value: SecretText, credential: Option<Credential>) -> Self {
        Self { value, credential, lent: Vec::new(), parts: Vec::new() }
    }
}

fn copy(text: &SecretText) -> SecretText {
    SecretText::new(text.expose().to_vec())
}

/// The field that is the whole secret.
pub(crate) const SECRET: &str = "secret";
/// What is secret in a secret of several parts.
const SECRET_PARTS: &[&str] = &["password", "secret_access_key", "session_token"];
