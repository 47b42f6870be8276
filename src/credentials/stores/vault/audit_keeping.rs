//! What a vault does for its audit log.

use super::database::{Durability, Purpose};
use super::head::Head;
use super::open::Vault;
use crate::credentials::Error;

impl Vault {
    /// Where the audit log ends, as far as the vault knows.
    pub fn audit_head(&self) -> Result<Head, Error> {
        self.database().transaction(Purpose::Read, Durability::Processes, |transaction, fail| {
            Head::load(transaction, fail, &self.keys)
        })
    }
}
