//! Slots made and opened: the file key under a master key, bound to the file's core or to what stands in its place.

use std::num::NonZeroU32;

use super::Error;
use super::file_key::{FileKey, label};
use super::master::{Kind, MasterKey};
use crate::base::{Secret, fill_random};
use crate::crypto::{Aead, Backend, NONCE_LEN, constant_time_eq, hkdf_sha256, sha256};
use crate::format::limits::{MAX_PBKDF2_ITERATIONS, MIN_WRITER_ITERATIONS};
use crate::format::{self, Binding, KdfParams, Slot, SlotKind, Wrapping};

/// Makes slots under one master key; a passphrase's salt is drawn once and serves all of them.
#[derive(Clone, Copy)]
pub struct KeyWrapper<'k> {
    key: &'k MasterKey,
    kdf: Option<KdfParams>,
}

impl<'k> KeyWrapper<'k> {
    /// For a run: `iterations` are 100,000 to 10,000,000 and count for a passphrase only.
    pub fn new(key: &'k MasterKey, iterations: u32) -> Result<Self, Error> {
        let kdf = match &key.0 {
            Kind::Raw(_) => None,
            Kind::Passphrase(_) if iterations < MIN_WRITER_ITERATIONS => {
                return Err(Error::TooFewIterations(iterations));
            }
            Kind::Passphrase(_) if u64::from(iterations) > MAX_PBKDF2_ITERATIONS => {
                return Err(Error::TooManyIterations(iterations.into()));
            }
            Kind::Passphrase(_) => {
                let mut salt = [0; 32];
                fill_random(&mut salt).map_err(Error::Random)?;
                let iterations = NonZeroU32::new(iterations).expect("at least the writer's minimum");
                Some(KdfParams { iterations, salt })
            }
        };
        Ok(Self { key, kdf })
    }

    /// Wraps `file_key` for what has these bound bytes.
    pub fn wrap(&self, file_key: &FileKey, bound: &dyn Binding) -> Result<Slot, Error> {
        let mut wrapping = Wrapping { slot_salt: [0; 32], commit: [0; 32], wrapped: [0; 48] };
        fill_random(&mut wrapping.slot_salt).map_err(Error::Random)?;
        Ok(match (&self.key.0, self.kdf) {
            (Kind::Passphrase(passphrase), Some(kdf)) => {
                let fill = |secret: &Secret<32>| {
                    fill_wrapping(
                        &mut wrapping,
                        secret,
                        SlotKind::Passphrase,
                        &kdf.encode(),
                        file_key,
                        bound,
                    );
                };
                passphrase.with_derived(&kdf, fill);
                Slot::Passphrase(kdf, wrapping)
            }
            (Kind::Raw(secret), _) => {
                let key_id = self.key.id().expect("a raw key has an id").0;
                fill_wrapping(&mut wrapping, secret, SlotKind::RawKey, &key_id, file_key, bound);
                Slot::RawKey(key_id, wrapping)
            }
            (Kind::Passphrase(_), None) => unreachable!("a passphrase's wrapper has a salt"),
        })
    }
}

/// Opens the file key with the first of `slots` that answers to `key`.
///
/// Slots that do not answer are passed over; one that does and then does not open is
/// [`Error::SlotTampered`]. Before PBKDF2 is run once, the sum of what is asked for is checked.
pub fn unwrap(key: &MasterKey, slots: &[Slot], bound: &dyn Binding) -> Result<FileKey, Error> {
    check_cost(key, slots)?;
    slots.iter().find_map(|slot| open_slot(key, slot, bound)).unwrap_or(Err(Error::NoSlotOpens))
}

/// Which of `slots` answer to `key`, in their order.
pub fn opening_slots(key: &MasterKey, slots: &[Slot], bound: &dyn Binding) -> Result<Vec<bool>, Error> {
    check_cost(key, slots)?;
    let opens = |slot| open_slot(key, slot, bound).map_or(Ok(false), |opened| opened.map(|_| true));
    slots.iter().map(opens).collect()
}

