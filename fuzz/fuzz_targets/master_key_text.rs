//! Texts that somebody gives for a key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelcrypt::MasterKey;
use modelcrypt::base::SecretText;

fuzz_target!(|text: &[u8]| {
    let line = text.strip_suffix(b"\n").unwrap_or(text);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Ok(key) = MasterKey::parse(SecretText::new(text.to_vec())) else { return };
    match key.to_text() {
        Some(written) => assert_eq!(written.expose(), line),
        None => {
            let upper = String::from_utf8_lossy(line).trim_start().to_ascii_uppercase();
            assert!(!upper.starts_with("MCK1_"), "a typo has become a passphrase");
        }
    }
});
