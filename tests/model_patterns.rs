//! Which files are meant: patterns, configurations, what is never planned; and what `status` makes of it.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs;

use common::tree::{
    Tree, assert_all, decrypt, encrypt, encrypt_options, encrypt_to, lines, notices, reencrypt, rewrap,
    states, verify,
};
use common::{passphrase, raw_key};
use modelcrypt::format::{KdfParams, Slot};
use modelcrypt::model::{DEFAULT_PATTERNS, Destination, Outcome, Policy, Selection};
use modelcrypt::{ErrorKind, MasterKey, ModelDir, Opener, Silent};

fn select(include: &[&str], exclude: &[&str], all: bool) -> Selection {
    let owned = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    Selection { include: owned(include), exclude: owned(exclude), all }
}

fn iterations(tree: &Tree, name: &str) -> u32 {
    match Opener::open(&tree.path(name)).unwrap().header().slots[0] {
        Slot::Passphrase(KdfParams { iterations, .. }, _) => iterations.get(),
        _ => panic!("no passphrase's slot"),
    }
}

fn kind(error: modelcrypt::model::Error) -> ErrorKind {
    modelcrypt::Error::from(error).kind()
}

#[test]
fn every_default_pattern_is_taken_and_nothing_else() {
    let tree = Tree::new(&[("config.json", "{}"), ("model.safetensors.index.json", "{}"), ("bin", "x")]);
    for pattern in DEFAULT_PATTERNS {
        tree.write(&pattern.replace('*', "deep/er/a b"), pattern);
    }
    assert_all(&encrypt(&tree.model(), &raw_key(1)), Outcome::Encrypted, DEFAULT_PATTERNS.len());
    for name in ["config.json", "model.safetensors.index.json", "bin"] {
        assert!(tree.exists(name), "{name}");
    }
}

#[test]
fn include_takes_the_place_of_the_defaults_and_exclude_leaves_out() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.dat", "b"), ("sub/c.dat", "c"), ("sub/d.dat", "d")]);
    let model = tree.model().selection(select(&["*.dat"], &["sub/d.*"], false));
    assert_all(&encrypt(&model, &raw_key(1)), Outcome::Encrypted, 2);
    assert_eq!(
        tree.names(),
        ["a.bin", "b.dat.enc", "b.dat.enc.json", "sub/c.dat.enc", "sub/c.dat.enc.json", "sub/d.dat"]
    );
    // The other verbs take what was sealed, whatever its name, unless they are narrowed too.
    let narrowed = tree.model().selection(select(&["b.*"], &[], false));
    assert_all(&verify(&narrowed, &raw_key(1)), Outcome::Verified, 1);
    let without = tree.model().selection(select(&[], &["b.dat"], false));
    assert_all(&verify(&without, &raw_key(1)), Outcome::Verified, 1);
    let without = tree.model().selection(select(&[], &["*.enc"], false));
    assert_all(&verify(&without, &raw_key(1)), Outcome::Verified, 0);
    assert_all(&decrypt(&tree.model(), &raw_key(1)), Outcome::Decrypted, 2);
}

#[test]
fn all_takes_everything_but_what_is_never_planned() {
    let tree = Tree::new(&[("a.bin", "a"), ("config.json", "{}"), (".hidden", "h"), ("empty", "")]);
    tree.write(".modelcrypt.toml", "rotation_days = 1");
    tree.write("master.key", raw_key(1).to_text().unwrap().expose());
    let model = tree.model().selection(select(&[], &[], true)).key_file(Some(tree.path("master.key")));
    assert_all(&encrypt(&model, &raw_key(1)), Outcome::Encrypted, 4);
    assert!(tree.exists(".modelcrypt.toml") && tree.exists("master.key"));
    let sealed = tree.contents();
    assert_all(&encrypt(&model, &raw_key(1)), Outcome::AlreadyDone, 4);
    assert_eq!(tree.contents(), sealed, "a second run seals no sidecar and no sealed file");
}

#[test]
fn the_key_in_use_is_never_sealed_by_whatever_path() {
    let tree = Tree::new(&[("a.bin", "a"), ("keys/my.bin", "a passphrase that looks like a model")]);
    let key_file = tree.path("keys/../keys/my.bin");
    let model = tree.model().key_file(Some(key_file.clone()));
    assert_all(&encrypt(&model, &raw_key(1)), Outcome::Encrypted, 1);
    assert!(tree.exists("keys/my.bin"));
    let named = tree.file("keys/my.bin").key_file(Some(key_file));
    let refused = named.encrypt(&raw_key(1), &encrypt_options(), &Silent).unwrap_err();
    assert_eq!(kind(refused), ErrorKind::InvalidInput);
    assert!(tree.exists("keys/my.bin"));
}

