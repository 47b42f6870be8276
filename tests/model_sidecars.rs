//! The sidecar: a cache that is never trusted. Lost, stale, tampered with or somebody else's, for each verb.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs;

use common::raw_key;
use common::tree::{
    Tree, assert_all, assert_fails, decrypt, decrypt_to, encrypt, encrypt_options, encrypt_to, notices,
    reencrypt, rewrap, verify,
};
use modelcrypt::crypto::sha256;
use modelcrypt::envelope::ChecksumPolicy;
use modelcrypt::model::{Destination, Outcome};
use modelcrypt::{ErrorKind, Silent};

const SIDECAR: &str = "a.bin.enc.json";

fn sealed() -> Tree {
    let tree = Tree::new(&[("a.bin", "weights")]);
    encrypt(&tree.model(), &raw_key(1));
    tree
}

fn sealed_with(checksum: ChecksumPolicy, publish: bool) -> Tree {
    let tree = Tree::new(&[("a.bin", "weights")]);
    let mut options = encrypt_options();
    options.checksum = checksum;
    options.publish_sha256 = publish;
    assert_all(&tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap(), Outcome::Encrypted, 1);
    tree
}

fn json(tree: &Tree) -> serde_json::Value {
    serde_json::from_slice(&tree.read(SIDECAR)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// What each sidecar says under `checksums`, sorted.
fn checksums(tree: &Tree) -> Vec<String> {
    json(tree)["checksums"].as_object().unwrap().keys().cloned().collect()
}

fn lost() -> Tree {
    let tree = sealed();
    tree.remove(SIDECAR);
    tree
}

/// Authentic, of an earlier header.
fn stale() -> Tree {
    let tree = sealed();
    tree.copy(SIDECAR, "old");
    rewrap(&tree.model(), &raw_key(2), &raw_key(1));
    rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    rewrap(&tree.model(), &raw_key(2), &raw_key(1));
    tree.rename("old", SIDECAR);
    tree
}

/// Of another file.
fn anothers() -> Tree {
    let tree = sealed();
    let other = sealed();
    tree.write(SIDECAR, other.read(SIDECAR));
    tree
}

#[test]
fn the_sidecar_says_what_the_design_says() {
    let tree = sealed();
    let json = json(&tree);
    assert_eq!(json["schema"], "modelcrypt/sidecar/v1");
    assert_eq!(json["file"]["name"], "a.bin");
    assert_eq!(json["file"]["plaintext_len"], 7);
    assert_eq!(json["file"]["sealed_len"], fs::metadata(tree.path("a.bin.enc")).unwrap().len());
    assert_eq!(json["file"]["file_id"], hex(&tree.read("a.bin.enc")[16..48]));
    assert_eq!((&json["suite"], &json["generation"]), (&1.into(), &1.into()));
    assert_eq!(json["slots"][0]["type"], 3);
    assert_eq!(json["slots"][0]["key_id"], raw_key(1).id().unwrap().to_string());
    assert!(json["slots"][0]["kdf"].is_null());
    assert_eq!(json["mac"].as_str().unwrap().len(), 64);
    assert_eq!(checksums(&tree), ["plaintext_hmac_sha256"]);
    let text = String::from_utf8(tree.read(SIDECAR)).unwrap();
    assert!(!text.contains(&hex(&sha256(b"weights"))), "the plaintext's hash stays sealed");
}

#[test]
fn each_checksum_policy_gives_its_fields_and_outlives_a_change_of_keys() {
    for (policy, publish, fields) in [
        (ChecksumPolicy::Plaintext, false, &["plaintext_hmac_sha256"][..]),
        (ChecksumPolicy::Plaintext, true, &["plaintext_hmac_sha256", "plaintext_sha256"]),
        (ChecksumPolicy::None, false, &[]),
        (ChecksumPolicy::Both, false, &["payload_sha256", "plaintext_hmac_sha256"]),
        (ChecksumPolicy::Both, true, &["payload_sha256", "plaintext_hmac_sha256", "plaintext_sha256"]),
    ] {
        let tree = sealed_with(policy, publish);
        for step in 0..3 {
            let report = match step {
                0 => verify(&tree.model(), &raw_key(1)),
                1 => rewrap(&tree.model(), &raw_key(1), &raw_key(2)),
                _ => reencrypt(&tree.model(), &raw_key(2), Some(&raw_key(1))),
            };
            assert_eq!(report.failures().count(), 0, "{report:?}");
            let mut found = checksums(&tree);
            found.sort();
            assert_eq!(found, fields, "{policy:?} {publish} step {step}");
            if publish {
                assert_eq!(json(&tree)["checksums"]["plaintext_sha256"], hex(&sha256(b"weights")));
            }
            if policy == ChecksumPolicy::Both {
                let payload = sha256(&tree.read("a.bin.enc")[16_384..]);
                assert_eq!(json(&tree)["checksums"]["payload_sha256"], hex(&payload));
            }
        }
        assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 1);
        assert_all(&decrypt(&tree.model(), &raw_key(1)), Outcome::Decrypted, 1);
    }
}

#[test]
fn a_lost_or_stale_sidecar_is_made_again_by_verbs_that_write() {
    for (what, make) in [("lost", lost as fn() -> Tree), ("stale", stale), ("stale", anothers)] {
        let tree = make();
        let before = tree.contents();
        let report = verify(&tree.model(), &raw_key(1));
        assert_all(&report, Outcome::Verified, 1);
        assert!(notices(&report).contains(what), "{}", notices(&report));
        assert_eq!(tree.contents(), before, "verify writes nothing");
        let report = encrypt(&tree.model(), &raw_key(1));
        assert_all(&report, Outcome::AlreadyDone, 1);
        assert!(notices(&report).contains(what), "{}", notices(&report));
        assert_eq!(notices(&verify(&tree.model(), &raw_key(1))), "");
        let tree = make();
        assert_all(&rewrap(&tree.model(), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 1);
        assert_eq!(notices(&verify(&tree.model(), &raw_key(2))), "");
        let tree = make();
        assert_all(&reencrypt(&tree.model(), &raw_key(1), None), Outcome::Reencrypted, 1);
        assert_eq!(notices(&verify(&tree.model(), &raw_key(1))), "");
        let tree = make();
        assert_all(&decrypt(&tree.model(), &raw_key(1)), Outcome::Decrypted, 1);
        assert_eq!(tree.names(), ["a.bin"]);
    }
}

#[test]
fn a_lost_sidecar_gets_its_payload_checksum_again() {
    let tree = sealed_with(ChecksumPolicy::Both, false);
    let before = tree.read(SIDECAR);
    tree.remove(SIDECAR);
    assert_all(&encrypt(&tree.model(), &raw_key(1)), Outcome::AlreadyDone, 1);
    assert_eq!(tree.read(SIDECAR), before, "every field can be made again");
}

fn tampered() -> Vec<(&'static str, Tree)> {
    let change = |from: &str, to: &str| {
        let tree = sealed_with(ChecksumPolicy::Both, true);
        tree.replace(SIDECAR, from, to);
        tree
    };
    let cut = sealed();
    let text = cut.read(SIDECAR);
    cut.write(SIDECAR, &text[..text.len() / 2]);
    let long = sealed();
    let text = [&long.read(SIDECAR)[..], &vec![b' '; 70_000]].concat();
    long.write(SIDECAR, text);
    vec![
        ("file.name", change("\"a.bin\"", "\"b.bin\"")),
        ("file.plaintext_len", change("\"plaintext_len\": 7", "\"plaintext_len\": 8")),
        ("suite", change("\"suite\": 1", "\"suite\": 2")),
        ("generation", change("\"generation\": 1", "\"generation\": 2")),
        ("slots", change("\"type\": 3", "\"type\": 4")),
        ("tool", change("\"tool\": \"", "\"tool\": \"x")),
        ("mac", change("\"mac\": \"", "\"mac\": \"00")),
        ("unknown", change("\"suite\": 1", "\"suite\": 1,\n  \"extra\": 1")),
        ("duplicate", change("\"suite\": 1", "\"suite\": 1,\n  \"suite\": 1")),
        ("checksums.plaintext_sha256", change("\"plaintext_sha256\": \"", "\"plaintext_sha256\": \"0")),
        ("checksums.plaintext_hmac_sha256", change("_hmac_sha256\": \"", "_hmac_sha256\": \"0")),
        ("", cut),
        ("longer", long),
    ]
}

#[test]
fn a_sidecar_that_was_tampered_with_is_named_field_by_field() {
    for (field, tree) in tampered() {
        let before = tree.contents();
        for report in [
            verify(&tree.model(), &raw_key(1)),
            encrypt(&tree.model(), &raw_key(1)),
            reencrypt(&tree.model(), &raw_key(1), None),
        ] {
            let told = assert_fails(&report, ErrorKind::Tampered);
            assert!(told.contains(field), "{field}: {told}");
        }
        assert_eq!(tree.contents(), before);
        // A rewrap makes it again.
        let report = rewrap(&tree.model(), &raw_key(1), &raw_key(2));
        assert_all(&report, Outcome::Rewrapped, 1);
        assert!(notices(&report).contains("tampered"), "{}", notices(&report));
        assert_eq!(notices(&verify(&tree.model(), &raw_key(2))), "", "{field}");
    }
}

#[test]
fn decrypt_writes_the_plaintext_and_keeps_what_was_tampered_with() {
    for (field, tree) in tampered() {
        let sealed = tree.read("a.bin.enc");
        let sidecar = tree.read(SIDECAR);
        let out = tempfile::tempdir().unwrap();
        let elsewhere = decrypt_to(Destination::Tree(out.path().join("out")));
        for options in [elsewhere, decrypt_to(Destination::InPlace), decrypt_to(Destination::Beside)] {
            let report = tree.model().decrypt(&raw_key(1), &options, &Silent).unwrap();
            let told = assert_fails(&report, ErrorKind::Tampered);
            assert!(told.contains(field), "{field}: {told}");
        }
        assert_eq!(fs::read(out.path().join("out/a.bin")).unwrap(), b"weights");
        assert_eq!(tree.read("a.bin"), b"weights");
        assert_eq!((tree.read("a.bin.enc"), tree.read(SIDECAR)), (sealed, sidecar));
    }
}

#[test]
fn a_checksum_that_does_not_fit_the_payload_fails_verify() {
    let tree = sealed_with(ChecksumPolicy::Both, false);
    let payload = hex(&sha256(&tree.read("a.bin.enc")[16_384..]));
    tree.replace(SIDECAR, &payload, &hex(&[7; 32]));
    assert_fails(&verify(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
}

#[test]
fn a_strangers_file_at_the_sidecars_name_stays() {
    let theirs = "{\"theirs\": true}";
    let tree = Tree::new(&[("a.bin", "weights"), (SIDECAR, theirs)]);
    assert_fails(&encrypt(&tree.model(), &raw_key(1)), ErrorKind::AlreadyExists);
    assert_eq!(tree.names(), ["a.bin", SIDECAR]);
    let tree = sealed();
    tree.write(SIDECAR, theirs);
    assert_fails(&encrypt(&tree.model(), &raw_key(1)), ErrorKind::AlreadyExists);
    assert_fails(&verify(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
    assert_fails(&reencrypt(&tree.model(), &raw_key(1), None), ErrorKind::AlreadyExists);
    assert_fails(&rewrap(&tree.model(), &raw_key(1), &raw_key(2)), ErrorKind::AlreadyExists);
    assert_fails(&decrypt(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
    assert_eq!(tree.names(), ["a.bin", "a.bin.enc", SIDECAR]);
    assert_eq!(tree.read(SIDECAR), theirs.as_bytes());
}

#[test]
fn a_sidecar_that_cannot_be_read_does_not_keep_the_plaintext_back() {
    let tree = lost();
    fs::create_dir(tree.path(SIDECAR)).unwrap();
    assert_fails(&verify(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
    assert_fails(&encrypt(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
    assert_fails(&decrypt(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
    assert_eq!(tree.read("a.bin"), b"weights");
    assert!(tree.exists("a.bin.enc"));
}

#[test]
fn an_output_takes_valid_sidecars_along_and_makes_others_again() {
    let tree = lost();
    tree.write("b.bin", "b");
    encrypt(&tree.file("b.bin"), &raw_key(1));
    let out = tempfile::tempdir().unwrap();
    let options = encrypt_to(Destination::Tree(out.path().join("out")));
    assert_eq!(tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap().failures().count(), 0);
    assert!(!tree.exists(SIDECAR), "the source is left alone");
    let copied = modelcrypt::ModelDir::open(out.path().join("out")).unwrap();
    let report = verify(&copied, &raw_key(1));
    assert_all(&report, Outcome::Verified, 2);
    assert_eq!(notices(&report), "");
}
