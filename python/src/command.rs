//! The `modelcrypt` command, for the console script.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command line on `args`, whose first is its name, and returns the exit code.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| modelcrypt::cli::main(args))
}