#[test]
fn a_named_file_is_taken_whatever_its_name() {
    let tree = Tree::new(&[("odd name.xyz", "x"), ("a.bin", "a")]);
    assert_all(&encrypt(&tree.file("odd name.xyz"), &raw_key(1)), Outcome::Encrypted, 1);
    assert_eq!(tree.names(), ["a.bin", "odd name.xyz.enc", "odd name.xyz.enc.json"]);
    // The form that was named is gone: the other one stands for it.
    assert_all(&encrypt(&tree.file("odd name.xyz"), &raw_key(1)), Outcome::AlreadyDone, 1);
    assert_all(&decrypt(&tree.file("odd name.xyz"), &raw_key(1)), Outcome::Decrypted, 1);
    assert_all(&decrypt(&tree.file("odd name.xyz.enc"), &raw_key(1)), Outcome::AlreadyDone, 1);
    assert_eq!(tree.read("odd name.xyz"), b"x");
}

#[test]
fn a_directorys_configuration_may_not_name_a_key_nor_lower_iterations() {
    let tree = Tree::new(&[("a.bin", "a")]);
    tree.write(".modelcrypt.toml", "key = \"theirs.key\"\niterations = 1");
    let report = encrypt(&tree.model(), &passphrase("p"));
    assert_all(&report, Outcome::Encrypted, 1);
    assert!(notices(&report).contains("`key`"), "{}", notices(&report));
    assert_eq!(iterations(&tree, "a.bin.enc"), 100_000);
}

#[test]
fn a_configuration_raises_the_iterations_of_every_verb_that_wraps() {
    let tree = Tree::new(&[("a.bin", "a"), (".modelcrypt.toml", "iterations = 100001")]);
    let (old, new) = (passphrase("old"), passphrase("new"));
    encrypt(&tree.model(), &old);
    assert_eq!(iterations(&tree, "a.bin.enc"), 100_001);
    tree.write(".modelcrypt.toml", "iterations = 100002");
    assert_all(&rewrap(&tree.model(), &old, &new), Outcome::Rewrapped, 1);
    assert_eq!(iterations(&tree, "a.bin.enc"), 100_002);
    tree.write(".modelcrypt.toml", "iterations = 100003");
    assert_all(&reencrypt(&tree.model(), &new, None), Outcome::Reencrypted, 1);
    assert_eq!(iterations(&tree, "a.bin.enc"), 100_003);
}

#[test]
fn what_a_directorys_configuration_excludes_is_told_and_hides_no_sealed_file() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.bin", "b"), ("c.bin", "c"), ("note.txt", "n")]);
    assert_all(&encrypt(&tree.file("c.bin"), &raw_key(1)), Outcome::Encrypted, 1);
    tree.write(".modelcrypt.toml", "exclude = [\"b.*\", \"c.*\", \"*.txt\"]");
    let report = encrypt(&tree.model(), &raw_key(1));
    assert_eq!(lines(&report), ["a.bin: encrypted", "c.bin.enc: already done"]);
    let told = notices(&report);
    assert!(told.contains("b.bin") && !told.contains("note.txt") && !told.contains("a.bin"), "{told}");
    assert_all(&rewrap(&tree.model(), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 2);
    assert!(tree.model().status(None).unwrap().notices.concat().contains("b.bin"));
}

#[test]
fn configured_patterns_count_and_the_command_line_goes_first() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.dat", "b"), (".modelcrypt.toml", "patterns = [\"*.dat\"]")]);
    let included = tree.model().selection(select(&["*.bin"], &[], false));
    assert_eq!(included.plan_encrypt(&encrypt_options()).unwrap().steps[0].path, tree.path("a.bin"));
    assert_eq!(lines(&encrypt(&tree.model(), &raw_key(1))), ["b.dat: encrypted"]);
    // A configuration that the user names takes the place of the directory's.
    let mut policy = Policy::default();
    policy.patterns = Some(vec!["*.bin".into()]);
    let report = encrypt(&tree.model().policy(policy), &raw_key(1));
    assert_eq!(lines(&report), ["a.bin: encrypted", "b.dat.enc: already done"]);
}

#[test]
fn a_configuration_that_cannot_be_used_stops_everything() {
    let tree = Tree::new(&[("a.bin", "a")]);
    for text in ["patterns = 1", "unknown = 1", "exclude = [\"[\"]", "not toml"] {
        tree.write(".modelcrypt.toml", text);
        let refused = tree.model().encrypt(&raw_key(1), &encrypt_options(), &Silent).unwrap_err();
        assert_eq!(kind(refused), ErrorKind::InvalidInput, "{text}");
        assert!(tree.exists("a.bin"));
    }
}

#[cfg(unix)]
#[test]
fn a_configuration_that_is_no_file_is_not_read() {
    let tree = Tree::new(&[("a.bin", "a")]);
    tree.link("/dev/zero", ".modelcrypt.toml");
    assert!(tree.model().encrypt(&raw_key(1), &encrypt_options(), &Silent).is_err());
    assert!(tree.exists("a.bin"));
}

