//! Manifests of providers and structured files of secrets, as strangers write them.

#![no_main]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use modelcrypt::credentials::stores::file::FileSource;
use modelcrypt::credentials::{CredentialStore, Entry, read_manifest};
use modelcrypt::keys::Permissions;

fuzz_target!(|input: (String, String)| {
    let (text, key) = input;
    for name in ["m.yaml", "m.json"] {
        let path = written(name, &text);
        if let Ok(sources) = read_manifest(&path, Permissions::Private) {
            let listing = sources.list().expect("named places are always listed");
            assert!(listing.entries.len() + listing.problems.len() <= text.len());
        }
        if let Ok(secret) = FileSource::new(&path).key(key.clone()).read() {
            // The longest growth: a number written out.
            assert!(secret.expose().len() <= 4 * text.len() + 32);
        }
    }
    if let Ok(entry) = serde_json::from_str::<Entry>(&text) {
        let again = serde_json::to_string(&entry).expect("text and numbers serialize");
        assert_eq!(serde_json::from_str::<Entry>(&again).expect("its own text"), entry);
    }
});

fn written(name: &str, text: &str) -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder"));
    mode(folder.path(), 0o700);
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    mode(&path, 0o600);
    path
}

fn mode(path: &Path, bits: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(bits)).expect("a mode");
}
