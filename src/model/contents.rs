//! What a loader finds in a model: the sealed files, unlocked, and everything that never was sealed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::item::{Item, Link};
use super::model_dir::ModelDir;
use super::scan::Scan;
use super::sealed::{self, Naming, SealedFile, not_sealed};
use super::{Error, compare, links, names};
use crate::base::{Progress, open_regular};
use crate::envelope::{Metadata, SealedReader};
use crate::keys::MasterKey;

/// What a model holds, by the paths that a loader looks for. Locks nothing and changes nothing.
#[derive(Debug)]
pub struct Contents {
    /// The directory's own name, for those who derive one from it.
    pub name: OsString,
    /// One for each path below the directory, in their order.
    pub entries: Vec<Entry>,
    /// What the user should know.
    pub notices: Vec<String>,
}

/// One path of a model.
#[derive(Debug)]
pub struct Entry {
    /// Below the directory; a sealed file's without `.enc`.
    pub relative: PathBuf,
    /// What stands there.
    pub kind: EntryKind,
}

/// What stands at a path of a model.
#[derive(Debug)]
pub enum EntryKind {
    /// A sealed file: where it is, links resolved, and its reader. Header, name and length are authentic.
    Sealed(PathBuf, Box<SealedReader<File>>),
    /// A file or directory that never was sealed: where it is, absolute, links resolved.
    Plain(PathBuf),
    /// A link to another path below the directory.
    Alias(PathBuf),
}

/// What [`ModelDir::contents`] lets pass.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Take files that were sealed under another name.
    pub allow_renamed: bool,
    /// Take plaintexts where the patterns say sealed files should be, and links to directories elsewhere.
    pub allow_plaintext: bool,
}

impl ModelDir {
    /// Unlocks every sealed file of the one directory, or of the one file, that this is.
    ///
    /// A file that matches the patterns and is not sealed is [`Error::Plaintext`]: somebody could have put it
    /// in the place of a sealed one. For that the directory's own configuration can add patterns and leave
    /// out none. A plaintext beside its sealed file must have the same bytes.
    pub fn contents(
        &self,
        key: &MasterKey,
        options: LoadOptions,
        progress: &dyn Progress,
    ) -> Result<Contents, Error> {
        let [root] = &self.roots[..] else { return Err(Error::NotOneTree) };
        let view = self.view()?;
        let mut scan = view.scan;
        if let Some((path, error)) = std::mem::take(&mut scan.failures).into_iter().next() {
            return Err(error.at(&path));
        }
        let mut loading = Loading {
            key,
            options,
            progress,
            roots: &self.roots,
            real_root: fs::canonicalize(root).map_err(Error::io("resolving", root))?,
            entries: BTreeMap::new(),
            notices: view.notices,
        };
        for item in scan.items.values() {
            loading.item(item).map_err(|error| error.at(item.shown()))?;
        }
        // The sealed ones first: what stands beside them is compared with them.
        let (sealed, others): (Vec<_>, Vec<_>) =
            scan.links.iter().partition(|link| names::plain_path(&link.path).is_some());
        for link in sealed.into_iter().chain(others) {
            loading.link(link, &scan).map_err(|error| error.at(&link.path))?;
        }
        let dir = if loading.real_root.is_dir() { loading.real_root.file_name() } else { None };
        let name = dir.unwrap_or(OsStr::new("model")).to_owned();
        let entries = loading.entries.into_iter();
        Ok(Contents {
            name,
            entries: entries.map(|(relative, kind)| Entry { relative, kind }).collect(),
            notices: loading.notices,
        })
    }
}

struct Loading<'a> {
    key: &'a MasterKey,
    options: LoadOptions,
    progress: &'a dyn Progress,
    roots: &'a [PathBuf],
    /// The one root, links resolved.
    real_root: PathBuf,
    entries: BTreeMap<PathBuf, EntryKind>,
    notices: Vec<String>,
}

