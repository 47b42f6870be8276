//! Plaintext and sealed file side by side, sealed alone, foreign, under another key: what each verb makes of
//! it, in place, beside and into an output.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs;

use common::raw_key;
use common::tree::{
    Tree, assert_all, assert_fails, decrypt, decrypt_to, encrypt, encrypt_options, encrypt_to, lines,
    names_in, reencrypt, rewrap, verify,
};
use modelcrypt::model::{Action, DecryptOptions, Destination, Outcome, Selection};
use modelcrypt::{ErrorKind, ModelDir, Silent};

/// Both forms of `a.bin`, equal.
fn both() -> Tree {
    let tree = Tree::new(&[("a.bin", "a")]);
    tree.model().encrypt(&raw_key(1), &encrypt_to(Destination::Beside), &Silent).unwrap();
    tree
}

/// Both forms, the plaintext changed.
fn unequal() -> Tree {
    let tree = both();
    tree.write("a.bin", "b");
    tree
}

fn out() -> (tempfile::TempDir, Destination) {
    let dir = tempfile::tempdir().unwrap();
    let destination = Destination::Tree(dir.path().join("out"));
    (dir, destination)
}

#[test]
fn encrypt_removes_a_plaintext_that_the_sealed_file_holds() {
    let tree = both();
    let plan = tree.model().plan_encrypt(&encrypt_options()).unwrap();
    assert_eq!(plan.steps[0].action, Action::Finish);
    assert_all(&encrypt(&tree.model(), &raw_key(1)), Outcome::Encrypted, 1);
    assert_eq!(tree.names(), ["a.bin.enc", "a.bin.enc.json"]);
}

#[test]
fn encrypt_leaves_both_forms_where_they_differ() {
    let tree = unequal();
    let before = tree.contents();
    assert_fails(&encrypt(&tree.model(), &raw_key(1)), ErrorKind::AlreadyExists);
    let kept = tree.model().encrypt(&raw_key(1), &encrypt_to(Destination::Beside), &Silent).unwrap();
    assert_fails(&kept, ErrorKind::AlreadyExists);
    let (_dir, out) = out();
    let elsewhere = tree.model().encrypt(&raw_key(1), &encrypt_to(out), &Silent).unwrap();
    assert_fails(&elsewhere, ErrorKind::AlreadyExists);
    assert_eq!(tree.contents(), before);
}

#[test]
fn update_seals_a_changed_plaintext_anew() {
    let tree = unequal();
    let mut options = encrypt_to(Destination::Beside);
    options.update = true;
    assert_all(&tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap(), Outcome::Encrypted, 1);
    assert_eq!(tree.read("a.bin"), b"b");
    assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 1);
    tree.write("a.bin", "ccc");
    options.destination = Destination::InPlace;
    assert_all(&tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap(), Outcome::Encrypted, 1);
    assert_eq!(tree.names(), ["a.bin.enc", "a.bin.enc.json"]);
    assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 1);
    assert_all(&decrypt(&tree.model(), &raw_key(1)), Outcome::Decrypted, 1);
    assert_eq!(tree.read("a.bin"), b"ccc");
}

#[test]
fn update_reaches_an_output_too() {
    let tree = unequal();
    let (dir, out) = out();
    let mut options = encrypt_to(out);
    options.update = true;
    assert_all(&tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap(), Outcome::Encrypted, 1);
    tree.write("a.bin", "cc");
    assert_all(&tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap(), Outcome::Encrypted, 1);
    let model = ModelDir::open(dir.path().join("out")).unwrap();
    assert_all(&verify(&model, &raw_key(1)), Outcome::Verified, 1);
    assert_all(&decrypt(&model, &raw_key(1)), Outcome::Decrypted, 1);
    assert_eq!(fs::read(dir.path().join("out/a.bin")).unwrap(), b"cc");
}

#[test]
fn decrypt_removes_a_sealed_file_whose_plaintext_stands() {
    let tree = both();
    assert_eq!(
        tree.model().plan_decrypt(&DecryptOptions::default()).unwrap().steps[0].action,
        Action::Finish
    );
    assert_all(&decrypt(&tree.model(), &raw_key(1)), Outcome::Decrypted, 1);
    assert_eq!(tree.names(), ["a.bin"]);
}

#[test]
fn decrypt_leaves_both_forms_where_they_differ() {
    let tree = unequal();
    let before = tree.contents();
    assert_fails(&decrypt(&tree.model(), &raw_key(1)), ErrorKind::AlreadyExists);
    let kept = tree.model().decrypt(&raw_key(1), &decrypt_to(Destination::Beside), &Silent).unwrap();
    assert_fails(&kept, ErrorKind::AlreadyExists);
    let (_dir, out) = out();
    let elsewhere = tree.model().decrypt(&raw_key(1), &decrypt_to(out), &Silent).unwrap();
    assert_fails(&elsewhere, ErrorKind::AlreadyExists);
    assert_eq!(tree.contents(), before);
}

