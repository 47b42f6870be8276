//! The sidecar: a readable copy of what a sealed file says, authenticated, and never trusted.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use data_encoding::HEXLOWER;

use super::attributes;
use super::document::{Document, SCHEMA};
pub(super) use super::document::{OpenChecksums, Subject};
use super::room::io_with_room;
use super::{Error, names};
use crate::base::{Temporary, open_regular};
use crate::crypto::constant_time_eq;

/// How a sidecar stands to its sealed file.
#[derive(Debug)]
pub(super) enum Standing {
    /// As it was written.
    Valid(OpenChecksums),
    /// There is none.
    Lost,
    /// Of an earlier header of this file, authentic; or of another file.
    Stale(OpenChecksums),
    /// Not as it was written; which fields.
    Tampered(String),
    /// A file of somebody else's.
    NotOurs,
}

impl Standing {
    /// Fails for one that was tampered with, and for somebody else's file in its place.
    pub(super) fn accept(self) -> Result<(), Error> {
        match self {
            Self::Valid(_) | Self::Lost | Self::Stale(_) => Ok(()),
            Self::Tampered(fields) => Err(Error::SidecarTampered(fields)),
            Self::NotOurs => Err(Error::SidecarTampered("it is not one of ours".into())),
        }
    }
}

/// Reads the sidecar at `path` and holds it against `subject`.
pub(super) fn check(path: &Path, subject: Subject<'_>) -> Standing {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Standing::Lost,
        Err(error) => return Standing::Tampered(error.to_string()),
    };
    if !names_our_schema(&text) {
        return Standing::NotOurs;
    }
    if text.len() > MAX_LEN {
        return Standing::Tampered(format!("longer than {MAX_LEN} bytes"));
    }
    let found: Document = match serde_json::from_slice(&text) {
        Ok(found) => found,
        Err(error) => return Standing::Tampered(error.to_string()),
    };
    standing(&found, subject)
}

/// Writes the sidecar of `subject` at `path`, over an older one of ours only.
pub(super) fn write(path: &Path, subject: Subject<'_>, open: &OpenChecksums) -> Result<(), Error> {
    refuse_to_replace_strangers(path)?;
    let mut document = Document::of(subject, open);
    document.mac = Some(HEXLOWER.encode(&subject.file_key.sidecar_mac(&document.canonical())));
    let mut text = serde_json::to_vec_pretty(&document).expect("text and numbers serialize");
    text.push(b'\n');
    let failed = io_with_room("writing the sidecar", text.len() as u64, path);
    let written = Temporary::create_in(names::parent(path)).and_then(|temporary| {
        temporary.file().write_all(&text)?;
        make_like_sealed(temporary.file(), path)?;
        temporary.file().sync_all()?;
        temporary.persist_over(path)
    });
    written.map(drop).map_err(failed)
}

/// A sidecar's name that a file of somebody else's has stays theirs.
pub(super) fn refuse_to_replace_strangers(path: &Path) -> Result<(), Error> {
    if path.symlink_metadata().is_ok() && !is_ours(path) {
        return Err(Error::InTheWay(path.to_owned()));
    }
    Ok(())
}

/// Whether the file at `path` names our schema.
pub(super) fn is_ours(path: &Path) -> bool {
    read(path).is_ok_and(|text| names_our_schema(&text))
}

/// By its schema; by a trace of it where the text has been damaged.
fn names_our_schema(text: &[u8]) -> bool {
    match serde_json::from_slice::<serde_json::Value>(text) {
        Ok(document) => document.get("schema").is_some_and(|schema| schema == SCHEMA),
        Err(_) => text.windows(SCHEMA.len()).any(|window| window == SCHEMA.as_bytes()),
    }
}

/// When the sidecar at `path` says that its file was sealed. Anybody may have written it.
pub(super) fn claimed_creation(path: &Path) -> Option<String> {
    let found: Document = serde_json::from_slice(&read(path).ok()?).ok()?;
    (found.schema == SCHEMA).then_some(found.created)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(2048);
    open_regular(path)?.take(MAX_LEN as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// Its sealed file's owner, as far as the user may, and mode: it says nothing that the header does not.
fn make_like_sealed(file: &File, path: &Path) -> std::io::Result<()> {
    let Ok(sealed) = path.with_extension("").symlink_metadata() else { return Ok(()) };
    if sealed.is_file() { attributes::carry_owner_and_mode(&sealed, file) } else { Ok(()) }
}

fn standing(found: &Document, subject: Subject<'_>) -> Standing {
    if found.file.file_id != HEXLOWER.encode(&subject.header.core.file_id) {
        return Standing::Stale(OpenChecksums::default());
    }
    let open = found.open_checksums();
    let expected_mac = subject.file_key.sidecar_mac(&found.canonical());
    let mac = found.mac.as_ref().and_then(|mac| HEXLOWER.decode(mac.as_bytes()).ok()).unwrap_or_default();
    let authentic = constant_time_eq(&mac, &expected_mac);
    if authentic && found.generation != subject.header.generation {
        return Standing::Stale(open);
    }
    let expected = Document::of(subject, &open);
    let mut fields = found.differences(&expected);
    if fields.is_empty() && authentic {
        return Standing::Valid(open);
    }
    if fields.is_empty() {
        fields.push("mac");
    }
    Standing::Tampered(fields.join(", "))
}

const MAX_LEN: usize = 65_536;
