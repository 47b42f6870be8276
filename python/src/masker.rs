//! `Masker`: takes the secrets out of text.

use std::borrow::Cow;

use modelcrypt::base::SecretText;
use modelcrypt::mask;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Map, Value};

use crate::error::raised;

/// Finds secrets and puts their kinds in their places. Text comes and goes as UTF-8, surrogates and all.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct Masker(mask::Masker);

impl Masker {
    /// Has `secret` masked from here on.
    pub(crate) fn know(&self, secret: &SecretText) -> Result<(), mask::Error> {
        self.0.register(secret)
    }
}

#[pymethods]
impl Masker {
    #[new]
    fn new() -> Self {
        Self(mask::Masker::new())
    }

    /// Has `secret` masked from here on, wherever it stands and however it is encoded.
    fn register(&self, py: Python<'_>, secret: &[u8]) -> PyResult<()> {
        self.know(&SecretText::new(secret.to_vec())).map_err(|error| raised(py, error))
    }

    /// The text without its secrets; nothing if it has none.
    fn text<'py>(&self, py: Python<'py>, text: &[u8]) -> Option<Bound<'py, PyBytes>> {
        match self.0.bytes(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(PyBytes::new(py, &masked)),
        }
    }

    /// What is shown of the value of a field of this name; nothing if it can be shown as it is.
    fn field<'py>(&self, py: Python<'py>, name: &str, text: &[u8]) -> Option<Bound<'py, PyBytes>> {
        let by_value = self.text(py, text);
        if by_value.is_some() {
            return by_value;
        }
        let text = Value::String(String::from_utf8_lossy(text).into_owned());
        let mut object = Value::Object(Map::from_iter([(name.to_owned(), text.clone())]));
        self.0.json(&mut object);
        let (_, masked) = object.as_object_mut()?.into_iter().next()?;
        if *masked == text { None } else { Some(PyBytes::new(py, masked.as_str()?.as_bytes())) }
    }
}
