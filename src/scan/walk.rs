//! The files of a tree as git sees it: what is ignored is left out, what is hidden is not.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::error::Error;
use super::summary::Failed;

/// What was found under the paths that were named.
#[derive(Default)]
pub(super) struct Walked {
    /// In the order of their names, each once.
    pub(super) files: BTreeSet<PathBuf>,
    pub(super) roots: Vec<PathBuf>,
    pub(super) failures: Vec<Failed>,
}

/// Goes through `paths`. One that is named is taken, whatever ignores it; a link is followed if it is named.
pub(super) fn walk(paths: &[PathBuf]) -> Walked {
    let mut walked = Walked::default();
    for path in paths {
        match path.metadata() {
            Ok(found) if found.is_dir() => walked.go_through(path),
            Ok(found) if found.is_file() => {
                walked.files.insert(shortened(path));
            }
            Ok(_) => walked.failures.push(Failed::new(path, Error::NotAFile)),
            Err(error) => walked.failures.push(Failed::new(path, Error::Read(error))),
        }
    }
    walked
}

impl Walked {
    fn go_through(&mut self, root: &Path) {
        self.roots.push(root.to_owned());
        // With a slash behind it, a link is the directory that it leads to.
        let walk = WalkBuilder::new(root.join(""))
            .hidden(false)
            .ignore(false)
            .follow_links(false)
            .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git")
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => self.take(&entry),
                Err(error) => self.fail(root, error),
            }
        }
    }

    fn take(&mut self, entry: &DirEntry) {
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            self.files.insert(shortened(entry.path()));
        }
        if let Some(error) = entry.error() {
            // An ignore file with a pattern that is none; the rest of it holds.
            self.fail(entry.path(), error.clone());
        }
    }

    fn fail(&mut self, root: &Path, error: ignore::Error) {
        let path = path_of(&error).unwrap_or(root).to_owned();
        let text = error.to_string();
        let source = error.into_io_error().unwrap_or_else(|| io::Error::other(text));
        self.failures.push(Failed::new(shortened(&path), Error::Walk(source)));
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

/// Without `.` in it, so that a file has one name.
fn shortened(path: &Path) -> PathBuf {
    let shortened: PathBuf =
        path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    if shortened.as_os_str().is_empty() { path.to_owned() } else { shortened }
}