impl Loading<'_> {
    fn item(&mut self, item: &Item) -> Result<(), Error> {
        let naming = item.naming(self.options.allow_renamed);
        match &item.sealed_form {
            Some(_) if !item.sealed_wanted => {
                self.plain(names::sealed_path(&item.relative), &item.sealed)?;
            }
            Some(sealed) if !sealed.ours => return Err(not_sealed()),
            Some(_) => {
                let beside = item.plain_form.is_some().then_some(&*item.plain);
                let opened = self.open(&item.sealed, naming, beside)?;
                self.entries.insert(item.relative.clone(), opened);
                return Ok(());
            }
            None => {}
        }
        if item.plain_form.is_some() {
            self.refuse_plaintext(item.must_be_sealed)?;
            self.plain(item.relative.clone(), &item.plain)?;
        }
        Ok(())
    }

    fn link(&mut self, link: &Link, scan: &Scan) -> Result<(), Error> {
        let root = &self.roots[link.root];
        let relative = link.path.strip_prefix(root).unwrap_or(&link.path).to_owned();
        let found = match fs::canonicalize(&link.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.dangling(link, relative, scan);
            }
            found => found.map_err(Error::io("resolving", &link.path))?,
        };
        let plain = relative.file_name().and_then(|name| names::strip_suffix(name, names::SEALED_SUFFIX));
        if let Some(EntryKind::Sealed(_, reader)) = self.entries.get(&relative) {
            return if found.is_file() { self.compare(reader, &found) } else { Err(Error::PlaintextDiffers) };
        }
        if found.is_dir() {
            if let Ok(inside) = found.strip_prefix(&self.real_root) {
                self.entries.insert(relative, EntryKind::Alias(inside.to_owned()));
                return Ok(());
            }
            // What lies there has not been looked at.
            return if self.options.allow_plaintext {
                self.plain(relative, &found)
            } else {
                Err(Error::LeadsOut)
            };
        }
        if let Some(plain) = plain.filter(|_| link.wanted) {
            let beside = link.path.with_file_name(&plain);
            let has_plain = beside.symlink_metadata().is_ok_and(|beside| beside.is_file());
            let opened = self.open(&found, Naming::Free, has_plain.then_some(&*beside))?;
            if let EntryKind::Sealed(path, reader) = &opened
                && !self.options.allow_renamed
                && reader.metadata().name.as_deref() != Some(plain.as_encoded_bytes())
            {
                check_name_of_blob(reader.metadata(), path)?;
            }
            self.entries.insert(relative.with_file_name(&plain), opened);
            return Ok(());
        }
        self.refuse_plaintext(link.must_be_sealed)?;
        self.plain(relative, &found)
    }

    /// A link whose target is gone: to a file that was sealed since, or to nothing. The former must bear the name
    /// of what it leads to: one shard must not load in another one's place.
    fn dangling(&mut self, link: &Link, relative: PathBuf, scan: &Scan) -> Result<(), Error> {
        let target = links::target(link, self.roots).and_then(|target| scan.items.get(&target));
        let Some(item) = target.filter(|_| !self.entries.contains_key(&relative)) else {
            self.notices.push(format!("`{}` is a link to nothing: left out", relative.display()));
            return Ok(());
        };
        let name = item.relative.file_name().unwrap_or_default();
        if link.must_be_sealed && !self.options.allow_renamed && relative.file_name() != Some(name) {
            return Err(Error::renamed(name.as_encoded_bytes()));
        }
        self.entries.insert(relative, EntryKind::Alias(item.relative.clone()));
        Ok(())
    }

    fn open(&mut self, path: &Path, naming: Naming, beside: Option<&Path>) -> Result<EntryKind, Error> {
        let path = absolute(path)?;
        let sealed = SealedFile::open(&path, self.key, naming, &mut self.notices)?;
        if let Some(beside) = beside {
            self.compare(&sealed.reader, beside)?;
        }
        Ok(EntryKind::Sealed(path, Box::new(sealed.reader)))
    }

    fn compare(&self, reader: &SealedReader<File>, plain: &Path) -> Result<(), Error> {
        let plain = open_regular(plain).map_err(Error::io("opening", plain))?;
        if compare::holds(reader, &plain, self.progress)? { Ok(()) } else { Err(Error::PlaintextDiffers) }
    }

    fn plain(&mut self, relative: PathBuf, path: &Path) -> Result<(), Error> {
        self.entries.insert(relative, EntryKind::Plain(absolute(path)?));
        Ok(())
    }

    fn refuse_plaintext(&self, must_be_sealed: bool) -> Result<(), Error> {
        if must_be_sealed && !self.options.allow_plaintext { Err(Error::Plaintext) } else { Ok(()) }
    }
}

/// A blob of a Hugging Face cache was sealed under its hash. Any other file that a link leads to must have
/// been sealed under the link's own name: two swapped links must not load either.
fn check_name_of_blob(metadata: &Metadata, path: &Path) -> Result<(), Error> {
    let is_hash = |name: &Vec<u8>| matches!(name.len(), 40 | 64) && name.iter().all(u8::is_ascii_hexdigit);
    let is_blob = path.parent().and_then(Path::file_name) == Some(OsStr::new("blobs"));
    match &metadata.name {
        Some(name) if !is_blob || !is_hash(name) => Err(Error::renamed(name)),
        _ => sealed::check_name(metadata, path),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    fs::canonicalize(path).map_err(Error::io("resolving", path))
}
