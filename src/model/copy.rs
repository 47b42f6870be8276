//! Copies files that need no work to an output.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::attributes::{self, Attributes};
use super::item::Item;
use super::report::Outcome;
use super::room::with_room;
use super::seal_file::taken;
use super::sealed::SealedFile;
use super::sidecar::{self, OpenChecksums, Standing};
use super::{Error, compare, names};
use crate::base::{Identity, Progress, Temporary, open_regular, preallocate};
use crate::envelope;
use crate::keys::MasterKey;

/// Copies a file as it is; what begins like a key stays behind.
pub(super) fn copy(from: &Path, to: &Path, notices: &mut Vec<String>) -> Result<Outcome, Error> {
    let reading = || Error::io("reading", from);
    let mut source = open_regular(from).map_err(reading())?;
    let mut start = Vec::new();
    Read::by_ref(&mut source).take(8).read_to_end(&mut start).map_err(reading())?;
    if MasterKey::looks_like_text(&start) {
        notices.push("holds a key: not copied".into());
        return Ok(Outcome::Foreign);
    }
    if let Ok(standing) = open_regular(to) {
        let same = compare::same_files(&source, &standing).map_err(Error::io("comparing", to))?;
        return if same { Ok(Outcome::AlreadyDone) } else { Err(Error::InTheWay(to.to_owned())) };
    }
    let source = open_regular(from).map_err(reading())?;
    copy_to(source, from, to, notices).map(|()| Outcome::Copied)
}

/// Copies a file that is sealed already, which the key must open, and its sidecar.
pub(super) fn copy_sealed(
    item: &Item,
    target: &Path,
    key: &MasterKey,
    notices: &mut Vec<String>,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let sealed = SealedFile::open(&item.sealed, key, item.naming(false), notices)?;
    let (from, to) = (item.sidecar(), names::sidecar_path(target));
    let (known, what) = match sidecar::check(&from, sealed.subject()) {
        Standing::Valid(_) => {
            copy(&from, &to, notices)?;
            return copy(&item.sealed, target, notices);
        }
        Standing::Lost => (OpenChecksums::default(), "lost"),
        Standing::Stale(known) => (known, "stale"),
        Standing::Tampered(fields) => return Err(Error::SidecarTampered(fields)),
        Standing::NotOurs => return Err(Error::InTheWay(from)),
    };
    let copied = copy(&item.sealed, target, notices)?;
    sealed.write_sidecar(&to, known, progress)?;
    notices.push(format!("the sidecar was {what} and has been made again"));
    Ok(copied)
}

fn copy_to(mut source: File, from: &Path, to: &Path, notices: &mut Vec<String>) -> Result<(), Error> {
    let identity = Identity::of(&source.metadata().map_err(Error::io("looking at", from))?);
    let needed = identity.len();
    let no_room = |error| with_room(envelope::Error::Io(error), needed, to);
    let temporary = Temporary::create_in(names::parent(to)).map_err(no_room)?;
    preallocate(temporary.file(), needed).map_err(no_room)?;
    let copied = std::io::copy(&mut source, &mut temporary.file()).map_err(no_room)?;
    let now = source.metadata().map_err(Error::io("looking at", from))?;
    if copied != needed || Identity::of(&now) != identity {
        return Err(Error::Changed);
    }
    let carried = attributes::carry(&source, temporary.file(), Attributes::default());
    notices.extend(carried.map_err(Error::io("writing", to))?);
    temporary.file().sync_all().map_err(no_room)?;
    temporary.persist_new(to).map(drop).map_err(|error| taken(error, to))
}
