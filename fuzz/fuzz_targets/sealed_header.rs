//! Headers of sealed files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelcrypt::crypto::sha256;
use modelcrypt::format::limits::HEADER_COPY_LEN;
use modelcrypt::format::{HeaderPair, iterations_asked};

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let mut mended = bytes.to_vec();
    mended.resize(2 * HEADER_COPY_LEN, 0);
    for copy in mended.chunks_mut(HEADER_COPY_LEN) {
        let checksum = sha256(&copy[..HEADER_COPY_LEN - 32]);
        copy[HEADER_COPY_LEN - 32..].copy_from_slice(&checksum);
    }
    check(&mended);
    // Two equal copies: a fault of the second hides what is found in the first.
    let copy = mended[..HEADER_COPY_LEN].to_vec();
    check(&[copy.as_slice(), &copy].concat());
});

fn check(bytes: &[u8]) {
    let Ok(pair) = HeaderPair::parse(bytes) else { return };
    let newest = &pair.newest;
    let _ = iterations_asked(&newest.header.slots);
    let mac = newest.mac().try_into().expect("a MAC has 32 bytes");
    let written = newest.header.encode(|_| mac).expect("what was parsed fits");
    assert_eq!(&written, newest);
}
