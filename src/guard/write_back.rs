//! What was changed in a decrypted directory goes back as new sealed files.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Error;
use super::place::is_tmpfs;
use crate::base::{Identity, Progress, open_regular};
use crate::envelope::SealedReader;
use crate::keys::MasterKey;
use crate::model::{self, Change, Entry, EntryKind, ModelDir, Report};

/// What becomes of changes when a guard is closed.
#[derive(Debug, Clone, Copy)]
pub enum WriteBack<'k> {
    /// They are lost.
    Discard,
    /// Changed and new files are sealed under this key, each under a new file key. Deletions are ignored, and
    /// so are files that never were sealed.
    Changed(&'k MasterKey),
    /// Nothing is sealed, and what was changed is kept for somebody to look at: whoever changed it has failed.
    Keep,
}

/// The model as it was opened, to tell what has changed.
#[derive(Debug)]
pub(super) struct Originals {
    model: ModelDir,
    entries: BTreeMap<PathBuf, (EntryKind, Option<Stamp>)>,
}

/// A file's state: equal means untouched, for nobody can set the time of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    identity: Identity,
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { identity: Identity::of(metadata), changed: (metadata.ctime(), metadata.ctime_nsec()) }
    }
}

impl Originals {
    /// Remembers `entries` as they now stand below `root`.
    pub(super) fn new(model: ModelDir, entries: Vec<Entry>, root: &Path) -> Self {
        // On a tmpfs, what is written through a mapping that was read from before leaves no trace in the times.
        let times_tell = !is_tmpfs(root).unwrap_or(true);
        let entries = entries.into_iter().map(|Entry { relative, kind }| {
            let is_told = times_tell || !matches!(kind, EntryKind::Sealed(..));
            let found = if is_told { fs::symlink_metadata(root.join(&relative)).ok() } else { None };
            (relative, (kind, found.map(|found| Stamp::of(&found))))
        });
        Self { model, entries: entries.collect() }
    }

    /// Seals every file below `root` that has changed, and every new one that the patterns mean.
    pub(super) fn write_back(
        &self,
        key: &MasterKey,
        root: &Path,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        let (changes, plain) = self.changes(root, progress)?;
        let mut report = self.model.write_back(key, changes, progress)?;
        report.notices.extend(plain.iter().map(|relative| {
            format!("`{}` has changed, but never was sealed: not written back", relative.display())
        }));
        Ok(report)
    }

    /// Whether there is anything to write back.
    pub(super) fn have_changed(&self, root: &Path, progress: &dyn Progress) -> Result<bool, Error> {
        Ok(!self.model.to_write_back(self.changes(root, progress)?.0)?.is_empty())
    }

    /// What was changed or added, and which files were changed that never were sealed.
    fn changes(
        &self,
        root: &Path,
        progress: &dyn Progress,
    ) -> Result<(Vec<Change<'_>>, Vec<PathBuf>), Error> {
        let mut changes = Vec::new();
        let mut plain = Vec::new();
        for found in WalkDir::new(root).sort_by_file_name() {
            let found = found.map_err(|error| Error::Io {
                doing: "walking",
                path: error.path().unwrap_or(root).to_owned(),
                source: error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into()),
            })?;
            if !found.file_type().is_file() {
                continue;
            }
            let relative = found.path().strip_prefix(root).expect("walked from the root").to_owned();
            let replaces = match self.entries.get(&relative) {
                Some((EntryKind::Sealed(path, reader), stamp)) => {
                    if is_unchanged(found.path(), *stamp, reader, progress)? {
                        continue;
                    }
                    Some((&**path, &**reader))
                }
                Some((_, stamp)) => {
                    let now = found.metadata().ok().map(|metadata| Stamp::of(&metadata));
                    if now != *stamp {
                        plain.push(relative);
                    }
                    continue;
                }
                None => None,
            };
            changes.push(Change { relative, plaintext: found.path().to_owned(), replaces });
        }
        Ok((changes, plain))
    }
}

/// Whether the file at `path` has its old bytes: it was not touched, or they are those that were sealed.
fn is_unchanged(
    path: &Path,
    stamp: Option<Stamp>,
    reader: &SealedReader<File>,
    progress: &dyn Progress,
) -> Result<bool, Error> {
    let file = open_regular(path).map_err(Error::io("opening", path))?;
    let metadata = file.metadata().map_err(Error::io("looking at", path))?;
    if stamp == Some(Stamp::of(&metadata)) {
        return Ok(true);
    }
    let compared = reader.equals(&file, metadata.len(), progress).map_err(model::Error::from);
    Ok(compared.map_err(|error| error.at(path))?)
}
