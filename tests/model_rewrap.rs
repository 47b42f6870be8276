//! Changing keys: rewrap by stages, reencrypt, whose slots stay, and what an interruption leaves.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs::{self, File};

use common::tree::{
    Tree, assert_all, assert_fails, decrypt, encrypt, lines, notices, reencrypt, reencrypt_options, rewrap,
    rewrap_options, verify,
};
use common::{passphrase, raw_key};
use modelcrypt::base::Durable;
use modelcrypt::envelope::HeaderEditor;
use modelcrypt::format::limits::{MAX_SLOTS, MIN_WRITER_ITERATIONS};
use modelcrypt::format::{PairState, Slot};
use modelcrypt::keys::KeyWrapper;
use modelcrypt::model::{Error, Outcome, RewrapOptions, Stages};
use modelcrypt::{ErrorKind, MasterKey, ModelDir, Opener, Silent};

fn three() -> Tree {
    let tree = Tree::new(&[("a.bin", "a"), ("b.bin", "b"), ("sub/c.bin", "c")]);
    encrypt(&tree.model(), &raw_key(1));
    tree
}

fn stage(stages: Stages) -> RewrapOptions {
    let mut options = rewrap_options();
    options.stages = stages;
    options
}

fn slots(tree: &Tree, name: &str) -> Vec<Slot> {
    Opener::open(&tree.path(name)).unwrap().header().slots.clone()
}

fn opens(tree: &Tree, name: &str, key: &MasterKey) -> bool {
    Opener::open(&tree.path(name)).unwrap().unlock(key).is_ok()
}

/// Adds slots for other keys.
fn add_slots(tree: &Tree, name: &str, key: &MasterKey, others: &[MasterKey]) {
    let file = File::options().read(true).write(true).open(tree.path(name)).unwrap();
    let mut editor = HeaderEditor::unlock(&file, &[key]).unwrap();
    let mut slots = editor.header().slots.clone();
    for other in others {
        let wrapper = KeyWrapper::new(other, MIN_WRITER_ITERATIONS).unwrap();
        slots.push(wrapper.wrap(editor.file_key(), &editor.header().core).unwrap());
    }
    let metadata = editor.metadata().clone();
    editor.write(&slots, metadata).unwrap();
    Durable::sync(&file).unwrap();
}

#[test]
fn one_file_that_fails_stops_a_rewrap_before_anything_is_written() {
    let damaged = three();
    damaged.flip("b.bin.enc", 8128);
    damaged.flip("b.bin.enc", 8192 + 8128);
    let cut = three();
    let short = cut.read("sub/c.bin.enc")[..16_400].to_vec();
    cut.write("sub/c.bin.enc", short);
    let renamed = three();
    renamed.rename("b.bin.enc", "z.bin.enc");
    let other_key = three();
    other_key.write("d.bin", "d");
    encrypt(&other_key.file("d.bin"), &raw_key(9));
    let foreign = three();
    foreign.write("f.bin.enc", "foreign");
    let full = three();
    let others: Vec<_> = (0..MAX_SLOTS - 1).map(|i| raw_key(100 + u8::try_from(i).unwrap())).collect();
    add_slots(&full, "a.bin.enc", &raw_key(1), &others);
    for (what, tree) in [
        ("damaged", damaged),
        ("cut", cut),
        ("renamed", renamed),
        ("other key", other_key),
        ("foreign", foreign),
        ("no free slot", full),
    ] {
        let before = tree.contents();
        let report = rewrap(&tree.model(), &raw_key(1), &raw_key(2));
        assert_eq!(tree.contents(), before, "{what}");
        let stopped = report.failures().filter(|(_, error)| matches!(error, Error::StageStopped)).count();
        assert_eq!(report.failures().count(), report.files.len(), "{what}");
        assert_eq!(stopped, report.files.len() - 1, "{what}: {:?}", lines(&report));
    }
}

#[test]
fn the_stages_can_be_run_one_by_one_and_again() {
    let tree = three();
    let (old, new) = (raw_key(1), raw_key(2));
    let before_add = tree.model().rewrap(&old, &new, &stage(Stages::Drop), &Silent).unwrap();
    assert_eq!(before_add.failures().count(), 3, "nothing is dropped where the new key opens nothing");
    assert!(opens(&tree, "a.bin.enc", &old));
    for outcome in [Outcome::Rewrapped, Outcome::AlreadyDone] {
        let report = tree.model().rewrap(&old, &new, &stage(Stages::Add), &Silent).unwrap();
        assert_all(&report, outcome, 3);
        assert_all(&verify(&tree.model(), &old), Outcome::Verified, 3);
        assert_all(&verify(&tree.model(), &new), Outcome::Verified, 3);
    }
    for outcome in [Outcome::Rewrapped, Outcome::AlreadyDone] {
        let report = tree.model().rewrap(&old, &new, &stage(Stages::Drop), &Silent).unwrap();
        assert_all(&report, outcome, 3);
        assert!(!opens(&tree, "a.bin.enc", &old));
        assert_all(&verify(&tree.model(), &new), Outcome::Verified, 3);
    }
}

