//! A secret as Python gives it.

use modelcrypt::base::SecretText;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};

use crate::secret::Secret;
use crate::text::Text;

/// A `str`, `bytes`, `bytearray` or `Secret`; the copy is wiped when it is dropped.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct Value(SecretText);

impl Value {
    /// A copy that a store can own.
    pub(crate) fn to_owned_text(&self) -> SecretText {
        SecretText::new(self.0.expose().to_vec())
    }

    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<SecretText> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(SecretText::new(bytes.as_bytes().to_vec()));
        }
        if let Ok(bytes) = object.cast::<PyByteArray>() {
            return Ok(SecretText::new(bytes.to_vec()));
        }
        if let Ok(secret) = object.cast::<Secret>() {
            return secret.get().copied(object.py());
        }
        if object.is_instance_of::<pyo3::types::PyString>() {
            return Ok(SecretText::new(object.extract::<Text>()?.as_str().into()));
        }
        let kind = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("a secret is str, bytes, bytearray or a Secret, not {kind}")))
    }
}

#[pymethods]
impl Value {
    #[new]
    fn new(secret: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::of(secret).map(Self)
    }
}
