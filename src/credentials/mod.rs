//! Everything that a program must log in with: typed, versioned, found in one order, every access on record.
//!
//! A [`Record`] is what is known of a credential, its secret stands apart. A [`CredentialStore`] keeps them: the
//! [`Vault`](stores::vault::Vault) in an encrypted file; variables, files and [manifests](read_manifest) are read only.
//! A [`Chain`] asks several in one order. A [`Rotation`] puts a new secret in the place of an old one, and
//! [`Audited`](audit::Audited) lets no access through that is not on record.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::SystemTime;
//!
//! use modelcrypt::MasterKey;
//! use modelcrypt::base::SecretText;
//! use modelcrypt::credentials::audit::{Actor, AuditLog, Audited};
//! use modelcrypt::credentials::stores::env::Environment;
//! use modelcrypt::credentials::stores::vault::Vault;
//! use modelcrypt::credentials::{Chain, CredentialStore, Kind, NewSecret, Record, Rotation, Selector, WithSecret};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("vault.db");
//! let vault = Arc::new(Vault::open_or_create(&path, &MasterKey::generate()?)?);
//! let actor = Actor { name: "orchestrator".into(), correlation: "job-17".into() };
//! let audited = Audited::new(Arc::clone(&vault), Arc::new(AuditLog::of(vault)), actor);
//! let chain = Chain::new(vec![Box::new(audited), Box::new(Environment::new())]);
//!
//! let mut record = Record::new("warehouse".parse()?, Kind::DbDsn, SystemTime::now());
//! record.tags.insert("prod".into());
//! let name = record.name.clone();
//! chain.create(record, SecretText::new(b"postgres://etl:old@db.example/main".to_vec()))?;
//!
//! let new = SecretText::new(b"postgres://etl:new@db.example/main".to_vec());
//! Rotation::new(&chain, name.clone()).run(NewSecret::Given(new), &mut |_| Ok(()))?;
//!
//! let found = chain.answer(&name, Selector::CURRENT)?;
//! assert_eq!((found.store.as_str(), found.credential.version.number), ("vault", 2));
//! assert_eq!(found.credential.field("password")?.expose(), b"new");
//! assert_eq!(chain.with_secret(&name, |secret| secret.len())?, 34);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
mod listing;
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
pub use for_url::{for_url, name_for_url};
pub use kind::Kind;
pub use listing::Listing;
pub use manifest::read_manifest;
pub use moment::Moment;
pub use name::Name;
pub use record::Record;
pub use rotation::{NewSecret, Refusal, Rotation, due, generate};
pub use store::{Access, Action, Apply, Changed, CredentialStore, WithSecret};
pub use version::{History, Label, Selector, Version};
