//! Symbolic links: never followed out of the tree; on request, those inside it follow the files that they
//! point to, as in a Hugging Face cache, whose snapshots are links to blobs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::Error;
use super::item::{Item, Link};
use super::model_dir::{ModelDir, spelled_alike};
use super::names::{self, with_suffix};
use super::report::{FileReport, Outcome};
use super::retire::retire_link;
use super::scan::{Scan, is_cache};
use crate::base::{Progress, sync_dir};

impl ModelDir {
    /// With `follow`, a root inside a cache is widened to the whole cache: all links to a blob must follow
    /// it. Without, a root inside a cache is refused.
    pub(super) fn following(&self, follow: bool) -> Result<ModelDir, Error> {
        let mut roots = Vec::new();
        for root in &self.roots {
            match cache_around(root) {
                Some(cache) if !follow => return Err(Error::HuggingFaceCache(cache)),
                Some(cache) => roots.push(cache),
                None => roots.push(root.clone()),
            }
        }
        Ok(ModelDir { roots: spelled_alike(&roots), follow, ..self.clone() })
    }

    /// A directory inside a cache stands for the whole of it: it holds links only, to blobs outside of it.
    pub(super) fn with_whole_caches(&self) -> ModelDir {
        let widened = self.roots.iter().map(|root| {
            let cache = if root.is_dir() { cache_around(root) } else { None };
            cache.unwrap_or_else(|| root.clone())
        });
        ModelDir { roots: spelled_alike(&widened.collect::<Vec<_>>()), ..self.clone() }
    }
}

/// The cache that `root` lies in.
fn cache_around(root: &Path) -> Option<PathBuf> {
    let resolved = fs::canonicalize(root).ok()?;
    resolved.ancestors().skip(1).find(|path| is_cache(path)).map(Path::to_owned)
}

/// Sealing blobs without their links would break the cache.
pub(super) fn refuse_caches(scan: &Scan, follow: bool) -> Result<(), Error> {
    match scan.caches.first() {
        Some(cache) if !follow => Err(Error::HuggingFaceCache(cache.clone())),
        _ => Ok(()),
    }
}

/// The files inside the trees that wanted links point to, by the path of their plaintext.
pub(super) fn targets(scan: &Scan, roots: &[PathBuf]) -> BTreeSet<PathBuf> {
    scan.links.iter().filter(|link| link.wanted).filter_map(|link| target(link, roots)).collect()
}

/// Whether a sealed file is meant: one that links point to is if one of them is.
pub(super) fn sealed_wanted(scan: &Scan, roots: &[PathBuf]) -> impl Fn(&Item) -> bool + use<> {
    let mut by_target = BTreeMap::new();
    for link in &scan.links {
        if let Some(target) = target(link, roots) {
            *by_target.entry(target).or_insert(false) |= link.wanted;
        }
    }
    move |item| {
        let linked = [&item.sealed, &item.plain].into_iter().filter_map(|path| by_target.get(path));
        linked.copied().reduce(|a, b| a || b).unwrap_or(item.sealed_wanted)
    }
}

/// Which way links follow their targets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// `name` becomes `name.enc`; or is joined by it.
    ToSealed { keep: bool },
    /// `name.enc` becomes `name`; or is joined by it.
    ToPlain { keep: bool },
}

/// Makes every link whose target has changed its form follow it. Goes by what stands there only: what a
/// killed run has left undone is done.
pub(super) fn follow(
    scan: &Scan,
    roots: &[PathBuf],
    direction: Direction,
    progress: &dyn Progress,
) -> Vec<FileReport> {
    let mut reports = Vec::new();
    for link in &scan.links {
        let Some((new_path, new_target)) = changed(link, roots, direction) else { continue };
        let (Direction::ToSealed { keep } | Direction::ToPlain { keep }) = direction;
        let outcome = relink(link, &new_path, &new_target, keep).map(|()| Outcome::Relinked);
        progress.file_finished(&link.path, outcome.as_ref().map_or("failed", |outcome| outcome.word()), 0);
        reports.push(FileReport { path: link.path.clone(), outcome, plaintext_len: 0, notices: Vec::new() });
    }
    reports
}

