//! A sealed file of a tree: opened under its name's check, its sidecar kept, its plaintext brought back.

use std::fs::{self, File};
use std::path::Path;

use super::attributes::{self, Attributes};
use super::locks::Locks;
use super::room::with_room;
use super::seal_file::taken;
use super::sidecar::{self, OpenChecksums, Standing, Subject};
use super::{Error, names};
use crate::base::{Identity, Progress, Temporary, preallocate};
use crate::envelope::{self, ChecksumPolicy, Metadata, Opener, SealedReader};
use crate::format::{self, Geometry, PairState};
use crate::keys::MasterKey;

/// Whether a file may bear another name than the one that was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// Two swapped shards must not load: it may not.
    Strict,
    /// The user named the file, or said so.
    Free,
}

/// An unlocked sealed file, and what it was when it was opened.
pub(super) struct SealedFile {
    pub(super) reader: SealedReader<File>,
    pub(super) identity: Identity,
}

impl SealedFile {
    /// Opens and unlocks the sealed file at `path`. A damaged copy of its header is a notice.
    pub(super) fn open(
        path: &Path,
        key: &MasterKey,
        naming: Naming,
        notices: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let opener = Opener::open(path).map_err(|error| opening(error, path))?;
        let reader = opener.unlock(key)?;
        if naming == Naming::Strict {
            check_name(reader.metadata(), path)?;
        }
        notices.extend(header_notice(reader.state()));
        let metadata = reader.source().metadata().map_err(Error::io("looking at", path))?;
        Ok(Self { reader, identity: Identity::of(&metadata) })
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        subject(&self.reader)
    }

    /// Brings the plaintext to `target`, which must be free: whole and synced, or not at all.
    pub(super) fn open_to(
        &self,
        target: &Path,
        locks: &Locks,
        notices: &mut Vec<String>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let no_room = |error| with_room(error, self.reader.len(), target);
        if target.symlink_metadata().is_ok() {
            return Err(Error::InTheWay(target.to_owned()));
        }
        let temporary = Temporary::create_in(names::parent(target))
            .map_err(|error| no_room(envelope::Error::Io(error)))?;
        let file = temporary.file();
        preallocate(file, self.reader.len()).map_err(|error| no_room(envelope::Error::Io(error)))?;
        self.reader.open_into(file, progress).map_err(no_room)?;
        let metadata = self.reader.metadata();
        let attributes =
            Attributes { mode: metadata.mode, modified: metadata.mtime_ns.and_then(attributes::time_of) };
        let carried = attributes::carry(self.reader.source(), file, attributes);
        notices.extend(carried.map_err(Error::io("writing", target))?);
        file.sync_all().map_err(|error| no_room(envelope::Error::Io(error)))?;
        locks.check(names::parent(target))?;
        temporary.persist_new(target).map(drop).map_err(|error| taken(error, target))
    }

    /// Makes the sidecar at `path` again if it is lost or stale; one that was tampered with is an error.
    pub(super) fn keep_sidecar(
        &self,
        path: &Path,
        notices: &mut Vec<String>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let (open, what) = match sidecar::check(path, self.subject()) {
            Standing::Valid(_) => return Ok(()),
            Standing::Lost => (OpenChecksums::default(), "lost"),
            Standing::Stale(open) => (open, "stale"),
            Standing::Tampered(fields) => return Err(Error::SidecarTampered(fields)),
            Standing::NotOurs => return Err(Error::InTheWay(path.to_owned())),
        };
        self.write_sidecar(path, open, progress)?;
        notices.push(format!("the sidecar was {what} and has been made again"));
        Ok(())
    }

    /// Writes the sidecar, with the payload's checksum taken again if the policy wants one and it is not known.
    pub(super) fn write_sidecar(
        &self,
        path: &Path,
        mut open: OpenChecksums,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        if self.reader.metadata().checksum == ChecksumPolicy::Both && open.payload_sha256.is_none() {
            open.payload_sha256 = Some(self.reader.verify(progress)?.payload_sha256);
        }
        sidecar::write(path, self.subject(), &open)
    }

    /// Makes the sealed file and its name last through a power cut: it is about to be the only one.
    pub(super) fn sync(&self, path: &Path) -> Result<(), Error> {
        self.reader
            .source()
            .sync_all()
            .and_then(|()| crate::base::sync_dir(names::parent(path)))
            .map_err(Error::io("syncing", path))
    }
}

/// What the sidecar of a sealed file is about.
pub(super) fn subject(reader: &SealedReader<File>) -> Subject<'_> {
    Subject {
        header: reader.header(),
        metadata: reader.metadata(),
        file_key: reader.file_key(),
        geometry: Geometry::of_plaintext(reader.len()).expect("opened: within the limit"),
    }
}

/// Removes a sidecar of ours.
pub(super) fn remove_sidecar(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("removing", path)(error)),
        _ => Ok(()),
    }
}

/// What a user should hear of the header copies.
pub(super) fn header_notice(state: PairState) -> Option<String> {
    match state {
        PairState::Identical => None,
        PairState::Damaged(copy) => Some(format!("header copy {copy} is damaged; a rewrap heals it")),
        PairState::Behind(copy) => {
            Some(format!("header copy {copy} is of an earlier generation; a rewrap finishes it"))
        }
    }
}

/// Holds the name that was sealed against the one that the file at `sealed_path` has: two swapped shards must
/// not load.
pub fn check_name(metadata: &Metadata, sealed_path: &Path) -> Result<(), Error> {
    let Some(sealed_name) = &metadata.name else { return Err(Error::Nameless) };
    let now = names::plain_path(sealed_path);
    let now = now.as_deref().and_then(Path::file_name).map(std::ffi::OsStr::as_encoded_bytes);
    if now == Some(sealed_name) {
        return Ok(());
    }
    Err(Error::renamed(sealed_name))
}

/// The error of a file in a tree that ends in `.enc` and is not ours.
pub(super) fn not_sealed() -> Error {
    format::Error::NotSealed.into()
}

fn opening(error: envelope::Error, path: &Path) -> Error {
    match error {
        envelope::Error::Io(source) => Error::io("opening", path)(source),
        other => other.into(),
    }
}
