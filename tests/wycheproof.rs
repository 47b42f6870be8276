//! The primitives against Project Wycheproof and NIST, on every backend.
#![allow(clippy::unwrap_used, reason = "a vector that cannot be read fails the test")]

use std::num::NonZeroU32;

use data_encoding::HEXLOWER;
use modelcrypt::crypto::{
    Aead, Backend, HmacSha256, Sha256, expand_sha256, expand_sha512, hkdf_sha256, pbkdf2_sha256,
};
use wycheproof::{aead, hkdf, mac, pbkdf2};

#[test]
fn aes_256_gcm_seals_and_opens_as_wycheproof_says() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours = |group: &&aead::TestGroup| {
        (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128) // in bits
    };
    let mut count = 0;
    for test in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let (key, nonce) = (test.key[..].try_into().unwrap(), test.nonce[..].try_into().unwrap());
        let sealed = [&test.ct[..], &test.tag].concat();
        for &backend in Backend::ALL {
            let cipher = Aead::new(backend, key);
            let mut opened = vec![0xa5; test.ct.len()];
            let outcome = cipher.open(nonce, &test.aad, &sealed, &mut opened);
            if test.result.must_fail() {
                assert!(outcome.is_err(), "{backend:?} opened case {}: {}", test.tc_id, test.comment);
                assert!(
                    opened.iter().all(|&byte| byte == 0),
                    "{backend:?} left bytes of case {}",
                    test.tc_id
                );
                continue;
            }
            assert_eq!(outcome, Ok(()), "{backend:?}, case {}: {}", test.tc_id, test.comment);
            assert_eq!(opened, test.pt[..], "{backend:?}, case {}", test.tc_id);
            let mut resealed = vec![0; sealed.len()];
            cipher.seal(nonce, &test.aad, &test.pt, &mut resealed);
            assert_eq!(resealed, sealed, "{backend:?}, case {}", test.tc_id);
        }
        count += 1;
    }
    assert!(count >= 60, "only {count} cases were run");
}

#[test]
fn hkdf_sha_256_derives_as_wycheproof_says() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        // What must fail asks for more than RFC 5869 can give. Our lengths are constants, which no input sets.
        if test.result.must_fail() {
            continue;
        }
        for &backend in Backend::ALL {
            let mut extract = HmacSha256::new(backend, &test.salt);
            extract.update(&test.ikm);
            let prk = extract.finish();
            // A shorter output is the beginning of a longer one, so that every length here checks every case.
            macro_rules! check {
                ($($len:literal)*) => {$(
                    let shared = test.okm.len().min($len);
                    let whole = hkdf_sha256::<$len>(backend, &test.salt, &test.ikm, &test.info);
                    let expanded = expand_sha256::<$len>(backend, &prk, &test.info);
                    assert_eq!(whole.expose()[..shared], test.okm[..shared], "{backend:?} {}", test.tc_id);
                    assert_eq!(expanded.expose()[..shared], test.okm[..shared], "{backend:?} {}", test.tc_id);
                )*};
            }
            check!(8 20 32 42 64 82 108 128 8160);
        }
        count += 1;
    }
    assert!(count >= 80, "only {count} cases were run");
}

/// Made with `HKDFExpand(SHA512(), len, info).derive(prk)` of Python's `cryptography` 50. Wycheproof's HKDF
/// vectors have 64-byte keys, which this wrapper does not take; its Cobblestone ones run in `cobblestone.rs`.
#[test]
fn hkdf_expand_sha_512_takes_short_keys_as_others_do() {
    let counting: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());
    let info: Vec<u8> = (0..100).collect();
    for &backend in Backend::ALL {
        assert_eq!(
            HEXLOWER.encode(expand_sha512::<32>(backend, &counting, b"").expose()),
            "a5df768b23b9d396d5a65528c4b4cd896a50f068f1612236ee43350bd287a5be"
        );
        assert_eq!(
            HEXLOWER.encode(expand_sha512::<108>(backend, &counting, b"modelcrypt/v1/").expose()),
            "a0c81a44ed2a4cd3c364f495c0854f6418518673b8b7d3d2fe06987feb17f57835836f8128aac9ea59b8d4bd16e336be\
             d1e3cc6165e1b8a4a7420909a43ccfd42052d0bd045996bf07d25898d3285eb76fe083d199a6d127ea71aac7b07a22a4\
             0653dfa7e617c2386d2a3fd9"
        );
        assert_eq!(
            HEXLOWER.encode(expand_sha512::<64>(backend, &[0xff; 32], &info).expose()),
            "58b003885c6fc6332363ce570ec8c84a9fb980b50a2e15a44f2041095c98308396e398c1ac8e5d97c8841f501012c3cb\
             11ea7a7e1521d9afde5aa3c81c3fa23d"
        );
    }
}

