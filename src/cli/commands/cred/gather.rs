//! What all stores of a chain hold: of each name the one that the chain would give.

use std::collections::BTreeMap;

use crate::cli::failure::Failure;
use crate::credentials::{Chain, Entry, Name};

/// What all stores hold.
pub(super) struct Gathered<'c> {
    /// Each with the store that has it.
    pub(super) entries: BTreeMap<Name, (Entry, &'c str)>,
    pub(super) problems: Vec<Failure>,
}

pub(super) fn gather(chain: &Chain) -> Gathered<'_> {
    let mut gathered = Gathered { entries: BTreeMap::new(), problems: Vec::new() };
    for store in chain.stores() {
        match store.list() {
            Ok(listing) => {
                gathered.problems.extend(listing.problems.into_iter().map(Failure::from));
                for entry in listing.entries {
                    let name = entry.record.name.clone();
                    gathered.entries.entry(name).or_insert((entry, store.name()));
                }
            }
            Err(error) => gathered.problems.push(error.into()),
        }
    }
    gathered
}
