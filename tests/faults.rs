//! No fault gets by: every byte flipped, every length cut, chunks moved, headers mixed. A changed file is
//! told from one under another key.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::ops::Range;

use common::{
    CHECKSUM_AT, chunk_offsets, kind, mend_checksums, open, open_stream, passphrase, plaintext, raw_key,
    seal, seal_and_tell, seal_stream,
};
use modelcrypt::ErrorKind::{self, Tampered, Truncated, Unsupported, WrongKey};
use modelcrypt::base::ReadAt;
use modelcrypt::format::limits::HEADER_COPY_LEN;
use modelcrypt::format::{CopyName, Header, HeaderPair, KdfParams, PairState, Slot};
use modelcrypt::{MasterKey, Opener};

/// Three chunks.
const LEN: usize = 40_000;
const PAYLOAD_AT: usize = 2 * HEADER_COPY_LEN;

#[test]
fn every_byte_of_the_payload_counts() {
    let key = raw_key(1);
    for mut sealed in [seal(&key, &plaintext(LEN)), seal_stream(&key, &plaintext(LEN))] {
        for at in PAYLOAD_AT..sealed.len() {
            sealed[at] ^= bit(at);
            assert_eq!(kind(open(&key, &sealed)), Some(Tampered), "byte {at}");
            if at % 61 == 0 || at > sealed.len() - 20 {
                assert_stream_breaks(&key, &sealed, at);
            }
            sealed[at] ^= bit(at);
        }
        assert_eq!(open(&key, &sealed).unwrap().0, plaintext(LEN));
    }
}

#[test]
fn a_changed_chunk_spoils_only_the_reads_that_touch_it() {
    let (key, whole) = (raw_key(1), plaintext(LEN));
    let mut sealed = seal(&key, &whole);
    let offsets = chunk_offsets(LEN);
    sealed[offsets[1] + 100] ^= 1;
    let reader = Opener::new(&sealed[..], sealed.len() as u64).unwrap().unlock(&key).unwrap();
    for (range, readable) in [
        (0..16_384, true),
        (32_768..LEN, true),
        (0..16_385, false),
        (16_384..16_385, false),
        (32_767..32_769, false),
    ] {
        let mut read = vec![0xa5; range.len()];
        let outcome = reader.read_exact_at(&mut read, range.start as u64);
        assert_eq!(outcome.is_ok(), readable, "{range:?}");
        if readable {
            assert_eq!(read, whole[range]);
        } else {
            // What stands before the fault may be there; of the changed chunk there is nothing.
            let clean = 16_384_usize.saturating_sub(range.start);
            assert!(read[clean..].iter().all(|&byte| byte == 0 || byte == 0xa5), "{range:?}");
        }
    }
}

#[test]
fn every_length_cut_counts() {
    let key = raw_key(1);
    for (sealed, is_stream) in
        [(seal(&key, &plaintext(LEN)), false), (seal_stream(&key, &plaintext(LEN)), true)]
    {
        for len in 0..sealed.len() {
            let cut = &sealed[..len];
            let found = kind(open(&key, cut)).unwrap_or_else(|| panic!("opened at {len} bytes"));
            // Of less than the magic nobody can tell what it was. Of a stream nobody knows the length: what
            // is left of a chunk does not authenticate.
            let expected = match len {
                0..8 => Unsupported,
                _ if is_stream && len >= PAYLOAD_AT => found,
                _ => Truncated,
            };
            assert_eq!(found, expected, "{len} bytes");
            assert!(matches!(found, Tampered | Truncated | Unsupported), "{found:?} at {len} bytes");
            if len % 101 == 0 || chunk_offsets(LEN).iter().any(|&end| end.abs_diff(len) < 20) {
                assert_stream_breaks(&key, cut, len);
            }
        }
    }
}

#[test]
fn bytes_behind_the_end_count() {
    let key = raw_key(1);
    for sealed in [seal(&key, &plaintext(LEN)), seal_stream(&key, &plaintext(LEN))] {
        for more in [1, 15, 16, 17, 16_383, 16_400, 40_000] {
            let longer = [&sealed[..], &vec![0; more]].concat();
            assert_eq!(kind(open(&key, &longer)), Some(Tampered), "{more} bytes more");
            assert_stream_breaks(&key, &longer, more);
        }
    }
}