/// `None`: the slot is not for this key.
fn open_slot(key: &MasterKey, slot: &Slot, bound: &dyn Binding) -> Option<Result<FileKey, Error>> {
    match (&key.0, slot) {
        (Kind::Raw(secret), Slot::RawKey(key_id, wrapping)) if key.id().is_some_and(|id| id.0 == *key_id) => {
            open_wrapping(wrapping, secret, SlotKind::RawKey, key_id, bound)
        }
        (Kind::Passphrase(passphrase), Slot::Passphrase(kdf, wrapping)) => passphrase
            .with_derived(kdf, |secret| {
                open_wrapping(wrapping, secret, SlotKind::Passphrase, &kdf.encode(), bound)
            }),
        _ => None,
    }
}

/// A raw key runs no PBKDF2, whatever the slots ask for.
fn check_cost(key: &MasterKey, slots: &[Slot]) -> Result<(), Error> {
    match (&key.0, format::iterations_asked(slots)) {
        (Kind::Passphrase(_), asked) if asked > MAX_PBKDF2_ITERATIONS => {
            Err(format::Error::TooManyIterations(asked).into())
        }
        _ => Ok(()),
    }
}

fn open_wrapping(
    wrapping: &Wrapping,
    secret: &Secret<32>,
    kind: SlotKind,
    params: &[u8],
    bound: &dyn Binding,
) -> Option<Result<FileKey, Error>> {
    let keys = slot_keys(&wrapping.slot_salt, secret, kind, params, bound);
    let (wrap_key, commit) = keys.expose().split_first_chunk::<32>().expect("the wrapping key comes first");
    if !constant_time_eq(commit, &wrapping.commit) {
        return None;
    }
    let open = |file_key: &mut [u8; 32]| {
        Aead::new(Backend::default(), wrap_key).open(&[0; NONCE_LEN], &[], &wrapping.wrapped, file_key)
    };
    Some(Secret::from_fn(open).map(FileKey).map_err(|_| Error::SlotTampered))
}

fn fill_wrapping(
    wrapping: &mut Wrapping,
    secret: &Secret<32>,
    kind: SlotKind,
    params: &[u8],
    file_key: &FileKey,
    bound: &dyn Binding,
) {
    let keys = slot_keys(&wrapping.slot_salt, secret, kind, params, bound);
    let (wrap_key, commit) = keys.expose().split_first_chunk::<32>().expect("the wrapping key comes first");
    wrapping.commit.copy_from_slice(commit);
    // Nonce 0: the key comes from a fresh slot salt and seals this once.
    let aead = Aead::new(Backend::default(), wrap_key);
    aead.seal(&[0; NONCE_LEN], &[], file_key.0.expose(), &mut wrapping.wrapped);
}

