//! Where a master key comes from. One of the two files of the library that may read the environment.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use etcetera::BaseStrategy;
use zeroize::Zeroizing;

use super::error::{Error, MAX_KEY_TEXT_LEN};
use super::keyring_key;
use super::master::MasterKey;
use crate::base::SecretText;

/// One place that holds a key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A file with a raw key (`mck1_…`) or a passphrase.
    File(PathBuf, Permissions),
    /// A file whose content is a passphrase even if it looks like a raw key gone wrong.
    PassphraseFile(PathBuf, Permissions),
    /// A shell command that prints the key.
    Command(String),
    /// An entry in the keyring of the operating system.
    Keyring(String),
    /// An environment variable.
    Variable(String),
}

/// Tells the kind of place only: a command line may hold a token.
impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(..) => "KeySource::File(..)",
            Self::PassphraseFile(..) => "KeySource::PassphraseFile(..)",
            Self::Command(_) => "KeySource::Command(..)",
            Self::Keyring(_) => "KeySource::Keyring(..)",
            Self::Variable(_) => "KeySource::Variable(..)",
        })
    }
}

/// Whether a key file that others may read is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Permissions {
    /// It is.
    #[default]
    Private,
    /// It is taken anyway.
    Loose,
}

impl KeySource {
    /// The environment variable that holds a key when no source is named.
    pub const VARIABLE: &str = "MODELCRYPT_KEY";

    /// A key file that only its owner may read.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into(), Permissions::Private)
    }

    /// Reads the key.
    pub fn load(&self) -> Result<MasterKey, Error> {
        if self.name_is_a_key() {
            return Err(Error::KeyAsName);
        }
        match self {
            Self::File(path, permissions) => MasterKey::parse(read_file(path, *permissions)?),
            Self::PassphraseFile(path, permissions) => {
                let text = read_file(path, *permissions)?;
                if MasterKey::looks_like_text(text.expose()) {
                    // Whole or mistyped, a raw key is not a passphrase: parse says what is wrong with it.
                    MasterKey::parse(text)?;
                    return Err(Error::BadMasterKey("a whole one, where a passphrase was to be"));
                }
                MasterKey::from_passphrase(text.without_final_newline())
            }
            Self::Command(command) => MasterKey::parse(run(command)?),
            Self::Keyring(name) => MasterKey::parse(keyring_key::read(name)?),
            Self::Variable(name) => {
                let value = std::env::var_os(name).ok_or_else(|| Error::NoVariable(name.clone()))?;
                MasterKey::parse(SecretText::new(into_bytes(value)))
            }
        }
    }

    /// A key where the name of its place was asked for must not end up in an error.
    fn name_is_a_key(&self) -> bool {
        let name = match self {
            Self::File(path, _) | Self::PassphraseFile(path, _) => path.as_os_str().as_encoded_bytes(),
            Self::Command(text) | Self::Keyring(text) | Self::Variable(text) => text.as_bytes(),
        };
        MasterKey::looks_like_text(name)
    }

    /// The source that counts when none is named: `$MODELCRYPT_KEY`, then the configured key file, then
    /// `master.key` in the user's configuration folder. `None`: there is none of them.
    #[must_use]
    pub fn ambient(configured: Option<&Path>, permissions: Permissions) -> Option<Self> {
        if std::env::var_os(Self::VARIABLE).is_some() {
            return Some(Self::Variable(Self::VARIABLE.into()));
        }
        let fallback = || Self::default_file().filter(|path| path.exists());
        configured.map(Path::to_owned).or_else(fallback).map(|path| Self::File(path, permissions))
    }

    /// `master.key` in the user's configuration folder.
    #[must_use]
    pub fn default_file() -> Option<PathBuf> {
        Self::config_dir().map(|dir| dir.join("master.key"))
    }

    /// The user's configuration folder of this program.
    #[must_use]
    pub fn config_dir() -> Option<PathBuf> {
        let strategy = etcetera::choose_base_strategy().ok()?;
        Some(strategy.config_dir().join("modelcrypt"))
    }

    /// The file that the key is in, if it is in a file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path, _) | Self::PassphraseFile(path, _) => Some(path),
            Self::Command(_) | Self::Keyring(_) | Self::Variable(_) => None,
        }
    }
}

/// Why the key file should not be used as it is, if so: others may read it.
#[must_use]
pub fn key_file_problem(path: &Path, metadata: &std::fs::Metadata) -> Option<Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o7777;
        (metadata.is_file() && mode & 0o077 != 0)
            .then(|| Error::LoosePermissions { path: path.to_owned(), mode })
    }
    #[cfg(not(unix))]
    {
        let _ = (path, metadata);
        None
    }
}

fn read_file(path: &Path, permissions: Permissions) -> Result<SecretText, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    match key_file_problem(path, &metadata) {
        Some(problem) if permissions == Permissions::Private => return Err(problem),
        _ => {}
    }
    read_text(file).map_err(failed)
}

fn run(command: &str) -> Result<SecretText, Error> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Error::Command(format!("cannot be started: {error}")))?;
    let text = read_text(child.stdout.take().expect("stdout is piped"));
    let status = child.wait().map_err(|error| Error::Command(error.to_string()))?;
    if text.as_ref().is_ok_and(|text| text.expose().len() > MAX_KEY_TEXT_LEN) {
        return Err(Error::TooLong);
    }
    if !status.success() {
        return Err(Error::Command(format!("failed ({status})")));
    }
    text.map_err(|error| Error::Command(format!("cannot be read: {error}")))
}

/// Reads at most one byte more than a key may have, into one allocation that is wiped.
fn read_text(input: impl Read) -> io::Result<SecretText> {
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_KEY_TEXT_LEN + 1));
    input.take(MAX_KEY_TEXT_LEN as u64 + 1).read_to_end(&mut text)?;
    Ok(SecretText::new(std::mem::take(&mut *text)))
}

fn into_bytes(value: OsString) -> Vec<u8> {
    value.into_encoded_bytes()
}