#[test]
fn chunks_stay_where_they_are() {
    const OWN: usize = 0;
    const OTHER: usize = 1;
    let key = raw_key(1);
    for seal in [seal as fn(&MasterKey, &[u8]) -> Vec<u8>, seal_stream] {
        let files = [seal(&key, &plaintext(LEN)), seal(&key, &plaintext(LEN))];
        let offsets = chunk_offsets(LEN);
        let composed = |pieces: &[(usize, usize)]| {
            let piece = |&(file, chunk): &(usize, usize)| &files[file][offsets[chunk]..offsets[chunk + 1]];
            [&files[OWN][..offsets[0]], &pieces.iter().map(piece).collect::<Vec<_>>().concat()].concat()
        };
        for (what, pieces) in [
            ("swapped", &[(OWN, 1), (OWN, 0), (OWN, 2)][..]),
            ("first dropped", &[(OWN, 1), (OWN, 2)]),
            ("last dropped", &[(OWN, 0), (OWN, 1)]),
            ("all dropped", &[]),
            ("doubled", &[(OWN, 0), (OWN, 0), (OWN, 1), (OWN, 2)]),
            ("doubled in place", &[(OWN, 0), (OWN, 0), (OWN, 2)]),
            ("last doubled", &[(OWN, 0), (OWN, 1), (OWN, 2), (OWN, 2)]),
            ("first of another file", &[(OTHER, 0), (OWN, 1), (OWN, 2)]),
            ("middle of another file", &[(OWN, 0), (OTHER, 1), (OWN, 2)]),
            ("last of another file", &[(OWN, 0), (OWN, 1), (OTHER, 2)]),
            ("all of another file", &[(OTHER, 0), (OTHER, 1), (OTHER, 2)]),
        ] {
            let sealed = composed(pieces);
            let found = kind(open(&key, &sealed));
            assert!(matches!(found, Some(Tampered | Truncated)), "{what}: {found:?}");
            assert_stream_breaks(&key, &sealed, 0);
        }
        assert_eq!(composed(&[(OWN, 0), (OWN, 1), (OWN, 2)]), files[OWN]);
        let foreign_payload = [&files[OWN][..PAYLOAD_AT], &files[OTHER][PAYLOAD_AT..]].concat();
        assert_eq!(kind(open(&key, &foreign_payload)), Some(Tampered));
    }
}

#[test]
fn header_copies_of_two_files_do_not_mix() {
    let key = raw_key(1);
    let (one, two) = (seal(&key, &plaintext(LEN)), seal(&key, &plaintext(LEN)));
    let mixed = [&one[..HEADER_COPY_LEN], &two[HEADER_COPY_LEN..]].concat();
    assert_eq!(kind(open(&key, &mixed)), Some(Tampered));
    let mixed = [&two[..HEADER_COPY_LEN], &one[HEADER_COPY_LEN..]].concat();
    assert_eq!(kind(open(&key, &mixed)), Some(Tampered));
}

#[test]
fn one_damaged_copy_is_survived_and_named() {
    let key = raw_key(1);
    let sealed = seal(&key, &plaintext(100));
    for (name, start) in [(CopyName::A, 0), (CopyName::B, HEADER_COPY_LEN)] {
        for at in start..start + HEADER_COPY_LEN {
            let mut damaged = sealed.clone();
            damaged[at] ^= bit(at);
            let pair = HeaderPair::parse(&damaged[..PAYLOAD_AT]).unwrap();
            assert_eq!(pair.state, PairState::Damaged(name), "byte {at}");
            // This way waits for a rewrap that may be running.
            if at % 97 == 0 {
                assert_eq!(open(&key, &damaged).unwrap(), (plaintext(100), PairState::Damaged(name)));
            }
        }
    }
}

#[test]
fn a_byte_flipped_in_both_copies_counts() {
    let key = raw_key(1);
    let sealed = seal(&key, &plaintext(100));
    for at in 0..HEADER_COPY_LEN {
        let mut torn = sealed.clone();
        flip_in_both(&mut torn, at);
        let (outcome, written) = open_stream(&key, &torn);
        let expected = if at < 8 { Unsupported } else { Tampered };
        assert_eq!((kind(outcome), written), (Some(expected), vec![]), "byte {at}");
        // This way waits for a rewrap that may be running.
        if at % 97 == 0 {
            assert_eq!(kind(open(&key, &torn)), Some(expected), "byte {at}");
        }
    }
}

