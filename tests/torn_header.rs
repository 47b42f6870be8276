//! A rewrap may be cut off anywhere: the file opens with the old key or the new one, and a second run
//! finishes the work.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::io;
use std::sync::{Mutex, MutexGuard};

use common::{MemoryFile, kind, open, plaintext, raw_key, seal, seal_and_tell};
use modelcrypt::base::{Durable, ReadAt, WriteAt};
use modelcrypt::envelope::{Error, HeaderEditor};
use modelcrypt::format::limits::{HEADER_COPY_LEN, MIN_WRITER_ITERATIONS};
use modelcrypt::format::{CopyName, KdfParams, PairState, Slot};
use modelcrypt::keys::{KeyWrapper, opening_slots};
use modelcrypt::{ErrorKind, MasterKey};
use proptest::prelude::*;

#[test]
fn a_rewrap_may_be_torn_after_any_sector() {
    for start in starts() {
        for sectors in 0.. {
            let disk = Disk::new(start.clone());
            disk.state().sectors_left = sectors;
            if rewrap(&disk).is_ok() {
                assert!(sectors >= 4 * SECTORS, "only {sectors} sectors were written");
                break;
            }
            assert_finishes(disk.bytes());
        }
    }
}

#[test]
fn a_rewrap_may_end_at_any_sync() {
    for start in starts() {
        for lose_unsynced in [false, true] {
            for syncs in 0.. {
                let disk = Disk::new(start.clone());
                disk.state().syncs_left = syncs;
                if rewrap(&disk).is_ok() {
                    assert!(syncs >= 6, "only {syncs} syncs");
                    break;
                }
                if lose_unsynced {
                    disk.lose_unsynced(0);
                }
                assert_finishes(disk.bytes());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Between two syncs a disk writes sectors in any order.
    #[test]
    fn a_torn_write_may_leave_any_of_its_sectors(start in 0..5_usize, syncs in 0..7_usize, kept: u16) {
        let disk = Disk::new(starts().swap_remove(start));
        disk.state().syncs_left = syncs;
        if rewrap(&disk).is_err() {
            disk.lose_unsynced(kept);
        }
        assert_finishes(disk.bytes());
    }
}

#[test]
fn a_write_tried_again_by_the_same_editor_keeps_one_copy_whole() {
    for first in 0..2 * SECTORS {
        for second in (0..3 * SECTORS).step_by(5) {
            let disk = Disk::new(seal(&raw_key(OLD), &plaintext(LEN)));
            let mut editor = HeaderEditor::unlock(&disk, &[&raw_key(OLD)]).unwrap();
            for sectors in [first, second] {
                disk.revive(sectors);
                let (slots, metadata) = (editor.header().slots.clone(), editor.metadata().clone());
                let _ = editor.write(&slots, metadata);
            }
            assert_finishes(disk.bytes());
        }
    }
}

#[test]
fn each_copy_is_synced_before_the_other_is_touched() {
    let disk = Disk::new(seal(&raw_key(OLD), &plaintext(LEN)));
    rewrap(&disk).unwrap();
    let (a, b) = (Event::Wrote(0), Event::Wrote(HEADER_COPY_LEN as u64));
    let writes: Vec<Event> = disk.state().events.clone();
    let once = [Event::Synced, a, Event::Synced, b, Event::Synced];
    assert_eq!(writes, [once, once].concat());
}

#[test]
fn a_rewrap_leaves_payload_and_foreign_slots_as_they_are() {
    let (mut sealed, told) = seal_and_tell(&raw_key(OLD), &plaintext(LEN));
    let mut header = told.header.header.clone();
    header.slots.insert(0, Slot::Other { type_id: 6, body: b"a service's".to_vec() });
    let mac = |authenticated: &[u8]| told.file_key.header_mac(&header.core, authenticated);
    sealed[..PAYLOAD_AT].copy_from_slice(&header.encode(mac).unwrap().image().repeat(2));
    let file = MemoryFile::new(sealed.clone());
    rewrap(&file).unwrap();
    assert_eq!(file.bytes()[PAYLOAD_AT..], sealed[PAYLOAD_AT..]);
    let editor = HeaderEditor::unlock(&file, &[&raw_key(NEW)]).unwrap();
    assert_eq!((editor.header().slots.len(), editor.header().generation), (2, 3));
    assert_eq!((&editor.header().slots[0], editor.metadata()), (&header.slots[0], &told.metadata));
    assert_ne!(editor.header().header_salt, header.header_salt);
}

#[test]
fn a_header_that_could_not_be_read_is_not_written() {
    let (sealed, told) = seal_and_tell(&raw_key(OLD), &plaintext(LEN));
    let header = &told.header.header;
    let Slot::RawKey(_, wrapping) = header.slots[0] else { unreachable!() };
    let asking = |iterations: u32, salt: u8| {
        Slot::Passphrase(KdfParams { iterations: iterations.try_into().unwrap(), salt: [salt; 32] }, wrapping)
    };
    let own = header.slots[0].clone();
    let room = Slot::Other { type_id: 9, body: vec![0; 7900] };
    for slots in [
        vec![],
        vec![own.clone(); 17],
        vec![own.clone(), room],
        // Each of both is honest. Together they are more than any reader runs: neither passphrase would open.
        vec![own.clone(), asking(6_000_000, 1), asking(6_000_000, 2)],
    ] {
        let disk = Disk::new(sealed.clone());
        let mut editor = HeaderEditor::unlock(&disk, &[&raw_key(OLD)]).unwrap();
        assert_eq!(kind(editor.check(&slots)), Some(ErrorKind::InvalidInput));
        assert_eq!(kind(editor.write(&slots, told.metadata.clone())), Some(ErrorKind::InvalidInput));
        assert_eq!(disk.bytes(), sealed);
    }
    let shared = [own, asking(6_000_000, 1), asking(6_000_000, 1)];
    let file = MemoryFile::new(sealed);
    assert!(HeaderEditor::unlock(&file, &[&raw_key(OLD)]).unwrap().check(&shared).is_ok());
}

/// Changes the file's key from the old to the new one, as a rewrap does it: add, prove, drop.
fn rewrap(file: &dyn Durable) -> Result<(), Error> {
    let (old, new) = (raw_key(OLD), raw_key(NEW));
    let mut editor = HeaderEditor::unlock(file, &[&new, &old])?;
    let (core, mut slots) = (editor.header().core, editor.header().slots.clone());
    let answers =
        |key: &MasterKey, slot: &Slot| opening_slots(key, std::slice::from_ref(slot), &core).unwrap()[0];
    if !slots.iter().any(|slot| answers(&new, slot)) {
        slots.push(KeyWrapper::new(&new, MIN_WRITER_ITERATIONS)?.wrap(editor.file_key(), &core)?);
        editor.write(&slots, editor.metadata().clone())?;
    }
    let mut editor = HeaderEditor::unlock(file, &[&new])?;
    let mut slots = editor.header().slots.clone();
    let found = slots.len();
    slots.retain(|slot| !answers(&old, slot));
    if slots.len() == found { editor.heal() } else { editor.write(&slots, editor.metadata().clone()) }
}

/// The file opens with the old key or the new one, and a second rewrap ends with the new one alone.
#[track_caller]
fn assert_finishes(image: Vec<u8>) {
    let (old, new) = (raw_key(OLD), raw_key(NEW));
    let opened = open(&new, &image).or_else(|_| open(&old, &image));
    assert_eq!(opened.unwrap().0, plaintext(LEN));
    let file = MemoryFile::new(image);
    rewrap(&file).unwrap();
    assert_eq!(open(&new, &file.bytes()).unwrap(), (plaintext(LEN), PairState::Identical));
    assert_eq!(kind(open(&old, &file.bytes())), Some(ErrorKind::WrongKey));
}

/// Files as an earlier run may have left them: whole, a copy damaged, a copy behind.
fn starts() -> Vec<Vec<u8>> {
    let whole = seal(&raw_key(OLD), &plaintext(LEN));
    let damaged = |name: CopyName| {
        let mut image = whole.clone();
        image[usize::try_from(name.offset()).unwrap() + 300] ^= 1;
        image
    };
    let file = MemoryFile::new(whole.clone());
    let mut editor = HeaderEditor::unlock(&file, &[&raw_key(OLD)]).unwrap();
    let (slots, metadata) = (editor.header().slots.clone(), editor.metadata().clone());
    editor.write(&slots, metadata).unwrap();
    let later = file.bytes();
    let joined = |a: &[u8], b: &[u8]| [&a[..HEADER_COPY_LEN], &b[HEADER_COPY_LEN..]].concat();
    let (a_behind, b_behind) = (joined(&whole, &later), joined(&later, &whole));
    vec![damaged(CopyName::A), damaged(CopyName::B), a_behind, b_behind, whole]
}

/// A disk that loses power after so many sectors or syncs.
struct Disk(Mutex<State>);

struct State {
    bytes: Vec<u8>,
    synced: Vec<u8>,
    sectors_left: usize,
    syncs_left: usize,
    events: Vec<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Wrote(u64),
    Synced,
}

impl Disk {
    fn new(bytes: Vec<u8>) -> Self {
        let (synced, events) = (bytes.clone(), Vec::new());
        Self(Mutex::new(State { bytes, synced, sectors_left: usize::MAX, syncs_left: usize::MAX, events }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// Lets it write that many sectors more.
    fn revive(&self, sectors: usize) {
        self.state().sectors_left = sectors;
    }

    /// Undoes what was written since the last sync, but for the sectors of either copy that `kept` has.
    fn lose_unsynced(&self, kept: u16) {
        let State { bytes, synced, .. } = &mut *self.state();
        for (index, (now, before)) in bytes.chunks_mut(SECTOR).zip(synced.chunks(SECTOR)).enumerate() {
            if kept >> (index % SECTORS) & 1 == 0 {
                now.copy_from_slice(before);
            }
        }
    }
}

impl ReadAt for Disk {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.state().bytes.read_at(buffer, offset)
    }
}

impl WriteAt for Disk {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state();
        let start = usize::try_from(offset).unwrap();
        let written_len = bytes.len().min(state.sectors_left.saturating_mul(SECTOR));
        state.bytes[start..start + written_len].copy_from_slice(&bytes[..written_len]);
        state.sectors_left -= written_len / SECTOR;
        state.events.push(Event::Wrote(offset));
        if written_len < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(written_len) }
    }
}

impl Durable for Disk {
    fn sync(&self) -> io::Result<()> {
        let mut state = self.state();
        let left = state.syncs_left.checked_sub(1).ok_or_else(|| io::Error::other("the disk is gone"))?;
        state.syncs_left = left;
        state.events.push(Event::Synced);
        let State { bytes, synced, .. } = &mut *state;
        synced.clone_from(bytes);
        Ok(())
    }
}

const OLD: u8 = 1;
const NEW: u8 = 2;
const LEN: usize = 100;
const PAYLOAD_AT: usize = 2 * HEADER_COPY_LEN;
const SECTOR: usize = 512;
const SECTORS: usize = HEADER_COPY_LEN / SECTOR;
