//! What a file's name says about it, and the names that belong together.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::policy;
pub(super) use crate::base::parent_dir as parent;
use crate::base::{CLAIMED_PREFIX, TEMPORARY_PREFIX};

/// Bytes in a name, at most, so that all names made of it stay within the 255 of common file systems.
pub(super) const MAX_NAME_LEN: usize = 222;

/// What kind of file a name belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    /// A temporary of ours.
    Temporary,
    /// A file renamed aside; its original name.
    Claimed(OsString),
    /// A sealed file by its ending; the plaintext's name.
    Sealed(OsString),
    /// A sidecar by its ending.
    Sidecar,
    /// Our configuration.
    Configuration,
    /// Anything else.
    Plain,
}

impl NameKind {
    pub(super) fn of(name: &OsStr) -> Self {
        if name == policy::FILE_NAME {
            return Self::Configuration;
        }
        let bytes = name.as_encoded_bytes();
        let random = bytes.strip_prefix(TEMPORARY_PREFIX.as_bytes());
        if random.is_some_and(|random| random.len() == 16 && is_hex(random)) {
            return Self::Temporary;
        }
        if let Some(original) = claimed_original(name) {
            return Self::Claimed(original);
        }
        if let Some(plain) = strip_suffix(name, SEALED_SUFFIX) {
            return Self::Sealed(plain);
        }
        if strip_suffix(name, SIDECAR_SUFFIX).is_some() { Self::Sidecar } else { Self::Plain }
    }
}

/// `name.enc`
pub(super) fn sealed_path(plain: &Path) -> PathBuf {
    with_suffix(plain, SEALED_SUFFIX)
}

/// `name.enc.json`, from `name.enc`; also from `name`, if that is what a sealed file is called: `name.json` is
/// likely to be somebody's.
pub(super) fn sidecar_path(sealed: &Path) -> PathBuf {
    with_suffix(sealed, if plain_path(sealed).is_some() { ".json" } else { SIDECAR_SUFFIX })
}

/// `name`, from `name.enc`.
pub(super) fn plain_path(sealed: &Path) -> Option<PathBuf> {
    Some(sealed.with_file_name(strip_suffix(sealed.file_name()?, SEALED_SUFFIX)?))
}

/// The name under which a file is put aside before its removal.
pub(super) fn claimed_path(path: &Path, random: [u8; 4]) -> PathBuf {
    let mut name = OsString::from(format!("{CLAIMED_PREFIX}{}-", data_encoding::HEXLOWER.encode(&random)));
    name.push(path.file_name().unwrap_or_default());
    path.with_file_name(name)
}

/// `path` with `suffix` added to its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

pub(super) fn strip_suffix(name: &OsStr, suffix: &str) -> Option<OsString> {
    let bytes = name.as_encoded_bytes();
    let stem = bytes.strip_suffix(suffix.as_bytes()).filter(|stem| !stem.is_empty())?;
    Some(from_encoded(stem))
}

fn claimed_original(name: &OsStr) -> Option<OsString> {
    let rest = name.as_encoded_bytes().strip_prefix(CLAIMED_PREFIX.as_bytes())?;
    let (hex, original) = rest.split_at_checked(9)?;
    let well_formed =
        hex.ends_with(b"-") && is_hex(&hex[..8]) && ![&b""[..], b".", b".."].contains(&original);
    well_formed.then(|| from_encoded(original))
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// A name cut at an ASCII character, which keeps it well formed on every platform.
fn from_encoded(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    {
        std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
    }
    #[cfg(not(unix))]
    {
        String::from_utf8_lossy(bytes).into_owned().into()
    }
}

pub(super) const SEALED_SUFFIX: &str = ".enc";
const SIDECAR_SUFFIX: &str = ".enc.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_they_are() {
        let kind = |name: &str| NameKind::of(OsStr::new(name));
        assert_eq!(kind("model.bin"), NameKind::Plain);
        assert_eq!(kind("model.bin.enc"), NameKind::Sealed("model.bin".into()));
        assert_eq!(kind("model.bin.enc.json"), NameKind::Sidecar);
        assert_eq!(kind(".enc"), NameKind::Plain);
        assert_eq!(kind("model.json"), NameKind::Plain);
        assert_eq!(kind(".modelcrypt.toml"), NameKind::Configuration);
        assert_eq!(kind(".modelcrypt-tmp-00ff00ff00ff00ff"), NameKind::Temporary);
        assert_eq!(kind(".modelcrypt-tmp-my-notes"), NameKind::Plain);
        assert_eq!(kind(".modelcrypt-claimed-00ff00ff-.."), NameKind::Plain);
        assert_eq!(kind(".modelcrypt-claimed-00ff00ff-a b"), NameKind::Claimed("a b".into()));
        assert_eq!(kind(".modelcrypt-claimed-00ff"), NameKind::Plain);
    }

    #[test]
    fn a_claimed_name_gives_its_original_back() {
        let aside = claimed_path(Path::new("/m/model.bin"), [1, 2, 3, 4]);
        assert_eq!(aside, Path::new("/m/.modelcrypt-claimed-01020304-model.bin"));
        assert_eq!(NameKind::of(aside.file_name().unwrap()), NameKind::Claimed("model.bin".into()));
    }
}
