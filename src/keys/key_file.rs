//! Key files that we write: whole or not at all, for their owner only, never over another file.

use std::io::{self, Write};
use std::path::Path;

use super::{Error, MasterKey};
use crate::base::{Temporary, parent_dir};

/// Writes a raw key to a file that must not exist yet. A passphrase is not written: it is kept by a person.
pub fn write_key_file(path: &Path, key: &MasterKey) -> Result<(), Error> {
    let text = key.to_text().ok_or(Error::NotRaw)?;
    let write = || -> io::Result<()> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let temporary = Temporary::create_in(parent_dir(path))?;
        temporary.file().write_all(text.expose())?;
        temporary.file().write_all(b"\n")?;
        temporary.file().sync_all()?;
        temporary.persist_new(path).map(drop)
    };
    write().map_err(|source| Error::NotWritten { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SecretText;
    use crate::keys::KeySource;

    #[test]
    fn a_written_key_is_read_back_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        let key = MasterKey::generate().unwrap();
        write_key_file(&path, &key).unwrap();
        assert!(KeySource::file(&path).load().unwrap().is_same(&key));
        let again = write_key_file(&path, &MasterKey::generate().unwrap());
        assert!(matches!(again, Err(Error::NotWritten { .. })));
        assert!(KeySource::file(&path).load().unwrap().is_same(&key));
    }

    #[test]
    fn a_passphrase_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        let key = MasterKey::from_passphrase(SecretText::new(b"correct horse".to_vec())).unwrap();
        assert!(matches!(write_key_file(&path, &key), Err(Error::NotRaw)));
        assert!(!path.exists());
    }
}
