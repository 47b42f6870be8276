//! Whatever comes in as a URL is refused without a panic; what is verified is a URL that was signed.
#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use modelcrypt::MasterKey;
use modelcrypt::base::Secret;
use modelcrypt::presign::{Grant, KeyStanding, Method, UrlSigner};

static SIGNER: LazyLock<UrlSigner> = LazyLock::new(|| {
    let (new, old) =
        (MasterKey::from_raw(Secret::copy_from(&[7; 32])), MasterKey::from_raw(Secret::copy_from(&[8; 32])));
    let signer = UrlSigner::new(&new, "new").expect("the key is raw");
    signer.with_key(&old, "old", KeyStanding::VerifyOnlyUntil(now())).expect("the ids differ")
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Nobody without the key finds a signature.
    assert!(SIGNER.verify_url(&Method::GET, text, now()).is_err());
    let (host, target) = text.split_once('\n').unwrap_or(("models.example", text));
    assert!(SIGNER.verify(&Method::GET, host, target, now()).is_err());
    // What can be signed verifies, and is the only way to write it.
    let grant = Grant::new(Method::GET, Duration::from_secs(60));
    let Ok(signed) = SIGNER.sign(text, &grant, now()) else { return };
    SIGNER.verify_url(&Method::GET, signed.expose(), now()).expect("it was signed just now");
    let mut changed = signed.expose().as_bytes().to_vec();
    let at = data.first().map_or(0, |byte| usize::from(*byte)) % changed.len();
    changed[at] ^= 1;
    if let Ok(changed) = std::str::from_utf8(&changed)
        && !changed.eq_ignore_ascii_case(signed.expose())
    {
        assert!(SIGNER.verify_url(&Method::GET, changed, now()).is_err(), "{changed}");
    }
});

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}
