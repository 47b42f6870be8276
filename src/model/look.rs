//! What kind of file stands at a path, by its first bytes.

use std::fs::{self, Metadata};
use std::path::Path;

use super::item::SealedForm;
use super::{Error, names, sidecar};
use crate::base::{Identity, ReadAt, open_regular};
use crate::format::{Geometry, HeaderPair};

/// Whether our magic stands in the file, whatever its name.
pub(super) fn is_sealed(path: &Path) -> Result<bool, Error> {
    let mut start = [0; 8];
    let file = open_regular(path).map_err(Error::io("opening", path))?;
    let filled = file.read_full_at(&mut start, 0).map_err(Error::io("reading", path))?;
    Ok(HeaderPair::is_ours(&start[..filled]))
}

/// What cannot be read is taken for ours: opening it says why.
pub(super) fn look_at_sealed(path: &Path, metadata: &Metadata) -> SealedForm {
    let mut start = vec![0; 8200];
    let read = open_regular(path).and_then(|file| file.read_full_at(&mut start, 0));
    let ours = read.map_or(true, |filled| HeaderPair::is_ours(&start[..filled]))
        || sidecar::is_ours(&names::sidecar_path(path));
    SealedForm {
        identity: Identity::of(metadata),
        ours,
        plaintext_len: Geometry::of_sealed(metadata.len()).map(Geometry::plaintext_len),
    }
}

/// Whether a file stands there, and no link to one.
pub(super) fn is_regular(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}
