//! Secrets as files for a program: they lie in memory, and links lead to them from where it looks for them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::base::SecretText;
use crate::guard::PrivateDir;
use crate::{Error, ErrorKind};

/// Gone when it is dropped, links and all. What a killed process leaves is removed by a sweep and by the next one.
pub(super) struct Mounts {
    /// None is needed where nothing is mounted.
    dir: Option<PrivateDir>,
    links: Vec<Link>,
}

struct Link {
    path: PathBuf,
    target: PathBuf,
    is_made: bool,
}

impl Mounts {
    /// Makes a link at each of `paths`, which must be free. They lead nowhere yet.
    pub(super) fn make(paths: Vec<PathBuf>) -> Result<Self, Failure> {
        if paths.is_empty() {
            return Ok(Self { dir: None, links: Vec::new() });
        }
        let dir = PrivateDir::in_memory().map_err(Error::from)?;
        let link = |(index, path)| Link { path, target: file(&dir, index), is_made: false };
        let links = paths.into_iter().enumerate().map(link).collect();
        let mut mounts = Self { dir: Some(dir), links };
        for link in &mut mounts.links {
            link.make()?;
        }
        Ok(mounts)
    }

    /// Makes `value` the content of a file, whole from one moment on.
    pub(super) fn write(&self, index: usize, value: &SecretText) -> Result<(), Failure> {
        let (Some(dir), Some(link)) = (&self.dir, self.links.get(index)) else { return Ok(()) };
        let new = dir.path().join(format!("{index}.new"));
        let write = || -> io::Result<()> {
            let _ = fs::remove_file(&new);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(&new)?;
            file.write_all(value.expose())?;
            fs::rename(&new, &link.target)
        };
        write().map_err(|error| failed(&link.path, &error))
    }
}

impl Link {
    fn make(&mut self) -> Result<(), Failure> {
        let made = symlink(&self.target, &self.path).or_else(|error| {
            if error.kind() != io::ErrorKind::AlreadyExists || !is_left_behind(&self.path) {
                return Err(error);
            }
            fs::remove_file(&self.path)?;
            symlink(&self.target, &self.path)
        });
        self.is_made = made.is_ok();
        made.map_err(|error| failed(&self.path, &error))
    }
}

impl Drop for Mounts {
    fn drop(&mut self) {
        for link in self.links.iter().filter(|link| link.is_made) {
            // Unless somebody has put something else there.
            if fs::read_link(&link.path).is_ok_and(|target| target == link.target) {
                let _ = fs::remove_file(&link.path);
            }
        }
    }
}

fn file(dir: &PrivateDir, index: usize) -> PathBuf {
    dir.path().join(index.to_string())
}

/// Whether it is a link of a process that was killed: into a directory that has been swept.
fn is_left_behind(path: &Path) -> bool {
    fs::read_link(path).is_ok_and(|target| {
        target
            .parent()
            .is_some_and(|dir| PrivateDir::is_name_of_one(dir) && fs::symlink_metadata(dir).is_err())
    })
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let kind =
        if error.kind() == io::ErrorKind::AlreadyExists { ErrorKind::AlreadyExists } else { ErrorKind::Io };
    Failure::new(kind, format!("mounting at `{}`: {error}", path.display()))
}
