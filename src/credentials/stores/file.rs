//! Secrets in files that only their owner may read.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::base::{SecretText, parent_dir};
use crate::credentials::Error;
use crate::credentials::structured::{Syntax, Tree, scalar};
use crate::keys::Permissions;

/// A file that holds a secret, or one place in a JSON or YAML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSource {
    path: PathBuf,
    key: Option<String>,
    permissions: Permissions,
}

impl FileSource {
    /// The whole file, less one final newline.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), key: None, permissions: Permissions::Private }
    }

    /// What is at a dotted path in it, `databases.0.password`; its ending says whether it is JSON or YAML.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Whether a file or folder that others may read is refused.
    #[must_use]
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the secret.
    pub fn read(&self) -> Result<SecretText, Error> {
        let text = read_private(&self.path, self.permissions)?;
        let Some(key) = &self.key else { return Ok(text.without_final_newline()) };
        let fails = |reason: &str| entry(&self.path, key, reason);
        let syntax =
            syntax(&self.path).ok_or_else(|| fails("the file's name ends neither in .json nor in .yaml"))?;
        let text = std::str::from_utf8(text.expose()).map_err(|_| fails("the file is not UTF-8"))?;
        let tree = Tree::parse(text, syntax).map_err(&fails)?;
        let found = tree.at(key).ok_or_else(|| fails("there is nothing"))?;
        let secret = scalar(found).ok_or_else(|| fails("it is neither a text nor a number"))?;
        Ok(SecretText::new(secret.into_bytes()))
    }
}

/// Reads a file that others must not be able to read, from a folder that they must not be able to look into.
pub(in crate::credentials) fn read_private(
    path: &Path,
    permissions: Permissions,
) -> Result<SecretText, Error> {
    let failed = |source| Error::Io { doing: "reading", path: path.to_owned(), source };
    let file = open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file")));
    }
    if permissions == Permissions::Private {
        let folder = parent_dir(path);
        refuse_loose(path, &metadata, 0o077)?;
        refuse_loose(folder, &folder.metadata().map_err(failed)?, 0o077)?;
    }
    let mut text = Zeroizing::new(Vec::with_capacity(8192));
    file.take(MAX_LEN + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_LEN {
        return Err(entry(path, "the file", "it is longer than 256 KiB"));
    }
    Ok(SecretText::new(std::mem::take(&mut *text)))
}

/// The syntax that a file's name ends in.
pub(in crate::credentials) fn syntax(path: &Path) -> Option<Syntax> {
    match path.extension()?.to_str()? {
        "json" => Some(Syntax::Json),
        "yaml" | "yml" => Some(Syntax::Yaml),
        _ => None,
    }
}

pub(in crate::credentials) fn entry(path: &Path, entry: &str, reason: &str) -> Error {
    Error::Entry { path: path.to_owned(), entry: format!("`{entry}`"), reason: reason.to_owned() }
}

/// Refuses a file or folder whose mode has any of `bits`.
pub(in crate::credentials) fn refuse_loose(path: &Path, metadata: &Metadata, bits: u32) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & bits != 0 {
            return Err(Error::LoosePermissions { path: path.to_owned(), mode });
        }
    }
    let _ = (path, metadata, bits);
    Ok(())
}

/// Opens without waiting for whoever writes to a pipe in the file's place. Links are followed: that is how files
/// are mounted into containers.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    options.open(path)
}

const MAX_LEN: u64 = 256 * 1024;
