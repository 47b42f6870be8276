//! However a text is split into writes, the same comes out; and what comes out has no registered value, stays UTF-8 and
//! JSON where it was that, and is left alone when it is masked again.
#![no_main]

use std::io::Write;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use modelcrypt::base::SecretText;
use modelcrypt::mask::{MaskWriter, Masker};

const SECRET: &[u8] = b"Zq7w\"3Fx9";

static MASKER: LazyLock<Masker> = LazyLock::new(|| {
    let masker = Masker::new();
    masker.register(&SecretText::new(SECRET.to_vec())).expect("it is long enough");
    masker
});

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (text, splits) = input;
    let has_secret = |text: &[u8]| text.windows(SECRET.len()).any(|window| window == SECRET);
    let once = masked(&text, &[]);
    let split = masked(&text, &splits);
    assert_eq!(once, split);
    assert!(!has_secret(&once));
    assert!(!has_secret(&released(&text, &splits)));
    assert_eq!(masked(&once, &[]), once);
    if std::str::from_utf8(&text).is_ok() {
        assert!(std::str::from_utf8(&once).is_ok());
    }
    let is_json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).is_ok();
    if is_json(&text) {
        assert!(is_json(&MASKER.bytes(&text)));
    }
});

/// What comes out if it is written in pieces of these lengths, over and over.
fn masked(text: &[u8], lens: &[u8]) -> Vec<u8> {
    written(text, lens, |_| ())
}

/// The same if what is settled is released after each piece.
fn released(text: &[u8], lens: &[u8]) -> Vec<u8> {
    written(text, lens, |writer| writer.release().expect("a vector takes everything"))
}

fn written(text: &[u8], lens: &[u8], then: impl Fn(&mut MaskWriter<Vec<u8>>)) -> Vec<u8> {
    let mut writer = MASKER.writer(Vec::new());
    let (mut rest, mut lens) = (text, lens.iter().cycle());
    while !rest.is_empty() {
        let len = lens.next().map_or(rest.len(), |len| usize::from(*len) + 1).min(rest.len());
        writer.write_all(&rest[..len]).expect("a vector takes everything");
        rest = &rest[len..];
        then(&mut writer);
    }
    writer.finish().expect("a vector takes everything")
}
