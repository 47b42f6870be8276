//! Master keys, file keys, and the slots between them. A *master key* wraps the *file key* of each file;
//! everything about a file hangs on its file key.

mod error;
mod file_key;
mod key_file;
#[cfg(feature = "keyring")]
mod keyring_entries;
mod keyring_key;
mod master;
#[cfg(feature = "keyring")]
mod os_keyring;
mod passphrase;
#[cfg(all(feature = "keyring", target_os = "linux"))]
mod secret_service;
mod source;
mod wrap;

pub use error::Error;
pub use file_key::{FileKey, label};
pub use key_file::write_key_file;
pub use keyring_key::write_keyring_key;
pub use master::{KeyId, MasterKey};
#[cfg(feature = "keyring")]
pub use os_keyring::OsKeyring;
pub use source::{KeySource, Permissions, key_file_problem};
pub use wrap::{KeyWrapper, opening_slots, unwrap};
