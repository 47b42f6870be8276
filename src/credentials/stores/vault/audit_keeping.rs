//! What a vault does for its audit log.

use super::database::{Durability, Purpose};
use super::head::Head;
use super::open::Vault;
use crate::base::Secret;
use crate::credentials::Error;

impl Vault {
    /// Where the audit log ends, as far as the vault knows.
    pub fn audit_head(&self) -> Result<Head, Error> {
        self.transaction(Purpose::Read, |transaction, fail, root| {
            Head::load(transaction, fail, &self.keys, root.generation)
        })
    }

    /// Remembers where the audit log ends; on the medium, if that line is.
    pub(in crate::credentials) fn set_audit_head(&self, head: &Head) -> Result<(), Error> {
        let is_synced = head.synced_seq == head.seq;
        let durability = if is_synced { Durability::Medium } else { Durability::Processes };
        self.database().transaction(Purpose::Write, durability, |transaction, fail| {
            let root = self.root(transaction, fail)?;
            head.save(transaction, fail, &self.keys, root.generation)
        })
    }

    /// A key for something that belongs to this vault.
    pub(in crate::credentials) fn derive(&self, purpose: &str) -> Secret<32> {
        self.inner_key.derive(purpose, self.record.bytes())
    }

    /// The id of this vault.
    pub(in crate::credentials) fn id(&self) -> [u8; 32] {
        *self.record.bytes().first_chunk().expect("the id comes first")
    }
}
