//! Small secrets in memory: sealed and opened without a file.

use modelcrypt::envelope;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zeroize::Zeroizing;

use crate::error::raised;
use crate::key::MasterKey;
use crate::pool;

/// Seals `plaintext`, any contiguous buffer of bytes.
#[pyfunction]
pub(crate) fn seal_bytes<'py>(
    py: Python<'py>,
    plaintext: &Bound<'py, PyAny>,
    key: &MasterKey,
) -> PyResult<Bound<'py, PyBytes>> {
    let plaintext = Zeroizing::new(bytes_of(plaintext)?);
    let pool = pool::current(None)?;
    let sealed = py.detach(|| pool.install(|| envelope::seal_bytes(key.master(), &plaintext)));
    Ok(PyBytes::new(py, &sealed.map_err(|error| raised(py, error))?))
}

/// Opens `sealed`, any contiguous buffer of bytes.
#[pyfunction]
pub(crate) fn open_bytes<'py>(
    py: Python<'py>,
    sealed: &Bound<'py, PyAny>,
    key: &MasterKey,
) -> PyResult<Bound<'py, PyBytes>> {
    let sealed = bytes_of(sealed)?;
    let pool = pool::current(None)?;
    let opened = py.detach(|| pool.install(|| envelope::open_bytes(key.master(), &sealed)));
    Ok(PyBytes::new(py, opened.map_err(|error| raised(py, error))?.expose()))
}

/// A copy: others may write to the buffer while the GIL is released.
fn bytes_of(buffer: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    PyBuffer::<u8>::get(buffer)?.to_vec(buffer.py())
}
