//! What can go wrong with a credential, its store or its audit log.

use std::io;
use std::path::PathBuf;

use crate::keys;

/// Why a credential was not given, kept or believed. Names, fields and places appear in it, values never do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The key of the vault.
    #[error(transparent)]
    Key(#[from] keys::Error),
    /// No store that was asked has it.
    #[error("no credential `{0}`")]
    NotFound(String),
    /// There is one of that name.
    #[error("there is a credential `{0}`")]
    AlreadyExists(String),
    /// It was deactivated.
    #[error("the credential `{0}` is deactivated")]
    Inactive(String),
    /// It has expired.
    #[error("the credential `{name}` expired at {since}")]
    Expired {
        /// The credential.
        name: String,
        /// When, as RFC 3339.
        since: String,
    },
    /// The version before the current one is no longer given.
    #[error("the previous version of `{name}` was valid until {since}")]
    GraceOver {
        /// The credential.
        name: String,
        /// The end of its grace, as RFC 3339.
        since: String,
    },
    /// It has no such version.
    #[error("the credential `{name}` has no version {version}")]
    NoVersion {
        /// The credential.
        name: String,
        /// The label or number that was asked for.
        version: String,
    },
    /// It has no such field.
    #[error("the credential `{name}` has no field `{field}`")]
    NoField {
        /// The credential.
        name: String,
        /// The field.
        field: String,
    },
    /// A value that its field does not take.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field.
        field: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A store that is only read.
    #[error("the store `{0}` is read-only")]
    ReadOnly(String),
    /// A store that is not there, does not answer or is locked.
    #[error("the store `{store}` is unavailable: {reason}")]
    Unavailable {
        /// The store.
        store: String,
        /// Why.
        reason: String,
    },
    /// What a store holds is not what was written there.
    #[error("the store `{store}` was tampered with: {what}")]
    Tampered {
        /// The store.
        store: String,
        /// What does not hold.
        what: String,
    },
    /// A vault of which the end is missing.
    #[error("the vault `{}` is cut off", .0.display())]
    Truncated(PathBuf),
    /// No vault of ours, or one of a later version.
    #[error("`{}` is not a vault that this version reads: {reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// SQLite.
    #[error("{doing} the vault `{}`: {reason}", path.display())]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The vault.
        path: PathBuf,
        /// What SQLite says; no value is part of it.
        reason: String,
    },
    /// The operating system refused.
    #[error("{doing} `{}`: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Group or others may get at it.
    #[error("others may get at `{}` (mode {mode:04o})", path.display())]
    LoosePermissions {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// An entry of a file or manifest that cannot be used.
    #[error("`{}`, {entry}: {reason}", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// Which entry.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody in a chain had it.
    #[error("no credential `{name}`: {}", missed(misses))]
    NobodyAnswered {
        /// The credential.
        name: String,
        /// Each store that was asked, and why it did not answer.
        misses: Vec<(String, String)>,
    },
    /// The new version did not pass its check.
    #[error("the new version of `{name}` did not pass its check: {reason}")]
    CheckFailed {
        /// The credential.
        name: String,
        /// What the check said.
        reason: String,
    },
    /// A rotation cannot begin or go on.
    #[error("`{name}` cannot be rotated: {reason}")]
    Rotation {
        /// The credential.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// The access could not be put on record, so it did not take place.
    #[error("the audit log `{}` cannot be written: {reason}", path.display())]
    Audit {
        /// The log.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The operating system gave no randomness.
    #[error("no randomness: {0}")]
    Random(#[source] io::Error),
}

fn missed(misses: &[(String, String)]) -> String {
    let each: Vec<_> = misses.iter().map(|(store, reason)| format!("{store}: {reason}")).collect();
    each.join("; ")
}
