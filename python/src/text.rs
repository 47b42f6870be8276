//! Text from Python that may be secret: wiped when it is dropped, and in no exception.

use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use zeroize::Zeroizing;

/// A `str`, as UTF-8.
pub(crate) struct Text(Zeroizing<String>);

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromPyObject<'_, '_> for Text {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let text = object.cast::<PyString>()?;
        match text.to_cow() {
            Ok(text) => Ok(Self(Zeroizing::new(text.into_owned()))),
            // Python's own error would carry the whole text.
            Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(object.py()) => {
                let class = object.py().import("modelcrypt._errors")?.getattr("InvalidInput")?;
                Err(PyErr::from_value(
                    class.call1(("a text has surrogates in it, which UTF-8 does not have",))?,
                ))
            }
            Err(error) => Err(error),
        }
    }
}
