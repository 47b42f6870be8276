//! What can be wrong with a key.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::format;

/// Why there is no key, or why it does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// None of the slots opens with this key.
    #[error("no key slot opens with this key")]
    NoSlotOpens,
    /// A slot answers to this key, but what it wraps was changed.
    #[error("a key slot was tampered with")]
    SlotTampered,
    /// The header asks for more than it may.
    #[error(transparent)]
    Format(#[from] format::Error),
    /// Nothing between the newline and the start.
    #[error("the key is empty")]
    Empty,
    /// Begins like a master key and is none: a typo never becomes a passphrase.
    #[error("the key begins with `mck1_` but is not a master key: {0}")]
    BadMasterKey(&'static str),
    /// A passphrase must be UTF-8.
    #[error("the passphrase is not UTF-8")]
    NotUtf8,
    /// Larger than any key.
    #[error("the key is longer than {MAX_KEY_TEXT_LEN} bytes")]
    TooLong,
    /// Others may read the key file.
    #[error("others may read the key file `{}` (mode {mode:04o})", path.display())]
    LoosePermissions {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file cannot be read.
    #[error("reading the key file `{}`: {source}", path.display())]
    File {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key file cannot be made.
    #[error("writing the key file `{}`: {source}", path.display())]
    NotWritten {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A passphrase has no text of its own to show or keep.
    #[error("a passphrase is not a key that can be written out")]
    NotRaw,
    /// The key command cannot be run or failed.
    #[error("the key command {0}")]
    Command(String),
    /// The environment variable named for the key is not set.
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    /// The key itself stands where the name of its file or variable should.
    #[error("a key was given where the name of a file, command or variable was expected")]
    KeyAsName,
    /// The keyring of the operating system cannot be used.
    #[error("the keyring cannot be used: {0}")]
    KeyringUnavailable(String),
    /// The keyring, or what was asked for in it, is locked.
    #[error("the keyring is locked")]
    KeyringLocked,
    /// The keyring hangs. A change that was asked for may still be made.
    #[error("the keyring did not answer within {} seconds", KEYRING_PATIENCE.as_secs())]
    KeyringSilent,
    /// There is no such entry.
    #[error("the keyring has no entry `{0}`")]
    NotInKeyring(String),
    /// An entry of this name is not replaced.
    #[error("the keyring has an entry `{0}` already")]
    InKeyring(String),
    /// Which of the entries is meant cannot be told.
    #[error("the keyring has {count} entries `{name}`")]
    KeyringAmbiguous {
        /// The name that they share.
        name: String,
        /// How many there are.
        count: usize,
    },
    /// The keyring holds no secrets of this length.
    #[error("the keyring holds at most {0} bytes in one entry")]
    KeyringTooLong(u32),
    /// No entry can have this name.
    #[error("the name of the keyring's entry {0}")]
    KeyringName(&'static str),
    /// The code for it was left out.
    #[error("the keyring needs a program that was built with the feature `keyring`")]
    NoKeyring,
    /// No source was named and none of the usual ones has a key.
    #[error("no key was given")]
    NoKey,
    /// Fewer iterations than a writer may use.
    #[error("{0} PBKDF2 iterations are less than {min}", min = format::limits::MIN_WRITER_ITERATIONS)]
    TooFewIterations(u32),
    /// More iterations than a reader would run.
    #[error("{0} PBKDF2 iterations are more than a reader runs ({max})", max = format::limits::MAX_PBKDF2_ITERATIONS)]
    TooManyIterations(u64),
    /// The operating system gave no randomness.
    #[error("no randomness: {0}")]
    Random(#[source] io::Error),
}

/// Bytes of key text that are read, at most.
pub(super) const MAX_KEY_TEXT_LEN: usize = 4096;

/// How long a person waits for a keyring: a call of it may take no longer.
pub(super) const KEYRING_PATIENCE: Duration = Duration::from_secs(3);
