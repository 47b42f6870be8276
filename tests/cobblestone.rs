//! The payload against Project Wycheproof's vectors for C2SP `chunked-encryption`, instance Cobblestone-256.
#![allow(clippy::unwrap_used, reason = "a vector that cannot be read fails the test")]

use miniz_oxide::inflate::decompress_to_vec_zlib;
use modelcrypt::base::{Secret, Silent};
use modelcrypt::crypto::{Backend, expand_sha512};
use modelcrypt::engine::{Error, PayloadCipher, open_stream};
use modelcrypt::format::geometry::{CHUNK_LEN, PREFIX_LEN, SALT_LEN};
use sha2::{Digest, Sha512};
use wycheproof::chunked_encryption::{Test, TestName, TestSet};

#[test]
fn payloads_open_as_wycheproof_says() {
    let (mut opened, mut refused) = (0, 0);
    for test in cases() {
        for &backend in Backend::ALL {
            let (outcome, written) = open(backend, &test);
            if test.result.must_fail() {
                assert!(outcome.is_err(), "{backend:?} opened case {}: {}", test.tc_id, test.comment);
                refused += 1;
            } else {
                assert_eq!(outcome.ok(), Some(written.len() as u64), "{backend:?}, case {}", test.tc_id);
                opened += 1;
            }
            // What was written before a fault showed is authentic, and all that is.
            if let Some(msg_sha512) = &test.msg_sha512 {
                assert_eq!(Some(written.len()), test.msg_length, "{backend:?}, case {}", test.tc_id);
                assert_eq!(Sha512::digest(&written)[..], msg_sha512[..], "{backend:?}, case {}", test.tc_id);
            } else {
                assert!(written.is_empty(), "{backend:?} wrote bytes of case {}", test.tc_id);
            }
        }
    }
    let backends = Backend::ALL.len();
    assert!(opened >= 10 * backends && refused >= 23 * backends, "{opened} opened, {refused} refused");
}

#[test]
fn payloads_are_sealed_as_wycheproof_says() {
    let mut count = 0;
    for test in cases().filter(|test| !test.result.must_fail()) {
        let payload = inflate(&test);
        let salt = payload.first_chunk::<SALT_LEN>().unwrap();
        for &backend in Backend::ALL {
            let (_, plaintext) = open(backend, &test);
            let cipher = PayloadCipher::derive(backend, &Secret::copy_from(&test.key), salt, &test.ctx);
            let mut resealed = cipher.prefix().to_vec();
            // The last chunk is always shorter, if need be empty.
            for index in 0..=plaintext.len() / CHUNK_LEN {
                let chunk = &plaintext[index * CHUNK_LEN..plaintext.len().min((index + 1) * CHUNK_LEN)];
                let mut sealed = vec![0; chunk.len() + 16];
                cipher.seal_chunk(index as u64, chunk, &mut sealed);
                resealed.extend(sealed);
            }
            assert_eq!(resealed, payload, "{backend:?}, case {}: {}", test.tc_id, test.comment);
        }
        count += 1;
    }
    assert!(count >= 10, "only {count} cases were run");
}

#[test]
fn keys_and_nonces_are_derived_as_wycheproof_says() {
    let mut count = 0;
    for test in cases() {
        let (Some(aead_key), Some(base_nonce)) = (&test.aead_key, &test.base_nonce) else { continue };
        let payload = inflate(&test);
        let label = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
        let info = [label, &payload[..SALT_LEN], &test.ctx].concat();
        for &backend in Backend::ALL {
            let okm = expand_sha512::<76>(backend, test.key[..].try_into().unwrap(), &info);
            let expected = [&aead_key[..], base_nonce, &payload[SALT_LEN..PREFIX_LEN]].concat();
            assert_eq!(okm.expose()[..], expected, "{backend:?}, case {}", test.tc_id);
        }
        count += 1;
    }
    assert!(count >= 20, "only {count} cases were run");
}

fn cases() -> impl Iterator<Item = Test> {
    let set = TestSet::load(TestName::Cobblestone256).unwrap();
    set.test_groups.into_iter().flat_map(|group| group.tests)
}

/// Opens the case as a stream; returns what was written, too, if it went wrong.
fn open(backend: Backend, test: &Test) -> (Result<u64, Error>, Vec<u8>) {
    let payload = inflate(test);
    let mut written = Vec::new();
    let outcome = match (payload.split_first_chunk::<PREFIX_LEN>(), test.key.len()) {
        (Some((prefix, mut chunks)), 32) => {
            PayloadCipher::from_prefix(backend, &Secret::copy_from(&test.key), prefix, &test.ctx)
                .and_then(|cipher| open_stream(&cipher, &mut chunks, &mut written, &Silent))
        }
        // Other lengths of key and prefix do not pass the types.
        _ => Err(Error::Truncated),
    };
    (outcome, written)
}

fn inflate(test: &Test) -> Vec<u8> {
    decompress_to_vec_zlib(&test.ct).unwrap()
}
