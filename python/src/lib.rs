//! The native half of the Python package `modelcrypt`: what the modules in `python/modelcrypt/` are a face of.
//!
//! Nothing here is public to Rust, and nothing is called by users directly: names, defaults and docstrings are
//! in the Python files. Long work is done with the GIL released, on threads of the package's own.

#![allow(clippy::needless_pass_by_value, reason = "what Python passes is extracted into values")]

mod aws_credentials;
mod buffer;
#[cfg(feature = "cli")]
mod command;
mod document;
mod error;
mod foreground;
#[cfg(unix)]
mod guard;
mod job;
mod key;
mod masker;
mod pool;
mod presign_cache;
mod report;
mod s3_signer;
mod signed_url;
mod tensor_file;
mod tensor_memory;
mod text;
mod url_signer;
mod verbs;

use pyo3::prelude::*;

/// The native half of the package.
#[pymodule]
mod _modelcrypt {
    #[pymodule_export]
    use super::aws_credentials::AwsCredentials;
    #[pymodule_export]
    use super::buffer::Buffer;
    #[cfg(feature = "cli")]
    #[pymodule_export]
    use super::command::main;
    #[pymodule_export]
    use super::document::{open_bytes, seal_bytes};
    #[cfg(unix)]
    #[pymodule_export]
    use super::guard::{Guard, require_memory_backed, sweep_guards};
    #[pymodule_export]
    use super::key::MasterKey;
    #[pymodule_export]
    use super::masker::Masker;
    #[pymodule_export]
    use super::presign_cache::PresignCache;
    #[pymodule_export]
    use super::s3_signer::{ObjectRequest, S3Signer};
    #[pymodule_export]
    use super::signed_url::SignedUrl;
    #[pymodule_export]
    use super::tensor_file::TensorFile;
    #[pymodule_export]
    use super::url_signer::UrlSigner;
    #[pymodule_export]
    use super::verbs::{decrypt_dir, encrypt_dir, reencrypt, rewrap, status, sweep, verify_dir};

    #[allow(non_upper_case_globals, reason = "the name is Python's")]
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
