//! The 64 bytes that stand where a file's core stands, and the slots bound to them.

use std::io;

use crate::base::fill_random;
use crate::format::limits::MAX_SLOTS;
use crate::format::{Binding, CORE_LEN, Slot};

/// A vault's id and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VaultRecord([u8; CORE_LEN]);

impl VaultRecord {
    /// One with a fresh id.
    pub(super) fn generate() -> io::Result<Self> {
        let mut bytes = [0; CORE_LEN];
        fill_random(&mut bytes[..ID_LEN])?;
        bytes[ID_LEN..][..TEXT.len()].copy_from_slice(TEXT);
        Ok(Self(bytes))
    }

    /// `None`: no record of a vault of this version.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; CORE_LEN] = bytes.try_into().ok()?;
        let text = bytes[ID_LEN..].strip_prefix(TEXT)?;
        text.iter().all(|&byte| byte == 0).then_some(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; CORE_LEN] {
        &self.0
    }
}

impl Binding for VaultRecord {
    fn bound_bytes(&self) -> [u8; CORE_LEN] {
        self.0
    }
}

/// `slot_count u8 ‖ slots`, the slots as in a header.
pub(super) fn encode_slots(slots: &[Slot]) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(slots.len()).expect("at most 16 slots")];
    for slot in slots {
        slot.encode(&mut bytes);
    }
    bytes
}

/// `None`: not what a writer puts there.
pub(super) fn parse_slots(bytes: &[u8]) -> Option<Vec<Slot>> {
    let (&count, mut rest) = bytes.split_first()?;
    if !(1..=MAX_SLOTS).contains(&usize::from(count)) {
        return None;
    }
    let mut slots = Vec::with_capacity(count.into());
    for _ in 0..count {
        let (slot, after) = Slot::parse(rest).ok()?;
        slots.push(slot);
        rest = after;
    }
    rest.is_empty().then_some(slots)
}

const ID_LEN: usize = 32;
const TEXT: &[u8] = b"modelcrypt vault v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_holds_a_fresh_id_and_the_text() {
        let (a, b) = (VaultRecord::generate().unwrap(), VaultRecord::generate().unwrap());
        assert_ne!(a, b);
        assert_eq!(&a.bytes()[32..51], b"modelcrypt vault v1");
        assert_eq!(VaultRecord::parse(a.bytes()), Some(a));
        for at in [32, 50, 51, 63] {
            let mut changed = *a.bytes();
            changed[at] ^= 1;
            assert_eq!(VaultRecord::parse(&changed), None, "byte {at}");
        }
        assert_eq!(VaultRecord::parse(&a.bytes()[..63]), None);
    }

    #[test]
    fn slots_survive_being_written_and_read() {
        let slots =
            vec![Slot::Other { type_id: 77, body: vec![1; 9] }, Slot::Other { type_id: 78, body: vec![] }];
        let bytes = encode_slots(&slots);
        assert_eq!(parse_slots(&bytes), Some(slots));
        assert_eq!(parse_slots(&bytes[..bytes.len() - 1]), None);
        assert_eq!(parse_slots(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(parse_slots(&[0]), None);
        assert_eq!(parse_slots(&[]), None);
    }
}
