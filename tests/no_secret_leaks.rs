//! No secret comes out of `Debug`, `Display` or an error, in any form that it could be read from.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::error::Error as StdError;
use std::fmt::{Debug, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::{MemoryFile, mend_checksums, open, open_stream, seal};
use data_encoding::{BASE32, BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use modelcrypt::base::{Secret, SecretText};
use modelcrypt::envelope::HeaderEditor;
use modelcrypt::format::limits::HEADER_COPY_LEN;
use modelcrypt::keys::{Error, FileKey, KeyWrapper, Permissions};
use modelcrypt::mask::{Finder, Masker, Syntax};
use modelcrypt::presign::{
    AwsCredentials, CachePolicy, Endpoint, Grant, Method, ObjectRequest, PlainHttp, PresignCache, Region,
    S3Signer, SignedUrl, UrlSigner,
};
use modelcrypt::scan::{self, Scanner};
use modelcrypt::{KeySource, MasterKey, Opener, Sealer, open_bytes};
use tempfile::TempDir;

/// 32 bytes of text, so that it is a raw key, a passphrase or a document at will.
const CANARY: &str = "canary-Zq7w-not-to-be-seen-3Fx9!";

#[test]
fn secrets_print_as_nothing() {
    assert_silent("Secret", &Secret::<32>::copy_from(CANARY.as_bytes()));
    assert_silent("SecretText", &SecretText::new(CANARY.into()));
    assert_silent("raw MasterKey", &raw_key());
    assert_silent("passphrase MasterKey", &passphrase());
    assert_silent("KeyId", &raw_key().id());
    assert_silent("key text", &raw_key().to_text());
}

#[test]
fn a_used_key_prints_as_nothing() {
    for key in [raw_key(), passphrase()] {
        let sealed = seal(&key, CANARY.as_bytes());
        let reader = Opener::new(&sealed[..], sealed.len() as u64).unwrap().unlock(&key).unwrap();
        assert_silent("MasterKey", &key);
        assert_silent("Header", reader.header());
        assert_silent("HeaderCopy", reader.header_copy());
        assert_silent("Metadata", reader.metadata());
        assert_silent("opened text", &open_bytes(&key, &sealed).unwrap());
    }
}

#[cfg(unix)]
#[test]
fn a_decrypted_directory_prints_neither_its_key_nor_its_content() {
    use modelcrypt::guard::{Access, GuardOptions, WriteBack};
    use modelcrypt::model::{EncryptOptions, LoadOptions};
    use modelcrypt::{ModelDir, Place, Silent, TemporaryDecrypt, temporary_decrypt};
    for (key, wrong) in [(raw_key(), passphrase()), (passphrase(), raw_key())] {
        let (tree, place) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        std::fs::write(tree.path().join("a.bin"), CANARY).unwrap();
        let model = ModelDir::open(tree.path()).unwrap();
        let mut sealing = EncryptOptions::default();
        sealing.iterations = Some(modelcrypt::format::limits::MIN_WRITER_ITERATIONS);
        model.encrypt(&key, &sealing, &Silent).unwrap();
        let place = Place::of_directory(place.path()).unwrap();
        assert_silent("Contents", &model.contents(&key, LoadOptions::default(), &Silent).unwrap());
        assert_error_silent("wrong key", &temporary_decrypt(&model, &wrong, place.clone()).unwrap_err());
        let mut options = GuardOptions::default();
        (options.place, options.access) = (place, Access::Write);
        assert_silent("GuardOptions", &options);
        let guard = TemporaryDecrypt::open(&model, &key, &options, &Silent).unwrap();
        assert_silent("TemporaryDecrypt", &guard);
        assert_silent("Protection", &guard.protection());
        assert_silent("WriteBack", &WriteBack::Changed(&key));
        std::fs::write(guard.path().join("a.bin"), format!("{CANARY}!")).unwrap();
        let changes = guard.path().join("mck1.bin");
        std::fs::write(&changes, format!("mck1_{CANARY}")).unwrap();
        let error = guard.close_with(WriteBack::Changed(&key), &Silent).unwrap_err();
        assert_error_silent("Kept", &error);
        assert_silent("Report", &model.verify(&key, false, &Silent).unwrap());
        let mut sealed = std::fs::read(tree.path().join("a.bin.enc")).unwrap();
        sealed[16_450] ^= 1;
        std::fs::write(tree.path().join("a.bin.enc"), sealed).unwrap();
        assert_error_silent("tampered", &temporary_decrypt(&model, &key, options.place).unwrap_err());
    }
}

/// The file key has no way out of the library: it is watched through what it opens.
#[test]
fn a_file_key_prints_as_its_type_alone() {
    let shown = |key: &FileKey| format!("{key:?} {key:#?}");
    let (one, two) = (FileKey::generate().unwrap(), FileKey::generate().unwrap());
    assert_eq!(shown(&one), shown(&two));
}

#[test]
fn texts_that_are_no_keys_do_not_show_in_their_errors() {
    let whole = raw_key().to_text().unwrap();
    let whole = std::str::from_utf8(whole.expose()).unwrap();
    let typo = format!("{}{}", &whole[..52], if whole.ends_with('A') { 'B' } else { 'A' });
    for text in [
        format!("mck1_{CANARY}").into_bytes(),
        format!("{whole}{CANARY}").into_bytes(),
        typo.into_bytes(),
        whole.as_bytes()[..40].to_vec(),
        CANARY.repeat(200).into_bytes(),
        [CANARY.as_bytes(), b"\xff"].concat(),
    ] {
        assert_error_silent("parse", &MasterKey::parse(SecretText::new(text)).unwrap_err());
    }
    assert_error_silent("iterations", &KeyWrapper::new(&passphrase(), 1).err().unwrap());
    assert_error_silent("iterations", &Sealer::with_iterations(&passphrase(), u32::MAX).err().unwrap());
}

#[test]
fn wrong_keys_and_broken_files_do_not_show_what_they_hold() {
    for (right, wrong) in [(raw_key(), passphrase()), (passphrase(), raw_key())] {
        let sealed = seal(&right, CANARY.as_bytes());
        assert_error_silent("open", &open(&wrong, &sealed).unwrap_err());
        assert_error_silent("stream", &open_stream(&wrong, &sealed).0.unwrap_err());
        assert_error_silent("bytes", &open_bytes(&wrong, &sealed).unwrap_err());
        let file = MemoryFile::new(sealed.clone());
        assert_error_silent("editor", &HeaderEditor::unlock(&file, &[&wrong]).err().unwrap());
        // A field of each kind in both header copies, with checksums that hold, then of the payload.
        for at in [9, 20, 80, 118, 130, 170, 250, 300, 8000, 8150, 16_390, 16_420, 16_450, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            if at < HEADER_COPY_LEN {
                changed[at + HEADER_COPY_LEN] ^= 1;
                mend_checksums(&mut changed);
            }
            assert_error_silent("open", &open(&right, &changed).unwrap_err());
            assert_error_silent("stream", &open_stream(&right, &changed).0.unwrap_err());
            assert_error_silent("bytes", &open_bytes(&right, &changed).unwrap_err());
        }
    }
}

#[test]
fn key_sources_do_not_show_what_they_hold() {
    let dir = TempDir::new().unwrap();
    let written = |name: &str, content: &[u8]| key_file(&dir, name, content);
    let mistyped = format!("mck1_{CANARY}");
    let sources = [
        KeySource::file(written("mistyped", mistyped.as_bytes())),
        KeySource::file(written("not-text", &[CANARY.as_bytes(), b"\xff"].concat())),
        KeySource::file(written("long", CANARY.repeat(200).as_bytes())),
        KeySource::PassphraseFile(written("raw", mistyped.as_bytes()), Permissions::Private),
        KeySource::PassphraseFile(
            written("whole", raw_key().to_text().unwrap().expose()),
            Permissions::Loose,
        ),
        KeySource::file(dir.path().join("none")),
        KeySource::file(dir.path()),
        #[cfg(unix)]
        KeySource::Command(format!("cat '{}'; exit 3", written("printed", CANARY.as_bytes()).display())),
        #[cfg(unix)]
        KeySource::Command(format!("cat '{}'", written("printed-mistyped", mistyped.as_bytes()).display())),
        KeySource::Variable("MODELCRYPT_TEST_VARIABLE_THAT_NOBODY_SETS".into()),
        KeySource::Keyring(mistyped.clone()),
    ];
    for source in sources {
        assert_silent("KeySource", &source);
        match source.load() {
            Ok(key) => panic!("{source:?} gave {key:?}"),
            Err(error) => assert_error_silent("KeySource::load", &error),
        }
    }
    let source = KeySource::file(written("good", CANARY.as_bytes()));
    assert_silent("KeySource", &source);
    assert_silent("loaded key", &source.load().unwrap());
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_refused_without_showing_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let path = key_file(&dir, "loose", CANARY.as_bytes());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = KeySource::file(&path).load().unwrap_err();
    assert!(matches!(error, Error::LoosePermissions { mode: 0o644, .. }));
    assert_error_silent("loose", &error);
    assert!(KeySource::File(path, Permissions::Loose).load().is_ok());
}

#[test]
fn the_detector_would_find_each_form() {
    let bytes = CANARY.as_bytes();
    for shown in [
        CANARY.to_owned(),
        format!("{bytes:?}"),
        format!("{bytes:#?}"),
        format!("{bytes:02x?}"),
        HEXLOWER.encode(bytes),
        HEXUPPER.encode(bytes),
        BASE64.encode(&[b"x", bytes].concat()),
        BASE64URL.encode(&[b"xy", bytes].concat()),
        BASE32.encode(bytes),
    ] {
        assert!(find_canary(&shown).is_some(), "{shown}");
    }
    assert_eq!(find_canary("no key slot opens with this key (mode 0644)"), None);
}

#[test]
fn signing_for_s3_shows_nothing_secret() {
    let secret = || SecretText::new(CANARY.into());
    let credentials = AwsCredentials::new("AKIDEXAMPLE", secret()).unwrap().with_token(secret()).unwrap();
    assert_silent("AwsCredentials", &credentials);
    let region = Region::parse("eu-west-1").unwrap();
    let signer = S3Signer::new(Endpoint::aws(&region).unwrap(), region, credentials);
    assert_silent("S3Signer", &signer);
    assert_silent("Fingerprint", &signer.fingerprint());
    let request = ObjectRequest::get("models", "a").unwrap();
    let request = request.header("x-amz-server-side-encryption-customer-key", CANARY).unwrap();
    let request = request.query("response-content-type", CANARY).unwrap();
    assert_silent("ObjectRequest", &request);
    let cache = PresignCache::new(CachePolicy::new(Duration::from_secs(60)));
    let url = cache.url(&signer, &request).unwrap();
    assert_silent("PresignCache", &cache);
    assert!(url.expose().contains(CANARY.trim_end_matches('!')));
    assert_url_silent(&url);
}

#[test]
fn signing_for_a_gateway_shows_nothing_secret() {
    let signer = UrlSigner::new(&raw_key(), "2026-01").unwrap();
    assert_silent("UrlSigner", &signer);
    let now = SystemTime::now();
    let grant = Grant::new(Method::GET, Duration::from_secs(60));
    let url = format!("https://models.example/a?token={CANARY}");
    let signed = signer.sign(&url, &grant, now).unwrap();
    assert_url_silent(&signed);
    assert_silent("Granted", &signer.verify_url(&Method::GET, signed.expose(), now).unwrap());
}

#[test]
fn what_cannot_be_signed_or_verified_is_not_shown() {
    let secret = |text: String| SecretText::new(text.into());
    let spaced = || secret(format!("{CANARY} "));
    assert_error_silent("secret", &AwsCredentials::new("AKID", spaced()).unwrap_err());
    assert_error_silent(
        "swapped",
        &AwsCredentials::new(&format!("/{CANARY}"), secret("a".into())).unwrap_err(),
    );
    let credentials = AwsCredentials::new("AKID", secret("a".into())).unwrap();
    assert_error_silent("token", &credentials.with_token(spaced()).unwrap_err());
    for url in [format!("https://user:{CANARY}@host"), format!("https://host/?{CANARY}"), CANARY.to_owned()] {
        assert_error_silent("Endpoint", &Endpoint::parse(&url, PlainHttp::LoopbackOnly).unwrap_err());
    }
    let request = || ObjectRequest::get("models", "a").unwrap();
    assert_error_silent("value", &request().header("a", &format!("{CANARY}\n")).unwrap_err());
    assert_error_silent("name", &request().header(&format!("Bearer {CANARY}"), "").unwrap_err());
    assert_error_silent("host", &request().header("authorization", CANARY).unwrap_err());
    let signer = UrlSigner::new(&raw_key(), "a").unwrap();
    let grant = Grant::new(Method::GET, Duration::from_secs(60));
    let now = SystemTime::now();
    let signed = signer.sign("https://h.example/a", &grant, now).unwrap();
    for url in [
        CANARY.to_owned(),
        format!("https://{CANARY}@h.example/a"),
        format!("https://h.example/a?t={CANARY}"),
        format!("https://h.example/a#{CANARY}"),
        signed.expose().replacen("mc-v", &format!("t={CANARY}&mc-v"), 1),
        format!("{}{CANARY}", signed.expose()),
    ] {
        assert_error_silent("verify", &signer.verify_url(&Method::GET, &url, now).unwrap_err());
        if let Err(error) = signer.sign(&url, &grant, now) {
            assert_error_silent("sign", &error);
        }
    }
    assert_error_silent("passphrase", &UrlSigner::new(&passphrase(), "a").unwrap_err());
}

/// Neither what was secret in a URL shows nor what makes it work.
#[track_caller]
fn assert_url_silent(url: &SignedUrl) {
    assert_silent("SignedUrl", url);
    let (_, signature) = url.expose().rsplit_once('=').unwrap();
    let shown = format!("{url} {url:#} {url:?} {url:#?}");
    assert!(find_canary(&shown).is_none() && !shown.contains(&signature[..8]), "{shown}");
}

#[test]
fn a_masker_prints_none_of_what_it_knows_and_has_seen() {
    let masker = Masker::new();
    masker.register(&SecretText::new(CANARY.into())).unwrap();
    let text = format!("a {CANARY} b password={CANARY}");
    let masked = masker.text(&text).into_owned();
    assert!(find_canary(&masked).is_none(), "{masked}");
    let mut writer = masker.writer(Vec::new());
    // Held back for the rest of its line.
    std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
    assert_silent("MaskWriter", &writer);
    assert_silent("Masker", &masker);
    assert_silent("Finder", &Finder::default());
    assert_silent("Found", &Finder::default().find(text.as_bytes(), Syntax::Log));
    let error = Masker::new().register(&SecretText::new(CANARY[..5].into())).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(&CANARY[..5]));
}

#[test]
fn a_scan_prints_none_of_what_it_finds() {
    let tree = TempDir::new().unwrap();
    for (name, text) in [
        ("a.env", format!("API_TOKEN={CANARY}\n")),
        ("b.py", format!("password = \"{CANARY}\"\n")),
        (
            "c.ipynb",
            format!(r#"{{"cells":[{{"cell_type":"code","source":["token = \"{CANARY}\""],"outputs":[]}}]}}"#),
        ),
    ] {
        std::fs::write(tree.path().join(name), text).unwrap();
    }
    let scanner = Scanner::new();
    let report = scanner.scan(&[tree.path().to_owned()]);
    assert_eq!(report.findings.len(), 3);
    assert_silent("Scanner", &scanner);
    assert_silent("scan::Report", &report);
    let shown = scan::report::text(&report) + &scan::report::sarif(&report).to_string();
    let json = serde_json::to_string(&scan::report::json(&report)).unwrap();
    assert!(find_canary(&shown).is_none() && find_canary(&json).is_none());
}

#[cfg(feature = "credentials")]
#[test]
fn credentials_print_none_of_their_secrets() {
    use modelcrypt::credentials::stores::vault::Vault;
    use modelcrypt::credentials::{CredentialStore, Kind, Record, Selector};
    let folder = TempDir::new().unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let (path, key) = (folder.path().join("vault.db"), raw_key());
    let vault = Vault::create(&path, &key).unwrap();
    let record = Record::new("hub".parse().unwrap(), Kind::ApiKey, SystemTime::now());
    let name = record.name.clone();
    let entry = vault.create(record, SecretText::new(CANARY.into())).unwrap();
    assert_silent("Entry", &entry);
    assert_silent("Credential", &vault.get(&name, Selector::CURRENT).unwrap());
    assert_silent("Listing", &vault.list().unwrap());
    assert_silent("Vault", &vault);
    let again = Record::new(name, Kind::ApiKey, SystemTime::now());
    let error = vault.create(again, SecretText::new(CANARY.into())).unwrap_err();
    assert_error_silent("AlreadyExists", &error);
    let bad = Record::new("pem".parse().unwrap(), Kind::TlsCertificate, SystemTime::now());
    assert_error_silent("Invalid", &vault.create(bad, SecretText::new(CANARY.into())).unwrap_err());
    let error = Vault::open(&path, &MasterKey::generate().unwrap()).unwrap_err();
    assert_error_silent("WrongKey", &error);
}

fn raw_key() -> MasterKey {
    MasterKey::from_raw(Secret::copy_from(CANARY.as_bytes()))
}

fn passphrase() -> MasterKey {
    common::passphrase(CANARY)
}

/// Writes a key file that only its owner may read.
fn key_file(dir: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(dir.path()).join(name);
    std::fs::write(&path, content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    path
}

#[track_caller]
fn assert_silent(what: &str, value: &impl Debug) {
    let shown = format!("{value:?}\n{value:#?}");
    assert!(find_canary(&shown).is_none(), "{what} shows {}", find_canary(&shown).unwrap());
}

/// The error and all that caused it, in every form, and as the library's one error.
#[track_caller]
fn assert_error_silent(what: &str, error: &(dyn StdError + 'static)) {
    let mut shown = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        writeln!(shown, "{error} {error:#} {error:?} {error:#?}").unwrap();
        next = error.source();
    }
    assert!(find_canary(&shown).is_none(), "{what} shows {}: {shown}", find_canary(&shown).unwrap());
}

/// Finds any eight bytes of the canary, in any usual form.
fn find_canary(shown: &str) -> Option<String> {
    let squeezed: String = shown.chars().filter(|char| !char.is_whitespace()).collect();
    let pieces = CANARY.as_bytes().windows(8).map(|piece| (piece, std::str::from_utf8(piece).unwrap()));
    let forms = pieces.flat_map(|(piece, text)| {
        // Of base64 and base32 the whole groups, wherever a group may have begun.
        let [base64, base64_url, base32] =
            [BASE64.encode(&piece[..6]), BASE64URL.encode(&piece[..6]), BASE32.encode(&piece[..5])];
        let separated = |format: fn(&u8) -> String| piece.iter().map(format).collect::<Vec<_>>().join(",");
        let decimal = separated(u8::to_string);
        let hexadecimal = separated(|byte| format!("{byte:02x}"));
        let (lower, upper) = (HEXLOWER.encode(piece), HEXUPPER.encode(piece));
        [text.to_owned(), lower, upper, decimal, hexadecimal, base64, base64_url, base32]
    });
    forms.into_iter().find(|form| squeezed.contains(form.as_str()))
}
