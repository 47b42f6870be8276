//! A model directory, or several, or single files: what every verb works on.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Error, Policy, Selection, names};

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
    /// Whether wanted links mean the files that they point to.
    pub(super) follow: bool,
}

impl ModelDir {
    /// The directory, or the single file, at `path`. A link is resolved. A file that is gone may be named if
    /// its other form, with `.enc` or without, is there.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_all([path])
    }

    /// Several at once: planned, locked and reported together.
    pub fn open_all<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let mut named = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
            let root = if !is_link && let Some(root) = below_linked_parent(path)? {
                root
            } else if is_link {
                fs::canonicalize(path).map_err(Error::io("resolving", path))?
            } else {
                path.into()
            };
            named.push(root);
        }
        let roots = spelled_alike(&named);
        Ok(Self { roots, selection: Selection::default(), policy: None, key_file: None, follow: false })
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

/// A file that is named through a link to its directory belongs to the directory itself, which is what is
/// locked.
fn below_linked_parent(path: &Path) -> Result<Option<PathBuf>, Error> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    if !parent.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return Ok(None);
    }
    Ok(Some(fs::canonicalize(parent).map_err(Error::io("resolving", parent))?.join(name)))
}

/// Each path once, and those inside a directory that another one names, or is in, spelled by way of it: one
/// file must not be worked on twice at a time.
pub(super) fn spelled_alike(named: &[PathBuf]) -> Vec<PathBuf> {
    let real: Vec<_> = named.iter().map(|path| real_path(path)).collect();
    let bases: Vec<(&Path, &Path)> = named
        .iter()
        .zip(&real)
        .filter_map(|(path, real)| {
            let real = real.as_deref()?;
            if real.is_dir() { Some((path.as_path(), real)) } else { Some((path.parent()?, real.parent()?)) }
        })
        .collect();
    let mut roots = Vec::new();
    for (path, real) in named.iter().zip(&real) {
        let base = real.as_deref().and_then(|real| {
            let around = bases.iter().filter(|(_, base)| real.starts_with(base));
            let (spelled, base) = around.min_by_key(|(_, base)| base.components().count())?;
            Some((*spelled, real.strip_prefix(base).ok()?))
        });
        let root = match base {
            Some((spelled, rest)) if !rest.as_os_str().is_empty() => spelled.join(rest),
            Some((spelled, _)) => spelled.to_owned(),
            None => path.clone(),
        };
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    roots
}

/// Where the path leads, by way of its directory if there is nothing at it.
fn real_path(path: &Path) -> Option<PathBuf> {
    let by_directory = || Some(fs::canonicalize(names::parent(path)).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(by_directory)
}
