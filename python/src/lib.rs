//! The native half of the Python package `modelcrypt`: what the modules in `python/modelcrypt/` are a face of.
//!
//! Nothing here is public to Rust, and nothing is called by users directly: names, defaults and docstrings are
//! in the Python files. Long work is done with the GIL released, on threads of the package's own.

#![allow(clippy::needless_pass_by_value, reason = "what Python passes is extracted into values")]

#[cfg(feature = "credentials")]
mod asked;
mod aws_credentials;
mod buffer;
#[cfg(feature = "cli")]
mod command;
#[cfg(feature = "credentials")]
mod credential_store;
mod document;
mod error;
mod foreground;
#[cfg(feature = "credentials")]
mod fork_gate;
#[cfg(unix)]
mod guard;
mod job;
mod key;
mod masker;
#[cfg(feature = "credentials")]
mod metadata;
#[cfg(feature = "credentials")]
mod opened_stores;
mod pool;
mod presign_cache;
mod report;
#[cfg(feature = "credentials")]
mod rotation;
mod s3_signer;
#[cfg(feature = "credentials")]
mod secret;
mod signed_url;
mod tensor_file;
mod tensor_memory;
mod text;
mod url_signer;
#[cfg(feature = "credentials")]
mod value;
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
    #[cfg(feature = "credentials")]
    #[pymodule_export]
    use super::credential_store::CredentialStore;
    #[pymodule_export]
    use super::document::{open_bytes, seal_bytes};
    #[cfg(feature = "credentials")]
    #[pymodule_export]
    use super::fork_gate::{after_fork_in_child, after_fork_in_parent, before_fork};
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
    #[cfg(feature = "credentials")]
    #[pymodule_export]
    use super::secret::Secret;
    #[pymodule_export]
    use super::signed_url::SignedUrl;
    #[pymodule_export]
    use super::tensor_file::TensorFile;
    #[pymodule_export]
    use super::url_signer::UrlSigner;
    #[cfg(feature = "credentials")]
    #[pymodule_export]
    use super::value::Value;
    #[pymodule_export]
    use super::verbs::{decrypt_dir, encrypt_dir, reencrypt, rewrap, status, sweep, verify_dir};

    #[allow(non_upper_case_globals, reason = "the name is Python's")]
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
