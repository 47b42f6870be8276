//! The bytes of a sealed file, version 1: header copies, slots, geometry, limits. Parses and writes;
//! knows no keys and does no I/O. `docs/format.md` is the authority.

mod binding;
mod error;
pub mod geometry;
mod header;
pub mod limits;
mod pair;
mod slot;

pub use binding::Binding;
pub use error::Error;
pub use geometry::Geometry;
pub use header::{CORE_LEN, Core, Header, HeaderCopy};
pub use pair::{CopyName, HeaderPair, PairState};
pub use slot::{KdfParams, Slot, SlotKind, Wrapping, iterations_asked};