#[test]
fn a_byte_flipped_on_purpose_counts() {
    let raw_fields = SlotFields { kind: 112..114, params_and_secrets: 116..188 };
    let phrase_fields = SlotFields { kind: 112..114, params_and_secrets: 116..220 };
    for (key, fields) in [(raw_key(1), raw_fields), (passphrase("correct horse"), phrase_fields)] {
        let sealed = seal(&key, &plaintext(100));
        let mut wrong_keys = 0;
        for at in 0..CHECKSUM_AT {
            let mut changed = sealed.clone();
            flip_in_both(&mut changed, at);
            mend_checksums(&mut changed);
            let found = kind(open(&key, &changed)).unwrap_or_else(|| panic!("opened in spite of byte {at}"));
            let file_id_or_length = (16..56).contains(&at);
            let slot = fields.kind.contains(&at) || fields.params_and_secrets.contains(&at);
            match found {
                Tampered | Truncated | Unsupported => {}
                WrongKey if file_id_or_length || slot => wrong_keys += 1,
                _ => panic!("{found:?} for byte {at}"),
            }
            let (outcome, written) = open_stream(&key, &changed);
            assert_eq!((kind(outcome), written), (Some(found), vec![]), "byte {at}");
        }
        assert!(wrong_keys > 100, "only {wrong_keys} bytes are bound by the commitment");
    }
}

#[test]
fn absurd_iterations_cost_nothing() {
    let key = passphrase("correct horse");
    let (mut sealed, told) = seal_and_tell(&key, b"abc");
    let Slot::Passphrase(kdf, wrapping) = told.header.header.slots[0].clone() else { unreachable!() };
    let with = |params: &[KdfParams]| {
        let slots = params.iter().map(|&kdf| Slot::Passphrase(kdf, wrapping)).collect();
        let header = Header { slots, ..told.header.header.clone() };
        let mac = |authenticated: &[u8]| told.file_key.header_mac(&header.core, authenticated);
        header.encode(mac).unwrap().image().repeat(2)
    };
    let asking = |iterations: u32, salt: u8| KdfParams {
        iterations: iterations.try_into().unwrap(),
        salt: [salt; 32],
    };
    let six_million: Vec<_> = (0..2).map(|salt| asking(6_000_000, salt)).collect();
    let just_over = [kdf, asking(9_900_001, 0)];
    for params in [&[asking(u32::MAX, 0)][..], &six_million, &[asking(u32::MAX, 0); 16], &just_over] {
        sealed[..PAYLOAD_AT].copy_from_slice(&with(params));
        let reader = passphrase("correct horse");
        assert_eq!(kind(open(&reader, &sealed)), Some(Tampered));
        assert_eq!(kind(open_stream(&reader, &sealed).0), Some(Tampered));
        assert_eq!(reader.derivation_count(), 0);
    }
    // Slots of one salt share one derivation: many of them are honest.
    sealed[..PAYLOAD_AT].copy_from_slice(&with(&[kdf; 16]));
    assert_eq!(open(&key, &sealed).unwrap().0, b"abc");
    assert_eq!(key.derivation_count(), 1);
}

/// Where the parts of the only slot stand of which a change looks like another key.
struct SlotFields {
    kind: Range<usize>,
    params_and_secrets: Range<usize>,
}

/// A stream breaks off with exit code 4's kinds, and all it wrote until then is the plaintext's beginning.
#[track_caller]
fn assert_stream_breaks(key: &MasterKey, sealed: &[u8], at: usize) {
    let (outcome, written) = open_stream(key, sealed);
    let found: Option<ErrorKind> = kind(outcome);
    assert!(matches!(found, Some(Tampered | Truncated | Unsupported)), "{found:?} at {at}");
    assert!(plaintext(LEN).starts_with(&written), "wrong bytes at {at}");
}

fn flip_in_both(sealed: &mut [u8], at: usize) {
    for start in [0, HEADER_COPY_LEN] {
        sealed[start + at] ^= bit(at);
    }
}

/// Another bit for each neighbour, and the lowest for the iterations: more of them would only take longer.
fn bit(at: usize) -> u8 {
    if (116..128).contains(&at) { 1 } else { 1 << (at % 8) }
}
