//! Typed credentials with their versions, in the stores that keep them.

mod address;
mod check;
mod entry;
mod error;
mod field;
mod kind;
mod moment;
mod name;
mod record;
mod store;
pub mod stores;
mod version;
mod wiped_json;

pub use check::check;
pub use entry::{Credential, Entry, Filter};
pub use error::Error;
pub use kind::Kind;
pub use moment::Moment;
pub use name::Name;
pub use record::Record;
pub use store::{Access, Action, Apply, Changed, CredentialStore, Listing, WithSecret};
pub use version::{History, Label, Selector, Version};
