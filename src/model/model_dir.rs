//! A model directory, or several, or single files: what every verb works on.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Error, Policy, Selection};

/// One or several model directories or files. Its verbs are in the files named for them.
///
/// ```
/// use modelcrypt::{MasterKey, ModelDir, Silent};
/// use modelcrypt::model::{DecryptOptions, EncryptOptions};
///
/// # let dir = tempfile::tempdir()?;
/// std::fs::write(dir.path().join("model.safetensors"), "weights")?;
/// let key = MasterKey::generate()?;
/// let model = ModelDir::open(dir.path())?;
/// model.encrypt(&key, &EncryptOptions::default(), &Silent)?;
/// assert!(dir.path().join("model.safetensors.enc").exists());
/// assert!(!dir.path().join("model.safetensors").exists());
/// model.decrypt(&key, &DecryptOptions::default(), &Silent)?;
/// assert_eq!(std::fs::read(dir.path().join("model.safetensors"))?, b"weights");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelDir {
    pub(super) roots: Vec<PathBuf>,
    pub(super) selection: Selection,
    pub(super) policy: Option<Policy>,
    pub(super) key_file: Option<PathBuf>,
}

impl ModelDir {
    /// The directory, or the single file, at `path`. A link is resolved. A file that is gone may be named if
    /// its other form, with `.enc` or without, is there.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_all([path])
    }

    /// Several at once: planned, locked and reported together.
    pub fn open_all<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let mut roots: Vec<PathBuf> = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
            let root = if is_link {
                fs::canonicalize(path).map_err(Error::io("resolving", path))?
            } else {
                path.into()
            };
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        Ok(Self { roots, selection: Selection::default(), policy: None, key_file: None })
    }

    /// Takes these files of it.
    #[must_use]
    pub fn selection(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    /// Goes by this configuration, not by the one in the directory.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy: Some(policy), ..self }
    }

    /// Never takes this file: the key in use.
    #[must_use]
    pub fn key_file(self, key_file: Option<PathBuf>) -> Self {
        Self { key_file, ..self }
    }
}