#[test]
fn hmac_sha_256_authenticates_as_wycheproof_says() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        for &backend in Backend::ALL {
            let mut whole = HmacSha256::new(backend, &test.key);
            whole.update(&test.msg);
            let made = whole.finish();
            let equal = made[..test.tag.len()] == test.tag[..];
            assert_eq!(equal, !test.result.must_fail(), "{backend:?}, case {}: {}", test.tc_id, test.comment);

            let mut in_parts = HmacSha256::new(backend, &test.key);
            test.msg.chunks(7).for_each(|part| in_parts.update(part));
            assert_eq!(in_parts.finish(), made, "{backend:?}, case {}", test.tc_id);
        }
        count += 1;
    }
    assert!(count >= 170, "only {count} cases were run");
}

#[test]
fn pbkdf2_hmac_sha_256_derives_as_wycheproof_says() {
    let set = pbkdf2::TestSet::load(pbkdf2::TestName::Pbkdf2HmacSha256).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        assert!(!test.result.must_fail(), "case {} is of a kind that this test does not know", test.tc_id);
        let iterations = NonZeroU32::new(u32::try_from(test.iteration_count).unwrap()).unwrap();
        // Each block of 32 bytes is made for itself: ours is the first of a longer output.
        let shared = test.dk.len().min(32);
        for &backend in Backend::ALL {
            let made = pbkdf2_sha256(backend, &test.password, &test.salt, iterations);
            assert_eq!(made.expose()[..shared], test.dk[..shared], "{backend:?}, case {}", test.tc_id);
        }
        count += 1;
    }
    assert!(count >= 60, "only {count} cases were run");
}

#[test]
fn sha_256_hashes_as_nist_says() {
    for (message, digest) in SHA_256 {
        let message = HEXLOWER.decode(message.as_bytes()).unwrap();
        for &backend in Backend::ALL {
            let mut hasher = Sha256::new(backend);
            message.chunks(3).for_each(|part| hasher.update(part));
            assert_eq!(HEXLOWER.encode(&hasher.finish()), digest, "{backend:?}, {} bytes", message.len());
        }
    }
    for &backend in Backend::ALL {
        let mut hasher = Sha256::new(backend);
        (0..1000).for_each(|_| hasher.update(&[b'a'; 1000]));
        let digest = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        assert_eq!(HEXLOWER.encode(&hasher.finish()), digest, "{backend:?}, a million bytes");
    }
}

/// FIPS 180 examples, then the beginning of CAVP's `SHA256ShortMsg.rsp`.
const SHA_256: [(&str, &str); 14] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        "6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f\
         6d6e6f706e6f7071",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (
        "61626364656667686263646566676869636465666768696a6465666768696a6b65666768696a6b6c666768696a6b6c6d\
         6768696a6b6c6d6e68696a6b6c6d6e6f696a6b6c6d6e6f706a6b6c6d6e6f70716b6c6d6e6f7071726c6d6e6f70717273\
         6d6e6f70717273746e6f707172737475",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ),
    ("d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
    ("11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
    ("b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"),
    ("74ba2521", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"),
    ("c299209682", "f0887fe961c9cd3beab957e8222494abb969b1ce4c6557976df8b0f6d20e9166"),
    ("e1dc724d5621", "eca0a060b489636225b4fa64d267dabbe44273067ac679f20820bddc6b6a90ac"),
    ("06e076f5a442d5", "3fd877e27450e6bbd5d74bb82f9870c64c66e109418baa8e6bbcff355e287926"),
    ("5738c929c4f4ccb6", "963bb88f27f512777aab6c8b1a02c70ec0ad651d428f870036e1917120fb48bf"),
    ("3334c58075d3f4139e", "078da3d77ed43bd3037a433fd0341855023793f9afd08b4b08ea1e5597ceef20"),
    ("74cb9381d89f5aa73368", "73d6fad1caaa75b43b21733561fd3958bdc555194a037c2addec19dc2d7a52bd"),
];
