//! Credentials in one SQLite file, sealed under a vault key that stands in slots as a file key does.
//!
//! Metadata and secrets are sealed; what is in the open is how many credentials and versions there are, and how
//! long. Every row is accounted for in an index under a MAC, so that a row that was edited, swapped, deleted or
//! put back from an earlier time is noticed by the next read of it. `docs/format.md` has the bytes,
//! `docs/threat-model.md` what is not noticed: an earlier state of the whole file.

mod audit_keeping;
mod database;
mod file;
mod head;
mod index;
mod keys;
mod open;
mod record;
mod rewrap;
mod rows;
mod store;

pub use head::Head;
pub use open::Vault;
pub use rewrap::Rewrapped;
