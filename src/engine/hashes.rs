//! SHA-256 hashes taken while the data passes by, group after group.

use super::Error;
use super::in_order::InOrder;
use crate::crypto::{Backend, Sha256};

/// Something for the plaintext and something for the payload: what is wanted, or what came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hashes<T> {
    /// Over the plaintext.
    pub plaintext: T,
    /// Over the payload: all bytes behind the header.
    pub payload: T,
}

impl Hashes<bool> {
    /// Neither.
    pub const NONE: Self = Self { plaintext: false, payload: false };
    /// Over the plaintext only.
    pub const PLAINTEXT: Self = Self { plaintext: true, payload: false };
    /// Both.
    pub const BOTH: Self = Self { plaintext: true, payload: true };
}

/// The hashes asked for, under way. Each group passes through them in order.
pub(super) struct Hashing(Hashes<Option<InOrder<Sha256>>>);

impl Hashing {
    pub(super) fn start(wanted: Hashes<bool>, payload_prefix: &[u8]) -> Self {
        let start = |wanted: bool, first: &[u8]| {
            wanted.then(|| {
                let mut hasher = Sha256::new(Backend::default());
                hasher.update(first);
                InOrder::new(hasher)
            })
        };
        Self(Hashes {
            plaintext: start(wanted.plaintext, &[]),
            payload: start(wanted.payload, payload_prefix),
        })
    }

    pub(super) fn plaintext(&self, group_index: u64, bytes: &[u8]) -> Result<(), Error> {
        pass(self.0.plaintext.as_ref(), group_index, bytes)
    }

    /// Whether this group would not have to wait.
    pub(super) fn is_plaintext_due(&self, group_index: u64) -> bool {
        self.0.plaintext.as_ref().is_none_or(|hasher| hasher.is_due(group_index))
    }

    pub(super) fn payload(&self, group_index: u64, bytes: &[u8]) -> Result<(), Error> {
        pass(self.0.payload.as_ref(), group_index, bytes)
    }

    /// Lets everybody go who waits: the work has failed.
    pub(super) fn break_off(&self) {
        [&self.0.plaintext, &self.0.payload].into_iter().flatten().for_each(InOrder::break_off);
    }

    pub(super) fn finish(self) -> Hashes<Option<[u8; 32]>> {
        let finish = |hasher: Option<InOrder<Sha256>>| hasher.map(|hasher| hasher.into_inner().finish());
        Hashes { plaintext: finish(self.0.plaintext), payload: finish(self.0.payload) }
    }
}

fn pass(hasher: Option<&InOrder<Sha256>>, group_index: u64, bytes: &[u8]) -> Result<(), Error> {
    hasher.map_or(Ok(()), |hasher| hasher.pass(group_index, |hasher| hasher.update(bytes)))
}
