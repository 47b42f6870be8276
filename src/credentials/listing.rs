//! What a store says that it holds.

use super::{Entry, Error};

/// What a store holds.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listing {
    /// What is known of each credential.
    pub entries: Vec<Entry>,
    /// What could not be read.
    pub problems: Vec<Error>,
}

impl Listing {
    /// The entries, to choose one of them by something else than its name. Not if a store was tampered with or its
    /// accesses cannot be put on record: the one that is meant may be there, and no other one is taken in its place.
    pub fn to_choose_from(self) -> Result<Vec<Entry>, Error> {
        match self.problems.into_iter().find(may_hide_the_right_one) {
            Some(problem) => Err(problem),
            None => Ok(self.entries),
        }
    }
}

/// A store that is not there hides nothing, nor does an entry of a file that cannot be used.
fn may_hide_the_right_one(problem: &Error) -> bool {
    matches!(
        problem,
        Error::Tampered { .. }
            | Error::Truncated(_)
            | Error::Unsupported { .. }
            | Error::Database { .. }
            | Error::Audit { .. }
            | Error::Key(_)
            | Error::Random(_)
    )
}
