//! All detectors over one text.

use std::fmt;
use std::sync::{Arc, LazyLock};

use super::found::Found;
use super::known::Known;
use super::overlap::Piece;
use super::pem::Armour;
use super::search::{Detectors, Extent, Search};
use super::syntax::Syntax;

/// Finds secrets in text.
#[derive(Clone)]
pub struct Finder(Arc<Detectors>);

impl Finder {
    /// Every secret in `text`, in the order of their places, none overlapping another.
    #[must_use]
    pub fn find(&self, text: &[u8], syntax: Syntax) -> Vec<Found> {
        let pieces = self.search(text, syntax, Extent::Whole, &mut None);
        pieces.into_iter().map(|piece| piece.found).collect()
    }

    /// A finder that finds these values too.
    pub(super) fn knowing(known: Known) -> Self {
        Self(Arc::new(Detectors::new(Some(known))))
    }

    /// The same with registered values told apart. `armour` is a key that began before the text, then one that goes on after it.
    pub(super) fn search(
        &self,
        text: &[u8],
        syntax: Syntax,
        extent: Extent,
        armour: &mut Option<Armour>,
    ) -> Vec<Piece> {
        Search::new(&self.0, text, syntax, extent).run(armour)
    }

    pub(super) fn known(&self) -> Option<&Known> {
        self.0.known.as_ref()
    }
}

impl Default for Finder {
    fn default() -> Self {
        static WITHOUT_KNOWN: LazyLock<Arc<Detectors>> = LazyLock::new(|| Arc::new(Detectors::new(None)));
        Self(Arc::clone(&WITHOUT_KNOWN))
    }
}

impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finder").finish_non_exhaustive()
    }
}
