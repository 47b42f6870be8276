//! What stands in the trees: model files in either form, leftovers of killed runs, links.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::item::{Extra, ExtraKind, Item, Link, PlainForm};
use super::look::{is_regular, is_sealed, look_at_sealed};
use super::names::{self, NameKind};
use super::pattern::Matcher;
use super::{Error, sidecar};
use crate::base::Identity;

/// Everything that a verb might act on.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Model files, by the path of their plaintext.
    pub(super) items: BTreeMap<PathBuf, Item>,
    /// Temporaries, and claimed files with the name that they had.
    pub(super) leftovers: BTreeMap<PathBuf, Option<PathBuf>>,
    /// Symbolic links.
    pub(super) links: Vec<Link>,
    /// Sidecars and configurations.
    pub(super) extras: Vec<Extra>,
    /// Files in either form that only the configuration leaves out.
    pub(super) left_out: BTreeSet<PathBuf>,
    /// Directories that look like a Hugging Face cache.
    pub(super) caches: Vec<PathBuf>,
    /// What could not be looked at; everything else goes on without it.
    pub(super) failures: Vec<(PathBuf, Error)>,
    /// Directories of named files, whose leftovers are known.
    visited: HashSet<PathBuf>,
}

impl Scan {
    /// Scans each root by its own matcher.
    pub(super) fn of(
        roots: &[PathBuf],
        matchers: &[Matcher],
        protected: Option<&Path>,
    ) -> Result<Self, Error> {
        let mut scan = Self::default();
        for (index, (root, matcher)) in roots.iter().zip(matchers).enumerate() {
            let found = fs::symlink_metadata(root).ok();
            if found.as_ref().is_some_and(Metadata::is_dir) {
                scan.walk(index, root, matcher)?;
            } else {
                scan.named_file(index, root, found.as_ref())?;
            }
        }
        scan.leave_out(protected)?;
        Ok(scan)
    }

    /// The sealed files that a verb takes.
    pub(super) fn sealed_items(&self) -> Vec<&Item> {
        self.items.values().filter(|item| item.sealed_form.is_some() && item.sealed_wanted).collect()
    }

    /// The key in use is no model file, wherever it lies and under which of its names.
    fn leave_out(&mut self, key_file: Option<&Path>) -> Result<(), Error> {
        let Some(key) = key_file.and_then(|path| fs::metadata(path).ok()) else { return Ok(()) };
        let key = Identity::of(&key);
        let is_key = |item: &Item| {
            let identities =
                [item.plain_form.map(|plain| plain.identity), item.sealed_form.map(|sealed| sealed.identity)];
            identities.iter().flatten().any(|identity| identity.same_file(&key))
        };
        if let Some(item) = self.items.values().find(|item| item.named && is_key(item)) {
            return Err(Error::NeverTaken { path: item.shown().to_owned(), what: "the key in use" });
        }
        self.items.retain(|_, item| !is_key(item));
        Ok(())
    }

