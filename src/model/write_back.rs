//! Files of a decrypted copy that go back into the model, each as a new sealed file.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::execute::{self, Subject};
use super::locks::Locks;
use super::model_dir::ModelDir;
use super::names::NameKind;
use super::report::{Outcome, Report};
use super::seal_file::{Placement, Plaintext, ReadBack, Sealing};
use super::session::View;
use super::sidecar::{self, Standing};
use super::{Error, names, sealed};
use crate::base::Progress;
use crate::envelope::{SealedReader, Sealer};
use crate::keys::MasterKey;

/// A file of a decrypted copy that has changed.
#[derive(Debug)]
pub struct Change<'a> {
    /// Its path below the model.
    pub relative: PathBuf,
    /// Where it is now.
    pub plaintext: PathBuf,
    /// The sealed file that it was opened from; `None`: it is new.
    pub replaces: Option<(&'a Path, &'a SealedReader<File>)>,
}

impl ModelDir {
    /// Seals each change under a new file key, in the place of the sealed file that it was opened from, if
    /// that still is the one that was opened. A new file must match the patterns, else it is left out.
    pub fn write_back(
        &self,
        key: &MasterKey,
        changes: Vec<Change<'_>>,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        let [root] = &self.roots[..] else { return Err(Error::NotOneTree) };
        let view = self.view()?;
        let mut notices = Vec::new();
        let changes = meant(&view, changes, &mut notices);
        let root = if root.is_dir() { root } else { names::parent(root) };
        let targets: Vec<_> = changes
            .iter()
            .map(|change| match change.replaces {
                Some((path, _)) => path.to_owned(),
                None => names::sealed_path(&root.join(&change.relative)),
            })
            .collect();
        let dirs: BTreeSet<_> = targets.iter().map(|target| names::parent(target).to_owned()).collect();
        for dir in &dirs {
            fs::create_dir_all(dir).map_err(Error::io("making", dir))?;
        }
        let locks = Locks::take(dirs, progress)?;
        let sealer = Sealer::with_iterations(key, self.iterations(None, &view.policies))?;
        let work: Vec<_> =
            changes.iter().zip(&targets).map(|(change, target)| Work { change, target }).collect();
        progress.begin(work.len() as u64, work.iter().map(|work| 2 * work.plaintext_len()).sum());
        let report = execute::for_each(&work, progress, |work, notices| {
            let replaced = work.change.replaces.map(|(_, reader)| reader);
            let checksum = replaced.map(|reader| reader.metadata().checksum).unwrap_or_default();
            let sealing = Sealing {
                sealer: &sealer.with_policy(checksum),
                key,
                publish_sha256: replaced.is_some_and(|reader| publishes(reader, work.target)),
                locks: &locks,
                progress,
            };
            let placement = Placement { path: work.target, replaces: replaced, read_back: ReadBack::Yes };
            let plaintext = Plaintext::open(&work.change.plaintext, true)?;
            sealing.seal_copy(&plaintext, &work.change.plaintext, &placement, notices)?;
            Ok(Outcome::Encrypted)
        });
        Ok(Report { files: report, notices: view.notices.into_iter().chain(notices).collect() })
    }

    /// Those of the changes that [`write_back`](Self::write_back) would seal.
    pub fn to_write_back<'a>(&self, changes: Vec<Change<'a>>) -> Result<Vec<Change<'a>>, Error> {
        Ok(meant(&self.view()?, changes, &mut Vec::new()))
    }
}

fn meant<'a>(view: &View, mut changes: Vec<Change<'a>>, notices: &mut Vec<String>) -> Vec<Change<'a>> {
    let is_meant = |relative: &Path| {
        let kind = NameKind::of(relative.file_name().unwrap_or_default());
        kind == NameKind::Plain && view.matchers.iter().any(|matcher| matcher.must_be_sealed(relative))
    };
    changes.retain(|change| {
        let kept = change.replaces.is_some() || is_meant(&change.relative);
        if !kept {
            let path = change.relative.display();
            notices.push(format!("`{path}` is new, but no pattern means it: not written back"));
        }
        kept
    });
    changes
}

/// Whether the SHA-256 of the file at `path` was published: that of its successor is too.
fn publishes(reader: &SealedReader<File>, path: &Path) -> bool {
    match sidecar::check(&names::sidecar_path(path), sealed::subject(reader)) {
        Standing::Valid(known) | Standing::Stale(known) => known.publish_plaintext,
        Standing::Lost | Standing::Tampered(_) | Standing::NotOurs => false,
    }
}

struct Work<'a> {
    change: &'a Change<'a>,
    target: &'a Path,
}

impl Subject for Work<'_> {
    fn path(&self) -> &Path {
        self.target
    }

    fn plaintext_len(&self) -> u64 {
        fs::metadata(&self.change.plaintext).map_or(0, |found| found.len())
    }
}
