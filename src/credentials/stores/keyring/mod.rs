//! Credentials in the keyring of the operating system.
//!
//! Each credential is several entries of the keyring:
//!
//! | service | name | secret |
//! |---|---|---|
//! | `modelcrypt` | `NAME` | the current secret as it is, while the credential is active: what other programs see |
//! | `modelcrypt-record` | `NAME` | a JSON document: the record, its versions, a keyed digest of each secret |
//! | `modelcrypt-record` | `NAME/before` | the document before this one, for as long as the current secret may still be its |
//! | `modelcrypt-version` | `NAME/7` | the secret of version 7 |
//!
//! A keyring replaces one entry at a time, whole. A change of the current secret writes the version, both documents,
//! the secret that others see, and the document once more; killed anywhere on the way, the secret that others see
//! tells by its digest which of the two documents stands. One that fits neither was stored by another program, and
//! is the current version; one that is gone was deleted by another program, and so is the credential.
//!
//! The credential manager of Windows holds 2,560 bytes in an entry: longer secrets belong in the vault.

mod document;
mod items;
mod lock;
mod state;
mod store;

pub use store::KeyringStore;
