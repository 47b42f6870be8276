//! One change at a time: a keyring has no transactions.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::items::NAME;
use crate::base::parent_dir;
use crate::credentials::Error;

/// Holds the lock until it is dropped. Whoever holds it and dies gives it up.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Io { doing: "locking", path: path.to_owned(), source };
        let file = open(path).map_err(failed)?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                // Asked again and again: a change that hangs must hold up nobody for good.
                Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let reason = "another program is changing it".into();
                    return Err(Error::Unavailable { store: NAME.into(), reason });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    folder.create(parent_dir(path))?;
    options.open(path)
}

/// A change is ten calls of the keyring at most, and several may wait in line.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(2);