#[test]
fn keeping_removes_nothing_and_equal_forms_are_done() {
    let tree = both();
    let before = tree.contents();
    let again = tree.model().encrypt(&raw_key(1), &encrypt_to(Destination::Beside), &Silent).unwrap();
    assert_all(&again, Outcome::AlreadyDone, 1);
    let again = tree.model().decrypt(&raw_key(1), &decrypt_to(Destination::Beside), &Silent).unwrap();
    assert_all(&again, Outcome::AlreadyDone, 1);
    assert_eq!(tree.contents(), before);
    tree.remove("a.bin");
    let fresh = tree.model().decrypt(&raw_key(1), &decrypt_to(Destination::Beside), &Silent).unwrap();
    assert_all(&fresh, Outcome::Decrypted, 1);
    assert_eq!(tree.contents(), before);
}

#[test]
fn the_other_verbs_look_at_the_sealed_form_only() {
    let tree = unequal();
    assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 1);
    assert_all(&rewrap(&tree.model(), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 1);
    assert_all(&reencrypt(&tree.model(), &raw_key(2), None), Outcome::Reencrypted, 1);
    assert_all(&verify(&tree.model(), &raw_key(2)), Outcome::Verified, 1);
    assert_eq!(tree.read("a.bin"), b"b");
}

#[test]
fn a_foreign_file_is_listed_by_encrypt_and_refused_by_the_others() {
    let tree = Tree::new(&[("a.bin.enc", "from another program"), ("b.bin", "b")]);
    assert_eq!(lines(&encrypt(&tree.model(), &raw_key(1))), ["a.bin.enc: not ours", "b.bin: encrypted"]);
    let sealed = tree.contents();
    assert_fails(&verify(&tree.model(), &raw_key(1)), ErrorKind::Unsupported);
    let stopped = rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    assert_eq!(lines(&stopped).len(), 2);
    assert_eq!(stopped.failures().count(), 2, "no file is rewrapped unless all can be");
    assert_eq!(tree.contents(), sealed);
    assert_fails(&reencrypt(&tree.model(), &raw_key(1), None), ErrorKind::Unsupported);
    assert_fails(&decrypt(&tree.model(), &raw_key(1)), ErrorKind::Unsupported);
    assert_eq!(tree.names(), ["a.bin.enc", "b.bin"]);
    let exclude = Selection { exclude: vec!["a.bin".into()], ..Selection::default() };
    encrypt(&tree.model(), &raw_key(1));
    for report in [
        verify(&tree.model().selection(exclude.clone()), &raw_key(1)),
        rewrap(&tree.model().selection(exclude.clone()), &raw_key(1), &raw_key(2)),
        reencrypt(&tree.model().selection(exclude.clone()), &raw_key(2), None),
        decrypt(&tree.model().selection(exclude), &raw_key(2)),
    ] {
        assert_eq!(report.failures().count(), 0, "{:?}", lines(&report));
        assert_eq!(report.files.len(), 1);
    }
    assert_eq!(tree.read("a.bin.enc"), b"from another program");
}

#[test]
fn a_foreign_file_where_the_sealed_one_would_go_is_in_the_way() {
    let tree = Tree::new(&[("a.bin", "a"), ("a.bin.enc", "from another program")]);
    let before = tree.contents();
    let (_dir, out) = out();
    for destination in [Destination::InPlace, Destination::Beside, out] {
        let report = tree.model().encrypt(&raw_key(1), &encrypt_to(destination), &Silent).unwrap();
        let told = assert_fails(&report, ErrorKind::AlreadyExists);
        assert!(told.contains("a.bin.enc"), "{told}");
        assert_eq!(tree.contents(), before);
    }
}

#[test]
fn a_sealed_file_that_lost_its_magic_is_ours_by_its_sidecar() {
    let tree = both();
    tree.remove("a.bin");
    tree.write("a.bin.enc", "");
    assert_fails(&encrypt(&tree.model(), &raw_key(1)), ErrorKind::Unsupported);
    tree.remove("a.bin.enc.json");
    assert_eq!(lines(&encrypt(&tree.model(), &raw_key(1))), ["a.bin.enc: not ours"]);
}

#[test]
fn a_wrong_key_touches_nothing() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.bin", "b")]);
    encrypt(&tree.model(), &raw_key(1));
    tree.write("c.bin", "c");
    tree.write(".modelcrypt-claimed-00000000-d.bin", "d");
    let before = tree.contents();
    let refused = tree.model().encrypt(&raw_key(2), &encrypt_options(), &Silent).unwrap_err();
    assert_eq!(modelcrypt::Error::from(refused).kind(), ErrorKind::WrongKey);
    assert_eq!(tree.contents(), before, "it stops before touching anything");
    tree.remove(".modelcrypt-claimed-00000000-d.bin");
    let before = tree.contents();
    for report in [
        decrypt(&tree.model(), &raw_key(2)),
        verify(&tree.model(), &raw_key(2)),
        rewrap(&tree.model(), &raw_key(2), &raw_key(3)),
        reencrypt(&tree.model(), &raw_key(2), Some(&raw_key(3))),
    ] {
        let kinds: Vec<_> = report.failures().map(|(_, error)| ErrorKind::of(error)).collect();
        assert_eq!(kinds, [ErrorKind::WrongKey; 2]);
    }
    assert_eq!(tree.contents(), before);
}