/// Makes the links of the trees again below `out`. One whose target lies outside its tree is left out.
pub(super) fn recreate(
    scan: &Scan,
    roots: &[PathBuf],
    out: &Path,
    relink: &dyn Fn(&Path) -> Option<PathBuf>,
) -> Vec<FileReport> {
    let mut reports = Vec::new();
    for link in &scan.links {
        let relative = link.path.strip_prefix(&roots[link.root]).unwrap_or(&link.path);
        let to = out.join(relative);
        let (outcome, notices) = match target(link, roots) {
            None => (Ok(Outcome::Foreign), vec!["points out of the tree: left out".to_owned()]),
            Some(target) => {
                let renamed = relink(&target);
                let suffix = |path: &Path| match &renamed {
                    None => path.to_owned(),
                    Some(new) if names::plain_path(new).is_some() => names::sealed_path(path),
                    Some(_) => names::plain_path(path).unwrap_or_else(|| path.to_owned()),
                };
                let as_written = if link.target.is_absolute() {
                    relative_target(link, &roots[link.root])
                } else {
                    Some(link.target.clone())
                };
                let as_written = as_written.unwrap_or(target);
                (place(&suffix(&as_written), &suffix(&to)).map(|()| Outcome::Copied), Vec::new())
            }
        };
        reports.push(FileReport { path: link.path.clone(), outcome, plaintext_len: 0, notices });
    }
    reports
}

/// The target of an absolute link, written so that it holds wherever the tree lies.
fn relative_target(link: &Link, root: &Path) -> Option<PathBuf> {
    let ups = link.path.strip_prefix(root).ok()?.components().skip(1).map(|_| Component::ParentDir);
    Some(ups.collect::<PathBuf>().join(target_inside(link, root)?))
}

/// The link as it should be, if its target stands in the other form.
fn changed(link: &Link, roots: &[PathBuf], direction: Direction) -> Option<(PathBuf, PathBuf)> {
    let target = target(link, roots)?;
    match direction {
        Direction::ToSealed { keep } => {
            let is_plain = names::plain_path(&link.path).is_none() && names::plain_path(&target).is_none();
            let changed = stands(&names::sealed_path(&target)) && (keep || !stands(&target));
            (is_plain && changed).then(|| (names::sealed_path(&link.path), with_suffix(&link.target, ".enc")))
        }
        Direction::ToPlain { keep } => {
            let (plain_link, plain_target) = (names::plain_path(&link.path)?, names::plain_path(&target)?);
            let changed = stands(&plain_target) && (keep || !stands(&target));
            changed
                .then(|| names::plain_path(&link.target).map(|new_target| (plain_link, new_target)))
                .flatten()
        }
    }
}

fn relink(link: &Link, new_path: &Path, new_target: &Path, keep: bool) -> Result<(), Error> {
    place(new_target, new_path)?;
    if keep { Ok(()) } else { retire_link(&link.path, &link.target) }
}

/// Makes a link at `path` unless the same one stands there.
fn place(target: &Path, path: &Path) -> Result<(), Error> {
    fs::create_dir_all(names::parent(path)).map_err(Error::io("making the directory of", path))?;
    match symlink(target, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::read_link(path).is_ok_and(|standing| standing == target) {
                return Ok(());
            }
            return Err(Error::InTheWay(path.to_owned()));
        }
        made => made.map_err(Error::io("making the link", path))?,
    }
    sync_dir(names::parent(path)).map_err(Error::io("syncing the directory of", path))
}

/// Where the link points, if that is inside its tree: by the letters of the path, without asking the disk
/// for more than where the tree is.
pub(super) fn target(link: &Link, roots: &[PathBuf]) -> Option<PathBuf> {
    Some(roots[link.root].join(target_inside(link, &roots[link.root])?))
}

fn target_inside(link: &Link, root: &Path) -> Option<PathBuf> {
    let below_root = if link.target.is_absolute() {
        let by_letters = link.target.strip_prefix(root).ok().map(Path::to_owned);
        by_letters
            .or_else(|| Some(link.target.strip_prefix(fs::canonicalize(root).ok()?).ok()?.to_owned()))?
    } else {
        names::parent(link.path.strip_prefix(root).ok()?).join(&link.target)
    };
    let mut inside = PathBuf::new();
    for part in below_root.components() {
        match part {
            Component::Normal(name) => inside.push(name),
            Component::ParentDir if !inside.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(inside)
}

fn stands(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

#[cfg(unix)]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, path)
}
