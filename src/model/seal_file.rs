//! Seals one file, safely: beside its target under a temporary name, synced, read back, renamed.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::attributes::{self, Attributes};
use super::locks::Locks;
use super::room::with_room;
use super::sidecar::{self, OpenChecksums, Subject};
use super::{Error, names};
use crate::base::{Identity, Progress, ReadAt, Temporary, preallocate};
use crate::envelope::{self, Metadata, Opener, Sealed, SealedReader, Sealer, Source};
use crate::format::Geometry;
use crate::keys::{self, MasterKey};

/// A plaintext file that is open, and what it was when it was opened.
pub(super) struct Plaintext {
    pub(super) file: File,
    pub(super) identity: Identity,
    changed: Option<(i64, i64)>,
    about: Source,
}

impl Plaintext {
    /// Opens the regular file at `path`; `hardlinks` says whether other names of it are allowed.
    pub(super) fn open(path: &Path, allow_hardlinks: bool) -> Result<Self, Error> {
        let file = crate::base::open_regular(path).map_err(Error::io("opening", path))?;
        let mut start = [0; 8];
        let filled = file.read_full_at(&mut start, 0).map_err(Error::io("reading", path))?;
        if MasterKey::looks_like_text(&start[..filled]) {
            return Err(Error::NeverTaken { path: path.to_owned(), what: "a key" });
        }
        // A page that a mapping has made dirty is written to without a trace in the times until it is
        // synced: from here on, every change shows.
        let _ = file.sync_all();
        let metadata = file.metadata().map_err(Error::io("looking at", path))?;
        let link_count = link_count(&metadata);
        if link_count > 1 && !allow_hardlinks {
            return Err(Error::HardLinked(link_count));
        }
        let name = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
        if name.len() > names::MAX_NAME_LEN {
            return Err(Error::NameTooLong(names::MAX_NAME_LEN));
        }
        let about = Source {
            plaintext_len: metadata.len(),
            name: Some(name),
            mode: attributes::mode(&metadata),
            mtime_ns: attributes::mtime_ns(&metadata),
            key_since: None,
        };
        Ok(Self { file, identity: Identity::of(&metadata), changed: change_time(&metadata), about })
    }

    /// Whether the file, and what has its name now, still are what was opened.
    fn check_unchanged(&self, path: &Path) -> Result<(), Error> {
        let looking = Error::io("looking at", path);
        let now = self.file.metadata().and_then(|open| Ok((open, fs::symlink_metadata(path)?)));
        let (open, named) = now.map_err(looking)?;
        let unchanged = Identity::of(&open) == self.identity
            && Identity::of(&named) == self.identity
            && change_time(&open) == self.changed;
        if unchanged { Ok(()) } else { Err(Error::Changed) }
    }
}

/// What one run seals with.
pub(super) struct Sealing<'a> {
    pub(super) sealer: &'a Sealer<'a>,
    /// The key that reads back what was sealed.
    pub(super) key: &'a MasterKey,
    pub(super) publish_sha256: bool,
    pub(super) locks: &'a Locks,
    pub(super) progress: &'a dyn Progress,
}

/// What is sealed.
pub(super) struct Input<'a> {
    pub(super) bytes: &'a dyn ReadAt,
    pub(super) about: Source,
    /// Whose owner and extended attributes the sealed file takes.
    pub(super) like: &'a File,
    pub(super) attributes: Attributes,
}

/// Where the sealed file goes.
pub(super) struct Placement<'a> {
    pub(super) path: &'a Path,
    /// The sealed file that is replaced, if it still is the one that was opened. `None`: the name must be free.
    pub(super) replaces: Option<&'a SealedReader<File>>,
    pub(super) read_back: ReadBack,
}

/// Whether the new sealed file is read back before it gets its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadBack {
    /// Every chunk: its source will be removed.
    Yes,
    /// The source stays.
    No,
}