#[test]
fn each_of_several_trees_keeps_to_its_own_key() {
    let (first, second) = (Tree::new(&[("a.bin", "a")]), Tree::new(&[("a.bin", "a")]));
    encrypt(&first.model(), &raw_key(1));
    encrypt(&second.model(), &raw_key(2));
    second.write("new.bin", "new");
    let both = ModelDir::open_all([first.root(), second.root()]).unwrap();
    let refused = both.encrypt(&raw_key(1), &encrypt_options(), &Silent).unwrap_err();
    assert_eq!(modelcrypt::Error::from(refused).kind(), ErrorKind::WrongKey);
    assert!(second.exists("new.bin"));
}

#[test]
fn one_file_under_another_key_fails_alone() {
    let tree = Tree::new(&[("a.bin", "a")]);
    encrypt(&tree.model(), &raw_key(1));
    tree.write("b.bin", "b");
    encrypt(&tree.file("b.bin"), &raw_key(2));
    tree.write("c.bin", "c");
    let report = encrypt(&tree.model(), &raw_key(1));
    assert_fails(&report, ErrorKind::WrongKey);
    assert_eq!(report.files[0].outcome.as_ref().unwrap(), &Outcome::AlreadyDone);
    assert!(tree.exists("c.bin.enc") && !tree.exists("c.bin"));
    assert_fails(&decrypt(&tree.model(), &raw_key(1)), ErrorKind::WrongKey);
    assert_eq!(tree.names(), ["a.bin", "b.bin.enc", "b.bin.enc.json", "c.bin"]);
}

#[test]
fn one_damaged_file_fails_alone() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.bin", "b"), ("c.bin", "c")]);
    encrypt(&tree.model(), &raw_key(1));
    tree.flip("b.bin.enc", 16_384 + 60);
    let damaged = tree.read("b.bin.enc");
    assert_fails(&verify(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
    assert_fails(&decrypt(&tree.model(), &raw_key(1)), ErrorKind::Tampered);
    assert_eq!(tree.names(), ["a.bin", "b.bin.enc", "b.bin.enc.json", "c.bin"]);
    assert_eq!(tree.read("b.bin.enc"), damaged);
}

#[test]
fn a_path_named_twice_or_inside_another_is_worked_on_once() {
    let tree = Tree::new(&[("a.bin", "a"), ("sub/b.bin", "b")]);
    fs::create_dir(tree.path("other")).unwrap();
    let spelled = [
        tree.root().to_owned(),
        tree.path("sub"),
        tree.path("sub/../sub"),
        tree.path("other/../a.bin"),
        tree.path("./sub/b.bin"),
        tree.path("a.bin"),
    ];
    let forwards = ModelDir::open_all(&spelled).unwrap();
    let backwards = ModelDir::open_all(spelled.iter().rev()).unwrap();
    for model in [forwards, backwards] {
        assert_all(&encrypt(&model, &raw_key(1)), Outcome::Encrypted, 2);
        assert_all(&verify(&model, &raw_key(1)), Outcome::Verified, 2);
        assert_all(&rewrap(&model, &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 2);
        assert_all(&reencrypt(&model, &raw_key(2), Some(&raw_key(1))), Outcome::Reencrypted, 2);
        assert_eq!(model.status(None).unwrap().files.len(), 2);
        assert_all(&decrypt(&model, &raw_key(1)), Outcome::Decrypted, 2);
        assert_eq!(tree.names(), ["a.bin", "sub/b.bin"]);
    }
}

#[test]
fn both_forms_named_are_one_file() {
    let tree = both();
    let model =
        ModelDir::open_all([tree.path("a.bin"), tree.root().join("./a.bin.enc"), tree.path("a.bin.enc")]);
    assert_all(&encrypt(&model.unwrap(), &raw_key(1)), Outcome::Encrypted, 1);
    assert_eq!(tree.names(), ["a.bin.enc", "a.bin.enc.json"]);
}

#[test]
fn an_output_checks_that_the_key_opens_what_is_sealed_already() {
    let tree = Tree::new(&[("a.bin", "a")]);
    encrypt(&tree.model(), &raw_key(1));
    tree.write("b.bin", "b");
    encrypt(&tree.file("b.bin"), &raw_key(2));
    tree.write("c.bin", "c");
    let (dir, out) = out();
    let report = tree.model().encrypt(&raw_key(1), &encrypt_to(out), &Silent).unwrap();
    assert_fails(&report, ErrorKind::WrongKey);
    assert_eq!(
        names_in(dir.path()),
        ["out/a.bin.enc", "out/a.bin.enc.json", "out/c.bin.enc", "out/c.bin.enc.json"]
    );
}
