//! A tree through all verbs of the library.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use modelcrypt::model::{
    DecryptOptions, Destination, EncryptOptions, Outcome, ReencryptOptions, Report, RewrapOptions,
};
use modelcrypt::{MasterKey, ModelDir, Silent};

fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(dir: &Path, root: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(dir, dir, &mut found);
    found
}

fn make_model(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    for (name, len) in [
        ("a.safetensors", 0),
        ("b.bin", 1),
        ("c.pt", 16_383),
        ("d.pth", 16_384),
        ("e.gguf", 16_385),
        ("deep/er/f.onnx", 32_768),
        ("deep/ü mlaut.safetensors", 3_000_000),
        ("config.json", 20),
    ] {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes: Vec<u8> = (0..len).map(|i: usize| u8::try_from(i * 7 % 251).unwrap()).collect();
        fs::write(path, bytes).unwrap();
    }
    tree(dir)
}

fn assert_all(report: &Report, outcome: Outcome, count: usize) {
    let failures: Vec<_> =
        report.failures().map(|(file, error)| format!("{}: {error}", file.path.display())).collect();
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(
        report.files.iter().filter(|file| file.outcome.as_ref().is_ok_and(|found| *found == outcome)).count(),
        count,
        "{report:?}"
    );
}

#[test]
fn a_tree_goes_through_all_verbs_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let before = make_model(dir.path());
    let (old, new) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
    let model = ModelDir::open(dir.path()).unwrap();
    assert_all(&model.encrypt(&old, &EncryptOptions::default(), &Silent).unwrap(), Outcome::Encrypted, 7);
    let sealed = tree(dir.path());
    assert_eq!(sealed.len(), 7 * 2 + 1);
    assert_all(&model.encrypt(&old, &EncryptOptions::default(), &Silent).unwrap(), Outcome::AlreadyDone, 7);
    assert_eq!(tree(dir.path()), sealed);
    assert_all(&model.verify(&old, false, &Silent).unwrap(), Outcome::Verified, 7);
    assert_all(&model.rewrap(&old, &new, &RewrapOptions::default(), &Silent).unwrap(), Outcome::Rewrapped, 7);
    assert_eq!(model.verify(&old, false, &Silent).unwrap().failures().count(), 7);
    assert_all(&model.verify(&new, false, &Silent).unwrap(), Outcome::Verified, 7);
    assert_all(
        &model.rewrap(&old, &new, &RewrapOptions::default(), &Silent).unwrap(),
        Outcome::AlreadyDone,
        7,
    );
    assert_all(
        &model.reencrypt(&new, Some(&old), &ReencryptOptions::default(), &Silent).unwrap(),
        Outcome::Reencrypted,
        7,
    );
    assert_all(&model.verify(&old, false, &Silent).unwrap(), Outcome::Verified, 7);
    let out = tempfile::tempdir().unwrap();
    let mut options = DecryptOptions::default();
    options.destination = Destination::Tree(out.path().join("plain"));
    assert_all(&model.decrypt(&old, &options, &Silent).unwrap(), Outcome::Decrypted, 7);
    assert_eq!(tree(&out.path().join("plain")), before);
    assert_all(&model.decrypt(&old, &DecryptOptions::default(), &Silent).unwrap(), Outcome::Decrypted, 7);
    assert_eq!(tree(dir.path()), before);
}
