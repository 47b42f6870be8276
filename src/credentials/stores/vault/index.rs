//! The index: which rows there are, in 256 buckets of which each has a MAC, under one MAC for all.
//!
//! A read checks the MAC over all and the bucket that it reads from: that a credential is there, that it is the
//! newest, and that one is not there, are all authentic, at the cost of 1/256 of the vault.

use super::keys::{RowId, VaultKeys, digest};
use super::record::VaultRecord;
use crate::crypto::{constant_time_eq, sha256};

/// The MACs of all buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Buckets(Vec<u8>);

impl Buckets {
    /// Those of a vault without rows.
    pub(super) fn empty(keys: &VaultKeys) -> Self {
        let mut buckets = Self(vec![0; BUCKET_COUNT * MAC_LEN]);
        (0..=u8::MAX).for_each(|bucket| buckets.set(bucket, &bucket_mac(keys, bucket, std::iter::empty())));
        buckets
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() == BUCKET_COUNT * MAC_LEN).then_some(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn set(&mut self, bucket: u8, mac: &[u8; MAC_LEN]) {
        self.0[usize::from(bucket) * MAC_LEN..][..MAC_LEN].copy_from_slice(mac);
    }

    /// Whether `rows`, in the order of their ids, are all that is in `bucket`.
    pub(super) fn holds<'a>(
        &self,
        keys: &VaultKeys,
        bucket: u8,
        rows: impl Iterator<Item = (&'a RowId, &'a [u8])>,
    ) -> bool {
        let expected = &self.0[usize::from(bucket) * MAC_LEN..][..MAC_LEN];
        constant_time_eq(&bucket_mac(keys, bucket, rows), expected)
    }
}

/// The bucket that a row is in.
pub(super) fn bucket_of(row: &RowId) -> u8 {
    row[0]
}

/// The MAC over the rows of one bucket, in the order of their ids.
pub(super) fn bucket_mac<'a>(
    keys: &VaultKeys,
    bucket: u8,
    rows: impl Iterator<Item = (&'a RowId, &'a [u8])>,
) -> [u8; MAC_LEN] {
    let mut mac = keys.index_mac();
    mac.update(b"bucket");
    mac.update(&[bucket]);
    for (row, sealed) in rows {
        mac.update(row);
        mac.update(&digest(sealed));
    }
    mac.finish()
}

/// The MAC over everything: slots, generation and the MACs of all buckets.
pub(super) fn root_mac(keys: &VaultKeys, generation: u64, slots: &[u8], buckets: &Buckets) -> [u8; MAC_LEN] {
    let mut mac = keys.index_mac();
    mac.update(b"root");
    mac.update(&generation.to_be_bytes());
    mac.update(&sha256(slots));
    mac.update(buckets.bytes());
    mac.finish()
}

/// Needs no key: tells a damaged row from one that another key opens, and nothing more.
pub(super) fn root_checksum(
    record: &VaultRecord,
    generation: u64,
    slots: &[u8],
    buckets: &Buckets,
    mac: &[u8; MAC_LEN],
) -> [u8; 32] {
    let generation = generation.to_be_bytes();
    sha256(&[&record.bytes()[..], &generation, &sha256(slots), buckets.bytes(), mac].concat())
}

const BUCKET_COUNT: usize = 256;
const MAC_LEN: usize = 32;