    fn walk(&mut self, root_index: usize, root: &Path, matcher: &Matcher) -> Result<(), Error> {
        for entry in WalkDir::new(root).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error)
                    if error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound) =>
                {
                    continue;
                }
                Err(error) if error.depth() == 0 => return Err(walk_error(root, error).1),
                Err(error) => {
                    self.failures.push(walk_error(root, error));
                    continue;
                }
            };
            let path = entry.path();
            let relative = path.strip_prefix(root).expect("walked from the root");
            let kind = entry.file_type();
            if kind.is_dir() {
                if is_cache(path) {
                    self.caches.push(path.to_owned());
                }
            } else if kind.is_symlink() && !self.claimed_link(path, entry.file_name()) {
                let Some(target) = unless_gone(fs::read_link(path), "reading the link", path)? else {
                    continue;
                };
                let wanted = match NameKind::of(entry.file_name()) {
                    NameKind::Sealed(plain) => matcher.takes_sealed(&relative.with_file_name(plain)),
                    _ => matcher.takes(relative),
                };
                let must_be_sealed = matcher.must_be_sealed(relative);
                let path = path.to_owned();
                self.links.push(Link { root: root_index, path, target, wanted, must_be_sealed });
            } else if kind.is_file() {
                self.file(root_index, path, relative, entry.file_name(), Some(matcher))?;
            }
        }
        Ok(())
    }

    /// A file named itself is taken whatever its name, unless it is one of our own kinds.
    fn named_file(&mut self, root_index: usize, path: &Path, found: Option<&Metadata>) -> Result<(), Error> {
        let name = path.file_name().unwrap_or_default();
        let relative = Path::new(name);
        match found {
            Some(metadata) if metadata.is_file() => {
                let what = match NameKind::of(name) {
                    NameKind::Temporary | NameKind::Claimed(_) => Some("left by a run that was killed"),
                    NameKind::Sidecar if sidecar::is_ours(path) => Some("a sidecar"),
                    NameKind::Configuration => Some("a configuration"),
                    _ => None,
                };
                if let Some(what) = what {
                    return Err(Error::NeverTaken { path: path.to_owned(), what });
                }
                if NameKind::of(name) == NameKind::Plain && is_sealed(path)? {
                    self.sealed_under_another_name(root_index, path, metadata);
                    return Ok(());
                }
                self.file(root_index, path, relative, name, None)?;
                // The other form, which may stand beside it.
                let other = match NameKind::of(name) {
                    NameKind::Sealed(_) => names::plain_path(path),
                    _ => Some(names::sealed_path(path)),
                };
                if let Some(other) = other.filter(|other| is_regular(other)) {
                    let name = other.file_name().unwrap_or_default();
                    self.file(root_index, &other, Path::new(name), name, None)?;
                }
            }
            Some(_) => return Err(Error::NotAFile(path.to_owned())),
            None => {
                // The form that was named is gone; the other one says that the work was done before.
                let sealed = names::sealed_path(path);
                let plain = names::plain_path(path);
                let other = [Some(sealed), plain].into_iter().flatten().find(|other| is_regular(other));
                let Some(other) = other else {
                    let gone = fs::symlink_metadata(path).err();
                    return Err(Error::io("opening", path)(gone.unwrap_or(io::ErrorKind::NotFound.into())));
                };
                let name = other.file_name().unwrap_or_default();
                self.file(root_index, &other, Path::new(name), name, None)?;
            }
        }
        self.leftovers_of_named(path)
    }

    /// A sealed file that was named and does not end in `.enc`: it can be looked at, not decrypted in place.
    fn sealed_under_another_name(&mut self, root: usize, path: &Path, metadata: &Metadata) {
        let item = Item {
            root,
            relative: path.file_name().unwrap_or_default().into(),
            plain: path.to_owned(),
            sealed: path.to_owned(),
            plain_form: None,
            sealed_form: Some(look_at_sealed(path, metadata)),
            plain_wanted: false,
            sealed_wanted: true,
            must_be_sealed: true,
            named: true,
        };
        self.items.insert(path.to_owned(), item);
    }

    fn leftovers_of_named(&mut self, path: &Path) -> Result<(), Error> {
        let dir = names::parent(path);
        if !self.visited.insert(dir.to_owned()) {
            return Ok(());
        }
        for entry in fs::read_dir(dir).map_err(Error::io("reading the directory", dir))? {
            let entry = entry.map_err(Error::io("reading the directory", dir))?;
            let (path, name) = (dir.join(entry.file_name()), entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_file() => self.leftover(&path, &name),
                Ok(kind) if kind.is_symlink() => self.claimed_link(&path, &name),
                _ => false,
            };
        }
        Ok(())
    }

    /// A link that was renamed aside is put back; one that is called like a temporary is somebody's own.
    fn claimed_link(&mut self, path: &Path, name: &OsStr) -> bool {
        matches!(NameKind::of(name), NameKind::Claimed(_)) && self.leftover(path, name)
    }

    fn leftover(&mut self, path: &Path, name: &OsStr) -> bool {
        let original = match NameKind::of(name) {
            NameKind::Temporary => None,
            NameKind::Claimed(original) => Some(path.with_file_name(original)),
            _ => return false,
        };
        self.leftovers.insert(path.to_owned(), original);
        true
    }

    #[allow(clippy::unnecessary_wraps, reason = "an arm beside others that fail")]
    fn extra(&mut self, path: &Path, relative: &Path, kind: ExtraKind) -> Result<(), Error> {
        if self.extras.iter().any(|known| known.path == path) {
            return Ok(());
        }
        self.extras.push(Extra { path: path.to_owned(), relative: relative.to_owned(), kind });
        Ok(())
    }

    /// Files a regular file under its plaintext's path. No matcher: it was named itself.
    fn file(
        &mut self,
        root: usize,
        path: &Path,
        relative: &Path,
        name: &OsStr,
        matcher: Option<&Matcher>,
    ) -> Result<(), Error> {
        if self.leftover(path, name) {
            return Ok(());
        }
        let (plain, relative, sealed) = match NameKind::of(name) {
            NameKind::Configuration => return self.extra(path, relative, ExtraKind::Configuration),
            NameKind::Sidecar if sidecar::is_ours(path) => {
                return self.extra(path, relative, ExtraKind::Sidecar);
            }
            NameKind::Sealed(plain) => (path.with_file_name(&plain), relative.with_file_name(&plain), true),
            _ => (path.to_owned(), relative.to_owned(), false),
        };
        let wanted = matcher.is_none_or(|matcher| {
            if sealed { matcher.takes_sealed(&relative) } else { matcher.takes(&relative) }
        });
        let Some(metadata) = unless_gone(fs::symlink_metadata(path), "looking at", path)? else {
            return Ok(());
        };
        let sealed_form = sealed.then(|| look_at_sealed(path, &metadata));
        if matcher.is_some_and(|matcher| !sealed && matcher.is_left_out_by_policy(&relative)) {
            self.left_out.insert(path.to_owned());
        }
        let must_be_sealed = matcher.is_none_or(|matcher| matcher.must_be_sealed(&relative));
        let item = self.items.entry(plain.clone()).or_insert_with(|| Item {
            root,
            relative,
            sealed: names::sealed_path(&plain),
            plain,
            plain_form: None,
            sealed_form: None,
            plain_wanted: false,
            sealed_wanted: false,
            must_be_sealed,
            named: false,
        });
        item.named |= matcher.is_none();
        if sealed {
            item.sealed_wanted |= wanted;
            item.sealed_form = sealed_form;
        } else {
            item.plain_wanted |= wanted;
            item.plain_form = Some(PlainForm { identity: Identity::of(&metadata) });
        }
        Ok(())
    }
}

/// Other runs rename and remove while we walk: what is gone is none of our business.
fn unless_gone<T>(found: io::Result<T>, doing: &'static str, path: &Path) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(doing, path)(error)),
    }
}

/// A Hugging Face cache of one model keeps its files under `blobs` and links to them under `snapshots`.
pub(super) fn is_cache(dir: &Path) -> bool {
    dir.join("blobs").is_dir() && dir.join("snapshots").is_dir()
}

fn walk_error(root: &Path, error: walkdir::Error) -> (PathBuf, Error) {
    let path = error.path().unwrap_or(root).to_owned();
    let source = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
    (path.clone(), Error::Io { doing: "walking", path, source })
}
