//! Removes what guards have left whose process died.

use std::fs;
use std::path::PathBuf;

use super::Error;
use super::lease::Lease;
use super::place::shared_places;

/// Removes the directories that dead guards of this user have left: in the places where guards are made
/// unless told otherwise, and in `places`. Never touches one that is held, or another user's. Returns what
/// was removed, or the first error once everything else was.
pub fn sweep(places: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let Swept { removed, failures } = sweep_all(places);
    failures.into_iter().next().map_or(Ok(removed), Err)
}

/// What a sweep has done, and what it could not do.
pub(super) struct Swept {
    pub(super) removed: Vec<PathBuf>,
    pub(super) failures: Vec<Error>,
}

/// The same, telling of each directory that could not be removed.
pub(super) fn sweep_all(places: &[PathBuf]) -> Swept {
    let mut swept = Swept { removed: Vec::new(), failures: Vec::new() };
    for place in shared_places().iter().chain(places) {
        // What is in a place that cannot be read cannot be ours.
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            let path = entry.path();
            match Lease::of_dead(path.clone()).and_then(|lease| lease.map(Lease::remove).transpose()) {
                Ok(Some(())) => swept.removed.push(path),
                Ok(None) => {}
                Err(error) => swept.failures.push(Error::io("removing", &path)(error)),
            }
        }
    }
    swept
}
