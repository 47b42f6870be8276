//! `SignedUrl`: a URL that is a secret while it lives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use modelcrypt::presign::{self, Method};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// A signed URL: whoever has it may use it. ``str`` and ``repr`` mask what is secret in it; ``expose()`` gives it.
///
/// Cannot be copied or pickled: hand on what ``expose()`` gives.
#[pyclass(frozen, module = "modelcrypt.presign")]
pub(crate) struct SignedUrl(Arc<presign::SignedUrl>);

impl From<Arc<presign::SignedUrl>> for SignedUrl {
    fn from(url: Arc<presign::SignedUrl>) -> Self {
        Self(url)
    }
}

#[pymethods]
impl SignedUrl {
    /// Gives the URL itself.
    fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What it may be used for.
    #[getter]
    fn methods<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.methods().iter().map(Method::as_str))
    }

    /// The headers that have to be sent exactly so, by their lower-case names. A value can be secret.
    #[getter]
    fn headers(&self) -> BTreeMap<&str, String> {
        let mut headers: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in self.0.headers() {
            headers.entry(name).and_modify(|values| *values += ",").or_default().push_str(value);
        }
        headers
    }

    /// When it was signed, or from when on it is valid: to the second, in UTC.
    #[getter]
    fn signed_at(&self) -> SystemTime {
        self.0.signed_at()
    }

    /// The first second in which it is no longer valid, in UTC.
    #[getter]
    fn expires_at(&self) -> SystemTime {
        self.0.expires_at()
    }

    /// How long it is valid from ``now`` on; nothing if it is not or not yet.
    #[pyo3(signature = (now = None))]
    fn life_left(&self, now: Option<SystemTime>) -> Duration {
        self.0.life_left(now.unwrap_or_else(SystemTime::now))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("SignedUrl({})", self.0)
    }

    #[allow(clippy::unused_self, reason = "Python calls it as a method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a SignedUrl is not pickled or copied: hand on what expose() gives"))
    }
}