/// `wrap 32 ‖ commit 32`. The commitment makes a slot answer to one key only: AES-GCM alone does not.
fn slot_keys(
    slot_salt: &[u8; 32],
    secret: &Secret<32>,
    kind: SlotKind,
    params: &[u8],
    bound: &dyn Binding,
) -> Secret<64> {
    let info =
        [&label("slot")[..], &kind.type_id().to_be_bytes(), &sha256(params), &bound.bound_bytes()].concat();
    hkdf_sha256(Backend::default(), slot_salt, secret.expose(), &info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SecretText;
    use crate::format::{CORE_LEN, Core};

    const CORE: Core = Core { file_id: [1; 32], plaintext_len: Some(7) };

    fn passphrase(text: &str) -> MasterKey {
        MasterKey::from_passphrase(SecretText::new(text.into())).unwrap()
    }

    fn wrap(key: &MasterKey, file_key: &FileKey) -> Slot {
        KeyWrapper::new(key, MIN_WRITER_ITERATIONS).unwrap().wrap(file_key, &CORE).unwrap()
    }

    #[test]
    fn each_key_opens_its_own_slot_among_many() {
        let file_key = FileKey::generate().unwrap();
        let (raw, other) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
        let (phrase, wrong) = (passphrase("right"), passphrase("wrong"));
        let unknown = Slot::Other { type_id: 77, body: vec![1; 9] };
        let slots = [unknown, wrap(&raw, &file_key), wrap(&phrase, &file_key)];
        for key in [&raw, &phrase] {
            assert_eq!(unwrap(key, &slots, &CORE).unwrap().0.expose(), file_key.0.expose());
        }
        for key in [&other, &wrong] {
            assert!(matches!(unwrap(key, &slots, &CORE), Err(Error::NoSlotOpens)));
        }
    }

    #[test]
    fn a_slot_is_bound_to_its_file() {
        let key = MasterKey::generate().unwrap();
        let slot = wrap(&key, &FileKey::generate().unwrap());
        let elsewhere = Core { file_id: [2; 32], ..CORE };
        assert!(matches!(unwrap(&key, &[slot], &elsewhere), Err(Error::NoSlotOpens)));
    }

    #[test]
    fn a_slot_may_be_bound_to_something_else_than_a_file() {
        struct Record([u8; CORE_LEN]);
        impl Binding for Record {
            fn bound_bytes(&self) -> [u8; CORE_LEN] {
                self.0
            }
        }
        let key = MasterKey::generate().unwrap();
        let wrapper = KeyWrapper::new(&key, MIN_WRITER_ITERATIONS).unwrap();
        let inner = FileKey::generate().unwrap();
        let slots = [wrapper.wrap(&inner, &Record([7; CORE_LEN])).unwrap()];
        let opened = unwrap(&key, &slots, &Record([7; CORE_LEN])).unwrap();
        assert_eq!(opened.0.expose(), inner.0.expose());
        assert!(matches!(unwrap(&key, &slots, &Record([8; CORE_LEN])), Err(Error::NoSlotOpens)));
        assert!(matches!(unwrap(&key, &slots, &CORE), Err(Error::NoSlotOpens)));
    }

    #[test]
    fn a_changed_wrapping_is_fatal_and_a_changed_commitment_is_another_key() {
        let key = MasterKey::generate().unwrap();
        let Slot::RawKey(id, wrapping) = wrap(&key, &FileKey::generate().unwrap()) else { unreachable!() };
        let mut wrapped = wrapping;
        wrapped.wrapped[0] ^= 1;
        assert!(matches!(unwrap(&key, &[Slot::RawKey(id, wrapped)], &CORE), Err(Error::SlotTampered)));
        let mut commit = wrapping;
        commit.commit[0] ^= 1;
        assert!(matches!(unwrap(&key, &[Slot::RawKey(id, commit)], &CORE), Err(Error::NoSlotOpens)));
    }

    #[test]
    fn absurd_iterations_cost_nothing() {
        let key = passphrase("right");
        let Slot::Passphrase(kdf, wrapping) = wrap(&key, &FileKey::generate().unwrap()) else {
            unreachable!()
        };
        let absurd = KdfParams { iterations: NonZeroU32::MAX, ..kdf };
        let slots = [Slot::Passphrase(absurd, wrapping)];
        assert!(matches!(unwrap(&key, &slots, &CORE), Err(Error::Format(_))));
        assert!(matches!(unwrap(&MasterKey::generate().unwrap(), &slots, &CORE), Err(Error::NoSlotOpens)));
    }

    #[test]
    fn one_run_derives_once() {
        let key = passphrase("right");
        let wrapper = KeyWrapper::new(&key, MIN_WRITER_ITERATIONS).unwrap();
        for _ in 0..200 {
            wrapper.wrap(&FileKey::generate().unwrap(), &CORE).unwrap();
        }
        assert_eq!(key.derivation_count(), 1);
    }

    #[test]
    fn a_writer_refuses_weak_derivations() {
        let key = passphrase("right");
        assert!(matches!(KeyWrapper::new(&key, 99_999), Err(Error::TooFewIterations(_))));
        assert!(matches!(KeyWrapper::new(&key, 10_000_001), Err(Error::TooManyIterations(_))));
    }
}
