//! What a verb is asked for besides its paths and its key.

use std::path::PathBuf;

use crate::envelope::ChecksumPolicy;

/// What becomes of the files that a verb reads, and where its results go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Destination {
    /// Beside the originals, which are removed once the results are safe.
    #[default]
    InPlace,
    /// Beside the originals, which stay.
    Beside,
    /// Into this directory, laid out as the source tree is, with the files that need no work copied along.
    Tree(PathBuf),
}

/// Options of [`ModelDir::encrypt`](super::ModelDir::encrypt).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct EncryptOptions {
    /// Where the results go.
    pub destination: Destination,
    /// Seal a plaintext anew that stands beside an older sealed file of other bytes.
    pub update: bool,
    /// Which checksums are made.
    pub checksum: ChecksumPolicy,
    /// Write the plaintext's SHA-256 into the sidecar, in the open.
    pub publish_sha256: bool,
    /// PBKDF2 iterations, where the key is a passphrase. `None`: the configured ones, or the default.
    pub iterations: Option<u32>,
    /// Seal the files that links inside the tree point to, and make the links follow.
    pub follow: bool,
    /// Take files that have other names too.
    pub allow_hardlinks: bool,
}

/// Options of [`ModelDir::decrypt`](super::ModelDir::decrypt).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DecryptOptions {
    /// Where the results go.
    pub destination: Destination,
    /// Take files that were sealed under another name.
    pub allow_renamed: bool,
    /// Make links inside the tree follow the files they point to.
    pub follow: bool,
}

/// Which stages of a rewrap are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stages {
    /// Add the new slot everywhere, prove it everywhere, then drop the old one.
    #[default]
    All,
    /// Add the new slot only: both keys open.
    Add,
    /// Prove the new slot and drop the old one.
    Drop,
}

/// Options of [`ModelDir::rewrap`](super::ModelDir::rewrap).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RewrapOptions {
    /// Which stages are run.
    pub stages: Stages,
    /// Drop all slots but the new one, other people's included.
    pub only: bool,
    /// Take files that were sealed under another name.
    pub allow_renamed: bool,
    /// PBKDF2 iterations, where the new key is a passphrase. `None`: the configured ones, or the default.
    pub iterations: Option<u32>,
}

/// Options of [`ModelDir::reencrypt`](super::ModelDir::reencrypt).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ReencryptOptions {
    /// Take files that were sealed under another name.
    pub allow_renamed: bool,
    /// PBKDF2 iterations, where the new key is a passphrase. `None`: the configured ones, or the default.
    pub iterations: Option<u32>,
}
