//! `.modelcrypt.toml`: what a directory, or its user, has decided.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Error;
use crate::base::open_regular;
use crate::keys::KeySource;

/// The configuration's name in a model directory.
pub(super) const FILE_NAME: &str = ".modelcrypt.toml";

/// A configuration. What is not set is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Policy {
    /// What counts as a model file.
    pub patterns: Option<Vec<String>>,
    /// What is left out.
    pub exclude: Vec<String>,
    /// What must never be plaintext. `None`: what the patterns match.
    pub require: Option<Vec<String>>,
    /// PBKDF2 iterations, where the key is a passphrase.
    pub iterations: Option<u32>,
    /// After how many days a master key should be rotated.
    pub rotation_days: Option<u32>,
    /// The key file. Counts only in a file that the user has named or that is in their own folder.
    pub key: Option<PathBuf>,
}

impl Policy {
    /// Reads a configuration that the user vouches for. A relative `key` is taken from the file's folder.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::io("reading the configuration", path))?;
        Self::parse(&text, path)
    }

    /// Reads the configuration that is in the user's own folder; `None` if there is none.
    pub fn of_user() -> Result<Option<Self>, Error> {
        let Some(path) = KeySource::config_dir().map(|dir| dir.join(OF_USER)) else { return Ok(None) };
        if path.exists() { Self::load(&path).map(Some) } else { Ok(None) }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let mut policy: Self = toml::from_str(text)
            .map_err(|error| Error::Config { path: path.to_owned(), reason: error.message().to_owned() })?;
        policy.key = policy.key.map(|key| path.parent().unwrap_or(Path::new("")).join(key));
        Ok(policy)
    }

    /// Reads the configuration in a model directory, which may have come with a download: `None` if there is
    /// none. It cannot name a key; `notices` hears of it. It must be a regular file of its own, and short.
    pub(super) fn of_directory(dir: &Path, notices: &mut Vec<String>) -> Result<Option<Self>, Error> {
        let path = dir.join(FILE_NAME);
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        // No link and no pipe, and no more than anybody would write.
        let mut text = String::new();
        open_regular(&path)
            .and_then(|file| file.take(MAX_LEN).read_to_string(&mut text))
            .map_err(Error::io("reading the configuration", &path))?;
        let mut policy = Self::parse(&text, &path)?;
        if policy.key.take().is_some() {
            notices.push(format!("`key` in `{}` does not count: it came with the model", path.display()));
        }
        Ok(Some(policy))
    }
}

const OF_USER: &str = "config.toml";
const MAX_LEN: u64 = 65_536;
