//! Master keys, file keys, and the slots between them. A *master key* wraps the *file key* of each file;
//! everything about a file hangs on its file key.

mod error;
mod file_key;
mod key_file;
mod master;
mod passphrase;
mod source;
mod wrap;

pub use error::Error;
pub use file_key::{FileKey, label};
pub use key_file::write_key_file;
pub use master::{KeyId, MasterKey};
pub use source::{KeySource, Permissions, key_file_problem};
pub use wrap::{KeyWrapper, opening_slots, unwrap};
