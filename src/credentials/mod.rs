//! Typed credentials with their versions, in the stores that keep them.

mod address;
pub mod audit;
mod chain;
mod check;
mod command;
mod entry;
mod error;
mod field;
mod for_url;
mod kind;
mod manifest;
mod moment;
mod name;
mod record;
mod rotation;
mod shared;
mod store;
pub mod stores;
mod structured;
mod version;
mod wiped_json;

pub use chain::{Answer, Chain, Miss};
pub use check::check;
pub use command::{check_by_command, secret_of_command};
pub use entry::{Credential, Entry, Filter};
pub use error::Error;
pub use for_url::for_url;
pub use kind::Kind;
pub use manifest::read_manifest;
pub use moment::Moment;
pub use name::Name;
pub use record::Record;
pub use rotation::{NewSecret, Refusal, Rotation, due, generate};
pub use store::{Access, Action, Apply, Changed, CredentialStore, Listing, WithSecret};
pub use version::{History, Label, Selector, Version};
