//! Keeps ML model files encrypted at rest and hands them to the program that loads them.

pub mod base;
#[cfg(feature = "credentials")]
pub mod credentials;
pub mod crypto;
pub mod engine;
pub mod envelope;
pub mod format;
#[cfg(unix)]
pub mod guard;
pub mod keys;
pub mod mask;
pub mod model;
pub mod presign;
pub mod scan;
pub mod tensors;

#[cfg(feature = "cli")]
pub mod cli;
mod error;

pub use base::{Progress, Silent};
#[cfg(feature = "credentials")]
pub use credentials::{Chain, CredentialStore, Record};
pub use envelope::{Opener, SealedReader, Sealer, open_bytes, seal_bytes};
pub use error::{Error, ErrorKind};
#[cfg(unix)]
pub use guard::{Place, TemporaryDecrypt, temporary_decrypt};
pub use keys::{KeySource, MasterKey};
pub use model::{ModelDir, Patterns};
pub use presign::{PresignCache, S3Signer, SignedUrl, UrlSigner};

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
