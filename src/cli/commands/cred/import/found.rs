//! What a file holds.

use crate::base::SecretText;
use crate::cli::failure::Failure;
use crate::credentials::Kind;

/// What was found in a file.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) items: Vec<Item>,
    /// What holds no secret, in words.
    pub(super) passed_over: Vec<String>,
    /// What cannot be read; told by its place, never by what stands there.
    pub(super) failures: Vec<Failure>,
}

/// A credential in a file.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) username: Option<String>,
    pub(super) extra: Vec<(&'static str, String)>,
    pub(super) secret: SecretText,
}

impl Item {
    /// One of which no more is known.
    pub(super) fn new(name: impl Into<String>, kind: Kind, secret: SecretText) -> Self {
        Self { name: name.into(), kind, username: None, extra: Vec::new(), secret }
    }
}