impl Sealing<'_> {
    /// Seals a plaintext file, which was opened at `path`, and writes the sidecar.
    pub(super) fn seal_plaintext(
        &self,
        plaintext: &Plaintext,
        path: &Path,
        placement: &Placement<'_>,
        notices: &mut Vec<String>,
    ) -> Result<(), Error> {
        let input = Input {
            bytes: &plaintext.file,
            about: plaintext.about.clone(),
            like: &plaintext.file,
            attributes: Attributes::default(),
        };
        self.seal(input, placement, || plaintext.check_unchanged(path), notices)
    }

    /// The same for a private copy: the sealed file that it replaces lends it name, owner and modes.
    pub(super) fn seal_copy(
        &self,
        plaintext: &Plaintext,
        path: &Path,
        placement: &Placement<'_>,
        notices: &mut Vec<String>,
    ) -> Result<(), Error> {
        let Some(replaced) = placement.replaces else {
            return self.seal_plaintext(plaintext, path, placement, notices);
        };
        let Metadata { name, mode, key_since, .. } = replaced.metadata().clone();
        let header = replaced.header();
        let by_key = keys::opening_slots(self.key, &header.slots, &header.core)?;
        let key_since = by_key.contains(&true).then_some(key_since);
        let input = Input {
            bytes: &plaintext.file,
            about: Source { name, mode, key_since, ..plaintext.about.clone() },
            like: replaced.source(),
            attributes: Attributes::default(),
        };
        self.seal(input, placement, || plaintext.check_unchanged(path), notices)?;
        let others = by_key.iter().filter(|&&opens| !opens).count();
        if others > 0 {
            notices.push(format!("{others} other key slots are gone: they do not open the new file key"));
        }
        Ok(())
    }

    /// Seals any plaintext and writes the sidecar. `check` is asked last before the file gets its name.
    pub(super) fn seal(
        &self,
        input: Input<'_>,
        placement: &Placement<'_>,
        check: impl FnOnce() -> Result<(), Error>,
        notices: &mut Vec<String>,
    ) -> Result<(), Error> {
        let path = placement.path;
        sidecar::refuse_to_replace_strangers(&names::sidecar_path(path))?;
        if placement.replaces.is_none() && path.symlink_metadata().is_ok() {
            return Err(Error::InTheWay(path.to_owned()));
        }
        let sealed_len = Geometry::of_plaintext(input.about.plaintext_len)?.sealed_len();
        let no_room = |error| with_room(error, sealed_len, path);
        let temporary =
            Temporary::create_in(names::parent(path)).map_err(|error| no_room(envelope::Error::Io(error)))?;
        let file = temporary.file();
        preallocate(file, sealed_len).map_err(|error| no_room(envelope::Error::Io(error)))?;
        let sealed = self.sealer.seal(input.bytes, input.about, file, self.progress).map_err(no_room)?;
        notices.extend(
            attributes::carry(input.like, file, input.attributes).map_err(Error::io("writing", path))?,
        );
        file.sync_all().map_err(|error| no_room(envelope::Error::Io(error)))?;
        if placement.read_back == ReadBack::Yes {
            let reader = Opener::new(file, sealed_len)?.unlock(self.key)?;
            reader.authenticate(self.progress).map_err(no_room)?;
        }
        check()?;
        self.locks.check(names::parent(path))?;
        let persisted = match placement.replaces {
            None => temporary.persist_new(path),
            Some(reader) => {
                check_same_header(reader, path)?;
                temporary.persist_over(path)
            }
        };
        persisted.map_err(|error| taken(error, path))?;
        self.write_sidecar(path, &sealed)
    }

    fn write_sidecar(&self, path: &Path, sealed: &Sealed) -> Result<(), Error> {
        let subject = Subject {
            header: &sealed.header.header,
            metadata: &sealed.metadata,
            file_key: &sealed.file_key,
            geometry: sealed.geometry,
        };
        let open =
            OpenChecksums { payload_sha256: sealed.payload_sha256, publish_plaintext: self.publish_sha256 };
        sidecar::write(&names::sidecar_path(path), subject, &open)
    }
}

/// Somebody may have rewrapped or replaced the file since it was opened: theirs is not replaced.
fn check_same_header(reader: &SealedReader<File>, path: &Path) -> Result<(), Error> {
    let now = Opener::open(path)?;
    if now.header() == reader.header() && now.state() == reader.state() {
        Ok(())
    } else {
        Err(Error::Changed)
    }
}

/// Names what stands in the way.
pub(super) fn taken(error: io::Error, target: &Path) -> Error {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Error::InTheWay(target.to_owned());
    }
    Error::io("renaming to", target)(error)
}

/// The inode's own time of change, which nobody can set back.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other platforms have none")]
fn change_time(metadata: &fs::Metadata) -> Option<(i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn change_time(_: &fs::Metadata) -> Option<(i64, i64)> {
    None
}

#[cfg(unix)]
pub(super) fn link_count(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
pub(super) fn link_count(_: &fs::Metadata) -> u64 {
    1
}