#[test]
fn status_tells_what_is_required_and_still_plaintext() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.pt", "b"), ("c.txt", "c"), ("d.txt", "d")]);
    let told = |tree: &Tree| states(&tree.model().status(None).unwrap());
    assert_eq!(told(&tree), ["a.bin: plaintext Encrypt", "b.pt: plaintext Encrypt"]);
    tree.write(".modelcrypt.toml", "require = [\"*.bin\", \"c.txt\"]");
    assert_eq!(told(&tree), ["a.bin: plaintext Encrypt", "b.pt: plaintext", "c.txt: plaintext Encrypt"]);
    encrypt(&tree.model(), &raw_key(1));
    assert_eq!(told(&tree), ["a.bin.enc: sealed", "b.pt.enc: sealed", "c.txt: plaintext Encrypt"]);
}

#[test]
fn a_foreign_file_does_not_hide_a_plaintext_that_must_be_sealed() {
    let tree = Tree::new(&[("a.bin", "a"), ("a.bin.enc", "not ours"), ("b.bin.enc", "nor this")]);
    assert_eq!(
        states(&tree.model().status(None).unwrap()),
        ["a.bin: plaintext Encrypt", "a.bin.enc: not ours", "b.bin.enc: not ours"]
    );
}

#[test]
fn status_tells_keys_both_forms_and_damage() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.bin", "b"), ("c.bin", "c"), ("d.bin", "d")]);
    let key = raw_key(1);
    tree.model().encrypt(&key, &encrypt_to(Destination::Beside), &Silent).unwrap();
    for name in ["b.bin", "c.bin", "d.bin"] {
        tree.remove(name);
    }
    tree.flip("c.bin.enc", 200);
    let cut = tree.read("d.bin.enc")[..100].to_vec();
    tree.write("d.bin.enc", cut);
    let report = tree.model().status(Some(&key)).unwrap();
    assert_eq!(
        states(&report),
        ["a.bin: both Finish Encrypt", "b.bin.enc: sealed", "c.bin.enc: sealed Heal", "d.bin.enc: damaged"]
    );
    assert_eq!(report.files[1].keys, [key.id().unwrap().to_string()]);
    assert!(report.files[1].since_is_authentic);
    let report = tree.file("b.bin.enc").status(Some(&raw_key(2))).unwrap();
    assert_eq!(states(&report), ["b.bin.enc: other key"]);
    assert!(report.files[0].since.is_some() && !report.files[0].since_is_authentic);
}

#[test]
fn a_rotation_is_due_after_the_days_of_the_policy() {
    let tree = Tree::new(&[("a.bin", "a"), (".modelcrypt.toml", "rotation_days = 0")]);
    encrypt(&tree.model(), &raw_key(1));
    assert_eq!(states(&tree.model().status(None).unwrap()), ["a.bin.enc: sealed Rotate"]);
    tree.write(".modelcrypt.toml", "rotation_days = 1");
    assert_eq!(states(&tree.model().status(Some(&raw_key(1))).unwrap()), ["a.bin.enc: sealed"]);
    // Without a key the sidecar's word is all there is.
    let text = String::from_utf8(tree.read("a.bin.enc.json")).unwrap();
    let created = text.split("\"created\": \"").nth(1).unwrap()[..4].to_owned();
    tree.replace("a.bin.enc.json", &format!("\"created\": \"{created}"), "\"created\": \"1999");
    assert_eq!(states(&tree.model().status(None).unwrap()), ["a.bin.enc: sealed Rotate"]);
    assert_eq!(states(&tree.model().status(Some(&raw_key(1))).unwrap()), ["a.bin.enc: sealed"]);
}

#[test]
fn an_empty_tree_is_nothing_to_do_and_a_missing_path_is_an_error() {
    let tree = Tree::new(&[]);
    fs::create_dir(tree.path("empty")).unwrap();
    let key: MasterKey = raw_key(1);
    for report in [
        encrypt(&tree.model(), &key),
        decrypt(&tree.model(), &key),
        verify(&tree.model(), &key),
        rewrap(&tree.model(), &key, &raw_key(2)),
        reencrypt(&tree.model(), &key, None),
        tree.model().sweep(&Silent).unwrap(),
    ] {
        assert!(report.files.is_empty() && report.notices.is_empty(), "{report:?}");
    }
    assert!(tree.model().status(None).unwrap().files.is_empty());
    let missing = ModelDir::open(tree.path("missing")).unwrap();
    assert_eq!(kind(missing.verify(&key, false, &Silent).unwrap_err()), ErrorKind::NotFound);
    assert_eq!(kind(missing.encrypt(&key, &encrypt_options(), &Silent).unwrap_err()), ErrorKind::NotFound);
    assert_eq!(kind(missing.status(None).unwrap_err()), ErrorKind::NotFound);
}
