//! Headers that somebody composed: right checksums over any bytes. None opens, none panics, and nothing is
//! allocated or derived from a number that was not bounded.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use common::{MemoryFile, kind, mend_checksums, open, open_stream, plaintext, raw_key, seal};
use modelcrypt::ErrorKind;
use modelcrypt::envelope::HeaderEditor;
use modelcrypt::format::limits::HEADER_COPY_LEN;
use modelcrypt::format::{Core, Header, HeaderPair, PairState, Slot};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn fields_overwritten_in_both_copies_never_open(
        edits in vec((0..8160_usize, vec(any::<u8>(), 1..9)), 1..4),
        cut in 0..200_usize,
    ) {
        let whole = seal(&raw_key(1), &plaintext(100));
        let mut sealed = whole.clone();
        for (at, bytes) in &edits {
            write_into_both(&mut sealed, *at, bytes);
        }
        prop_assume!(sealed != whole);
        mend_checksums(&mut sealed);
        sealed.truncate(whole.len() - cut.saturating_sub(100));
        refused(&sealed)?;
    }

    #[test]
    fn lengths_and_counts_of_any_size_are_refused(
        plaintext_len: u64, slot_count: u8, metadata_len: u32, slot_type in 0..9_u16, slot_len: u16,
    ) {
        let whole = seal(&raw_key(1), &plaintext(100));
        for (at, bytes) in [
            (48, plaintext_len.to_be_bytes().to_vec()),
            (104, vec![slot_count]),
            (108, metadata_len.to_be_bytes().to_vec()),
            (112, slot_type.to_be_bytes().to_vec()),
            (114, slot_len.to_be_bytes().to_vec()),
        ] {
            let mut sealed = whole.clone();
            write_into_both(&mut sealed, at, &bytes);
            mend_checksums(&mut sealed);
            if sealed != whole {
                refused(&sealed)?;
            }
        }
    }

    #[test]
    fn any_bytes_behind_the_core_parse_or_do_not(tail in vec(any::<u8>(), 0..8096)) {
        let mut sealed = seal(&raw_key(1), b"");
        write_into_both(&mut sealed, 64, &tail);
        mend_checksums(&mut sealed);
        if let Ok(pair) = HeaderPair::parse(&sealed) {
            prop_assert!((1..=16).contains(&pair.newest.header.slots.len()));
        }
    }

    #[test]
    fn a_header_of_slots_nobody_knows_is_read_as_it_was_written(
        generation in 1..=u64::MAX,
        plaintext_len in proptest::option::of(0..1_u64 << 52),
        slots in vec((4..=u16::MAX, vec(any::<u8>(), 0..480)), 1..=16),
        metadata in vec(any::<u8>(), 16..200),
    ) {
        let slots = slots.into_iter().map(|(type_id, body)| Slot::Other { type_id, body }).collect();
        let core = Core { file_id: [7; 32], plaintext_len };
        let header = Header { core, generation, header_salt: [8; 32], slots, sealed_metadata: metadata };
        let copy = header.encode(|_| [9; 32]).unwrap();
        let pair = HeaderPair::parse(&copy.image().repeat(2)).unwrap();
        prop_assert_eq!(&pair.newest, &copy);
        prop_assert_eq!((pair.newest.header, pair.state), (header, PairState::Identical));
    }
}

/// By every way in, and the editor writes nothing.
fn refused(sealed: &[u8]) -> Result<(), TestCaseError> {
    use ErrorKind::{Tampered, Truncated, Unsupported, WrongKey};
    let key = raw_key(1);
    for found in [kind(open(&key, sealed)), kind(open_stream(&key, sealed).0)] {
        prop_assert!(matches!(found, Some(Tampered | Truncated | Unsupported | WrongKey)), "{:?}", found);
    }
    prop_assert_eq!(open_stream(&key, sealed).1, b"");
    let file = MemoryFile::new(sealed.to_vec());
    prop_assert!(HeaderEditor::unlock(&file, &[&key]).is_err());
    Ok(())
}

fn write_into_both(sealed: &mut [u8], at: usize, bytes: &[u8]) {
    for copy in sealed[..2 * HEADER_COPY_LEN].chunks_mut(HEADER_COPY_LEN) {
        let len = bytes.len().min(8160 - at);
        copy[at..at + len].copy_from_slice(&bytes[..len]);
    }
}