#[test]
fn a_rewrap_moves_no_payload_byte_and_leaves_both_copies_alike() {
    let tree = three();
    let before = tree.read("a.bin.enc");
    assert_all(&rewrap(&tree.model(), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 3);
    let after = tree.read("a.bin.enc");
    assert_eq!(before[16_384..], after[16_384..]);
    assert_eq!(before[..64], after[..64]);
    assert_eq!(after[..8192], after[8192..16_384]);
    assert_all(&decrypt(&tree.model(), &raw_key(2)), Outcome::Decrypted, 3);
}

#[test]
fn other_peoples_slots_are_kept_and_reported_unless_only_is_asked_for() {
    let tree = three();
    add_slots(&tree, "a.bin.enc", &raw_key(1), &[raw_key(7), passphrase("theirs")]);
    let report = rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    assert_all(&report, Outcome::Rewrapped, 3);
    assert!(notices(&report).contains("2 other key slots"), "{}", notices(&report));
    assert!(opens(&tree, "a.bin.enc", &raw_key(7)) && opens(&tree, "a.bin.enc", &passphrase("theirs")));
    assert!(!opens(&tree, "a.bin.enc", &raw_key(1)));
    let mut only = rewrap_options();
    only.only = true;
    tree.model().rewrap(&raw_key(2), &raw_key(3), &only, &Silent).unwrap();
    assert_eq!(slots(&tree, "a.bin.enc").len(), 1);
    assert_all(&verify(&tree.model(), &raw_key(3)), Outcome::Verified, 3);
}

#[test]
fn the_same_key_twice_is_refused() {
    let tree = three();
    for (old, new) in [(raw_key(1), raw_key(1)), (passphrase("p"), passphrase("p"))] {
        let refused = tree.model().rewrap(&old, &new, &rewrap_options(), &Silent).unwrap_err();
        assert!(matches!(refused, Error::SameKey));
        let refused = tree.model().reencrypt(&old, Some(&new), &reencrypt_options(), &Silent).unwrap_err();
        assert!(matches!(refused, Error::SameKey));
    }
}

#[test]
fn swapped_keys_lose_nothing() {
    let tree = three();
    let before = tree.contents();
    assert_all(&rewrap(&tree.model(), &raw_key(2), &raw_key(1)), Outcome::AlreadyDone, 3);
    assert_eq!(tree.contents(), before);
    // Interrupted between the stages, then run with the keys swapped: back where it began.
    tree.model().rewrap(&raw_key(1), &raw_key(2), &stage(Stages::Add), &Silent).unwrap();
    assert_all(&rewrap(&tree.model(), &raw_key(2), &raw_key(1)), Outcome::Rewrapped, 3);
    assert!(opens(&tree, "a.bin.enc", &raw_key(1)) && !opens(&tree, "a.bin.enc", &raw_key(2)));
}

#[test]
fn a_rewrap_finishes_what_another_began() {
    let tree = three();
    rewrap(&tree.file("a.bin.enc"), &raw_key(1), &raw_key(2));
    tree.file("b.bin.enc").rewrap(&raw_key(1), &raw_key(2), &stage(Stages::Add), &Silent).unwrap();
    let report = rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    assert_eq!(lines(&report), ["a.bin.enc: already done", "b.bin.enc: rewrapped", "c.bin.enc: rewrapped"]);
    assert_all(&verify(&tree.model(), &raw_key(2)), Outcome::Verified, 3);
    assert_eq!(verify(&tree.model(), &raw_key(1)).failures().count(), 3);
}

#[test]
fn a_damaged_header_copy_is_told_read_past_and_healed() {
    for at in [100, 8192 + 100] {
        let tree = three();
        tree.flip("a.bin.enc", at);
        assert_fails(&verify(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
        let report = encrypt(&tree.model(), &raw_key(1));
        assert_all(&report, Outcome::AlreadyDone, 3);
        assert!(notices(&report).contains("damaged"), "{}", notices(&report));
        let healed = three();
        healed.flip("a.bin.enc", at);
        assert_all(&rewrap(&healed.model(), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 3);
        assert_eq!(Opener::open(&healed.path("a.bin.enc")).unwrap().state(), PairState::Identical);
        assert_all(&verify(&healed.model(), &raw_key(2)), Outcome::Verified, 3);
        let healed = three();
        healed.flip("a.bin.enc", at);
        assert_all(&reencrypt(&healed.model(), &raw_key(1), None), Outcome::Reencrypted, 3);
        assert_all(&verify(&healed.model(), &raw_key(1)), Outcome::Verified, 3);
        let report = decrypt(&tree.model(), &raw_key(1));
        assert_all(&report, Outcome::Decrypted, 3);
        assert!(notices(&report).contains("damaged"), "{}", notices(&report));
        assert_eq!(tree.read("a.bin"), b"a");
    }
}

#[test]
fn hard_links_of_a_sealed_file_are_rewrapped_once() {
    let tree = three();
    fs::create_dir(tree.path("mirror")).unwrap();
    fs::hard_link(tree.path("a.bin.enc"), tree.path("mirror/a.bin.enc")).unwrap();
    tree.copy("a.bin.enc.json", "mirror/a.bin.enc.json");
    let report = rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    assert_all(&report, Outcome::Rewrapped, 3);
    assert!(notices(&report).contains("mirror"), "{}", notices(&report));
    let report = verify(&tree.model(), &raw_key(2));
    assert_all(&report, Outcome::Verified, 4);
    assert_eq!(notices(&report), "");
}

#[test]
fn reencrypt_gives_new_file_keys_and_keeps_what_it_should() {
    let tree = three();
    let before = Opener::open(&tree.path("a.bin.enc")).unwrap().unlock(&raw_key(1)).unwrap();
    add_slots(&tree, "a.bin.enc", &raw_key(1), &[raw_key(7)]);
    let report = reencrypt(&tree.model(), &raw_key(1), None);
    assert_all(&report, Outcome::Reencrypted, 3);
    assert!(notices(&report).contains("1 other key slot"), "{}", notices(&report));
    let after = Opener::open(&tree.path("a.bin.enc")).unwrap().unlock(&raw_key(1)).unwrap();
    assert_ne!(before.header().core.file_id, after.header().core.file_id);
    assert_eq!(before.metadata().key_since, after.metadata().key_since, "the same master key");
    assert_eq!(before.metadata().name, after.metadata().name);
    assert_eq!(before.metadata().mtime_ns, after.metadata().mtime_ns);
    assert_eq!(before.metadata().mode, after.metadata().mode);
    assert!(!opens(&tree, "a.bin.enc", &raw_key(7)));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_all(&reencrypt(&tree.model(), &raw_key(1), Some(&raw_key(2))), Outcome::Reencrypted, 3);
    let after = Opener::open(&tree.path("a.bin.enc")).unwrap().unlock(&raw_key(2)).unwrap();
    assert_ne!(before.metadata().key_since, after.metadata().key_since, "another master key");
    assert_all(&reencrypt(&tree.model(), &raw_key(1), Some(&raw_key(2))), Outcome::AlreadyDone, 3);
    assert_all(&decrypt(&tree.model(), &raw_key(2)), Outcome::Decrypted, 3);
    assert_eq!(tree.names(), ["a.bin", "b.bin", "sub/c.bin"]);
}

#[test]
fn a_rewrap_says_since_when_the_key_holds_the_file() {
    let tree = three();
    let since =
        |tree: &Tree, key: &MasterKey| tree.model().status(Some(key)).unwrap().files[0].since.unwrap();
    let before = since(&tree, &raw_key(1));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    assert!(since(&tree, &raw_key(2)) > before);
}

#[test]
fn many_files_under_a_passphrase_derive_it_once() {
    let tree = Tree::new(&[]);
    for i in 0..200 {
        tree.write(&format!("{}/{i}.bin", i % 7), i.to_string());
    }
    let (old, new) = (passphrase("old"), passphrase("new"));
    assert_all(&encrypt(&tree.model(), &old), Outcome::Encrypted, 200);
    assert_eq!(old.derivation_count(), 1, "encrypt");
    let old = passphrase("old");
    assert_all(&verify(&tree.model(), &old), Outcome::Verified, 200);
    assert_eq!(old.derivation_count(), 1, "verify");
    assert_all(&rewrap(&tree.model(), &old, &new), Outcome::Rewrapped, 200);
    // Each key is tried on the other's slots too, whose salt is one for all files.
    assert!(old.derivation_count() <= 2 && new.derivation_count() <= 2, "rewrap");
    let new = passphrase("new");
    assert_all(&reencrypt(&tree.model(), &new, None), Outcome::Reencrypted, 200);
    assert_eq!(new.derivation_count(), 2, "reencrypt: once to open, once to seal");
    let new = passphrase("new");
    assert_all(&decrypt(&tree.model(), &new), Outcome::Decrypted, 200);
    assert_eq!(new.derivation_count(), 1, "decrypt");
}

#[test]
fn a_named_file_under_another_name_is_rewrapped_and_in_a_directory_refused() {
    let tree = three();
    tree.rename("a.bin.enc", "z.bin.enc");
    tree.remove("a.bin.enc.json");
    assert_all(&rewrap(&tree.file("z.bin.enc"), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 1);
    let mut options = rewrap_options();
    options.allow_renamed = true;
    let model = ModelDir::open(tree.root()).unwrap();
    assert_eq!(model.rewrap(&raw_key(1), &raw_key(2), &options, &Silent).unwrap().failures().count(), 0);
}
