//! Another master key for a vault: what is sealed stays as it is.

use super::database::{Purpose, tampered};
use super::open::Vault;
use super::record::{encode_slots, parse_slots};
use crate::credentials::Error;
use crate::format::limits::MAX_SLOTS;
use crate::keys::{self, KeyWrapper, MasterKey};

/// What a rewrap has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rewrapped {
    /// Slots that the old key opened and that are gone.
    pub dropped: usize,
    /// Slots of other keys, kept as they are.
    pub others: usize,
}

impl Vault {
    /// Has `new` open the vault and `old` no more: adds a slot, proves that it opens, and drops those that `old`
    /// opens, in one transaction. Run again, it finds nothing left to do.
    pub fn rewrap(&self, old: &MasterKey, new: &MasterKey, iterations: u32) -> Result<Rewrapped, Error> {
        if old.is_same(new) {
            let reason = "it is the same as the old one";
            return Err(Error::Invalid { field: "new key".into(), reason });
        }
        let wrapper = KeyWrapper::new(new, iterations)?;
        self.transaction(Purpose::Write, |transaction, fail, mut root| {
            let mut slots =
                parse_slots(&root.slots).ok_or_else(|| tampered("its key slots are malformed"))?;
            let is_new = |slots: &[_]| keys::opening_slots(new, slots, &root.record);
            let by_old = keys::opening_slots(old, &slots, &root.record)?;
            if !by_old.contains(&true) && !is_new(&slots)?.contains(&true) {
                return Err(keys::Error::NoSlotOpens.into());
            }
            if !is_new(&slots)?.contains(&true) {
                if slots.len() == MAX_SLOTS {
                    let reason = "there is no room for one more";
                    return Err(Error::Invalid { field: "key slots".into(), reason });
                }
                slots.push(wrapper.wrap(&self.inner_key, &root.record)?);
            }
            if !keys::unwrap(new, &slots, &root.record)?.is_same(&self.inner_key) {
                return Err(tampered("a slot of the new key holds another vault key"));
            }
            let by_new = is_new(&slots)?;
            let mut kept = Vec::new();
            let mut done = Rewrapped { dropped: 0, others: 0 };
            for (at, slot) in slots.into_iter().enumerate() {
                if by_old.get(at) == Some(&true) && !by_new[at] {
                    done.dropped += 1;
                } else {
                    done.others += usize::from(!by_new[at]);
                    kept.push(slot);
                }
            }
            root.slots = encode_slots(&kept);
            self.save(transaction, fail, &mut root)?;
            Ok(done)
        })
    }
}
