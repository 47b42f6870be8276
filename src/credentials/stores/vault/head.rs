//! The newest line of the audit log, as the vault remembers it: a log of which the end was cut off is shorter.
//!
//! It is bound to the vault's generation: one of before a change is not authentic after it.

use rusqlite::Transaction;

use super::database::{Fail, tampered};
use super::keys::VaultKeys;
use super::rows;
use crate::credentials::Error;
use crate::crypto::constant_time_eq;

/// Where an audit log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The number of its last line; 0 for none yet.
    pub seq: u64,
    /// The MAC of that line.
    pub mac: [u8; 32],
    /// The last line that was on the medium for sure: no crash loses it.
    pub synced_seq: u64,
    /// Which start of the machine it was written in; zeros where that is not known.
    pub boot: [u8; 16],
}

impl Head {
    fn encode(&self) -> Vec<u8> {
        [&self.seq.to_be_bytes()[..], &self.mac, &self.synced_seq.to_be_bytes(), &self.boot].concat()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (seq, rest) = bytes.split_first_chunk()?;
        let (mac, rest) = rest.split_first_chunk()?;
        let (synced_seq, rest) = rest.split_first_chunk()?;
        let boot = rest.try_into().ok()?;
        let synced_seq = u64::from_be_bytes(*synced_seq);
        Some(Self { seq: u64::from_be_bytes(*seq), mac: *mac, synced_seq, boot })
    }

    pub(super) fn load(
        transaction: &Transaction<'_>,
        fail: &Fail<'_>,
        keys: &VaultKeys,
        generation: u64,
    ) -> Result<Self, Error> {
        let (head, mac) = rows::head(transaction, fail)?;
        let is_authentic = constant_time_eq(&keys.head_mac(generation, &head), &mac);
        let head = Self::parse(&head).filter(|_| is_authentic);
        head.ok_or_else(|| tampered("what it remembers of its audit log was changed"))
    }

    pub(super) fn save(
        &self,
        transaction: &Transaction<'_>,
        fail: &Fail<'_>,
        keys: &VaultKeys,
        generation: u64,
    ) -> Result<(), Error> {
        let head = self.encode();
        rows::put_head(transaction, fail, &head, &keys.head_mac(generation, &head))
    }
}
