//! Plaintexts where sealed files should be, and other things that a model directory must not hold.

use std::fs;
use std::path::Path;

use modelcrypt::model::Policy;
use modelcrypt::{ErrorKind, ModelDir, Place, Silent, TemporaryDecrypt};

use crate::common::raw_key;
use crate::common::tree::{Tree, names_in};
use crate::guarded::{assert_refused, open, open_letting, sealed, try_open};

/// A model with one file sealed.
fn model() -> Tree {
    sealed(&[("a.bin", "a"), ("config.json", "{}")])
}

fn refused(model: &ModelDir) -> String {
    assert_refused(try_open(model, &Place::Memfd), ErrorKind::PolicyViolation)
}

/// By a configuration that the user has named.
fn with_policy(tree: &Tree, text: &str) -> ModelDir {
    let outside = Tree::new(&[("own.toml", text)]);
    tree.model().policy(Policy::load(&outside.path("own.toml")).unwrap())
}

#[test]
fn a_planted_plaintext_is_refused() {
    let tree = model();
    for name in ["b.bin", "deep/model.safetensors", "training_args.bin", "x.pt"] {
        tree.write(name, "pickle");
        let told = refused(&tree.model());
        assert!(told.contains(name), "{told}");
        tree.remove(name);
    }
    open(&tree.model(), &Place::Memfd).close().unwrap();
}

#[test]
fn a_planted_link_to_a_plaintext_is_refused_wherever_it_leads() {
    let tree = model();
    let outside = Tree::new(&[("pickle", "p")]);
    tree.write("inside.txt", "p");
    for target in [outside.path("pickle"), "inside.txt".into(), Path::new("/dev/zero").to_owned()] {
        tree.link(&target, "b.bin");
        refused(&tree.model());
        tree.remove("b.bin");
    }
}

#[test]
fn a_link_to_a_directory_elsewhere_is_refused() {
    let tree = model();
    let outside = Tree::new(&[("b.bin", "pickle")]);
    tree.link(outside.root(), "deep");
    refused(&tree.model());
    let guard = open_letting(&tree.model(), |load| load.allow_plaintext = true).unwrap();
    assert_eq!(fs::read(guard.path().join("deep/b.bin")).unwrap(), b"pickle");
}

#[test]
fn a_sealed_file_replaced_by_its_own_plaintext_is_refused() {
    let tree = model();
    tree.remove("a.bin.enc");
    tree.write("a.bin", "a");
    refused(&tree.model());
    refused(&tree.file("a.bin"));
}

#[test]
fn a_plaintext_that_the_user_lets_pass_is_linked() {
    let tree = model();
    tree.write("b.bin", "b");
    let guard = open_letting(&tree.model(), |load| load.allow_plaintext = true).unwrap();
    assert_eq!(
        fs::read_link(guard.path().join("b.bin")).unwrap(),
        fs::canonicalize(tree.path("b.bin")).unwrap()
    );
}

#[test]
fn the_directorys_own_configuration_cannot_leave_a_plaintext_out() {
    let tree = model();
    tree.write("b.bin", "pickle");
    for text in ["exclude = ['b.bin']", "exclude = ['*']", "patterns = ['*.safetensors']", "patterns = []"] {
        tree.write(".modelcrypt.toml", text);
        refused(&tree.model());
    }
}

#[test]
fn the_directorys_own_configuration_can_ask_for_more() {
    let tree = model();
    for text in ["patterns = ['*.json']", "require = ['config.json']", "require = ['/config.json']"] {
        tree.write(".modelcrypt.toml", text);
        let told = refused(&tree.model());
        assert!(told.contains("config.json"), "{told}");
    }
}

#[test]
fn the_users_configuration_can_leave_a_plaintext_out() {
    let tree = model();
    tree.write("b.bin", "mine");
    tree.write(".modelcrypt.toml", "require = ['*']");
    for text in ["exclude = ['b.bin']", "patterns = ['a.*']"] {
        let guard = open(&with_policy(&tree, text), &Place::Memfd);
        assert_eq!(names_in(guard.path()), ["a.bin", "b.bin", "config.json"], "{text}");
    }
}

#[test]
fn a_sealed_file_that_the_user_leaves_out_stays_sealed() {
    let tree = model();
    let guard = open(&with_policy(&tree, "exclude = ['a.bin']"), &Place::Memfd);
    assert_eq!(names_in(guard.path()), ["a.bin.enc", "config.json"]);
    assert!(fs::read(guard.path().join("a.bin.enc")).unwrap() == tree.read("a.bin.enc"));
}

#[test]
fn a_plaintext_beside_its_sealed_file_must_be_equal() {
    let tree = model();
    tree.write("a.bin", "a");
    let guard = open(&tree.model(), &Place::Memfd);
    assert!(guard.path().join("a.bin").symlink_metadata().unwrap().is_symlink());
    assert!(fs::read_link(guard.path().join("a.bin")).unwrap().starts_with("/proc"));
    for other in ["b", "", "aa"] {
        tree.write("a.bin", other);
        let told = assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
        assert!(told.contains("a.bin"), "{told}");
        // It is not the plaintext that is let pass: it would not be what loads.
        let opened = open_letting(&tree.model(), |load| load.allow_plaintext = true);
        assert_refused(opened, ErrorKind::Tampered);
    }
}

#[test]
fn a_foreign_file_that_ends_like_ours_is_refused() {
    let tree = model();
    tree.write("b.bin.enc", "somebody else's");
    let told = assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Unsupported);
    assert!(told.contains("b.bin.enc"), "{told}");
    tree.remove("b.bin.enc");
    let outside = Tree::new(&[("foreign", "x")]);
    tree.link(outside.path("foreign"), "b.bin.enc");
    assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Unsupported);
    let guard = open(&with_policy(&tree, "exclude = ['b.bin']"), &Place::Memfd);
    assert_eq!(names_in(guard.path()), ["a.bin", "b.bin.enc", "config.json"]);
}

#[test]
fn the_wrong_key_opens_nothing() {
    let tree = model();
    let opened = TemporaryDecrypt::open(&tree.model(), &raw_key(2), &<_>::default(), &Silent);
    let told = assert_refused(opened, ErrorKind::WrongKey);
    assert!(told.contains("a.bin.enc"), "{told}");
}

#[test]
fn several_models_at_once_are_refused() {
    let tree = model();
    let two = ModelDir::open_all([tree.root().to_owned(), tree.path("config.json")]).unwrap();
    let one_again = ModelDir::open_all([tree.root(), tree.root()]).unwrap();
    assert_refused(try_open(&two, &Place::Memfd), ErrorKind::InvalidInput);
    open(&one_again, &Place::Memfd).close().unwrap();
    assert_refused(try_open(&ModelDir::open_all([""; 0]).unwrap(), &Place::Memfd), ErrorKind::InvalidInput);
}

#[test]
fn the_key_in_use_is_not_shown() {
    let tree = model();
    tree.write("master.key", raw_key(1).to_text().unwrap().expose());
    let model = tree.model().key_file(Some(tree.path("master.key")));
    assert_eq!(names_in(open(&model, &Place::Memfd).path()), ["a.bin", "config.json"]);
}
