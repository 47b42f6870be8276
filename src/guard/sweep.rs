//! Removes what guards have left whose process died.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::lease::Lease;
use super::place::shared_places;

/// Removes the directories that dead guards of this user have left: in the places where guards are made
/// unless told otherwise, and in `places`. Never touches one that is held, or another user's. Returns what
/// was removed.
pub fn sweep(places: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut removed = Vec::new();
    let mut first_error = None;
    for place in shared_places().iter().chain(places) {
        match sweep_place(place) {
            Ok(paths) => removed.extend(paths),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(removed), Err)
}

/// Sweeps one place. That it cannot be read is no error: what is there cannot be ours.
pub(super) fn sweep_place(place: &Path) -> Result<Vec<PathBuf>, Error> {
    let Ok(entries) = fs::read_dir(place) else { return Ok(Vec::new()) };
    let mut removed = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let removing = Error::io("removing", &path);
        match Lease::of_dead(path.clone()).and_then(|lease| lease.map(Lease::remove).transpose()) {
            Ok(Some(())) => removed.push(path.clone()),
            Ok(None) => {}
            Err(error) => return Err(removing(error)),
        }
    }
    Ok(removed)
}
