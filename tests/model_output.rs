//! An output of its own: what goes along, what never does, and what is refused.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs;
use std::path::Path;

use common::raw_key;
use common::tree::{
    Tree, assert_all, contents_of, decrypt, decrypt_to, encrypt, encrypt_to, lines, names_in, notices, verify,
};
use modelcrypt::model::{Destination, Error, Outcome, Report, Selection};
use modelcrypt::{ModelDir, Silent};

fn encrypt_into(model: &ModelDir, out: &Path) -> Result<Report, Error> {
    model.encrypt(&raw_key(1), &encrypt_to(Destination::Tree(out.to_owned())), &Silent)
}

fn decrypt_into(model: &ModelDir, out: &Path) -> Result<Report, Error> {
    model.decrypt(&raw_key(1), &decrypt_to(Destination::Tree(out.to_owned())), &Silent)
}

#[track_caller]
fn assert_clean(report: &Report) {
    assert_eq!(report.failures().count(), 0, "{:?}", lines(report));
}

#[test]
fn an_output_holds_the_model_and_the_source_stays_as_it_is() {
    let tree = Tree::new(&[("a.bin", "a"), ("sub/b.bin", "b"), ("sub/config.json", "{}"), ("c.txt", "")]);
    tree.write(".modelcrypt.toml", "rotation_days = 9");
    let before = tree.contents();
    let out = tempfile::tempdir().unwrap();
    let sealed = out.path().join("not/yet/there");
    for _ in 0..2 {
        assert_clean(&encrypt_into(&tree.model(), &sealed).unwrap());
        assert_eq!(tree.contents(), before);
        let names = names_in(&sealed);
        assert_eq!(names.len(), 7, "{names:?}");
    }
    let sealed = ModelDir::open(&sealed).unwrap();
    assert_all(&verify(&sealed, &raw_key(1)), Outcome::Verified, 2);
    let plain = out.path().join("plain");
    for _ in 0..2 {
        assert_clean(&decrypt_into(&sealed, &plain).unwrap());
        assert_eq!(contents_of(&plain), before, "no sidecar goes along");
    }
}

#[test]
fn keys_leftovers_and_orphaned_sidecars_never_go_along() {
    let key_text = raw_key(5).to_text().unwrap();
    let tree = Tree::new(&[("a.bin", "a"), ("b.bin", "b"), ("phrase.txt", "correct horse")]);
    tree.write("secret/master.key", key_text.expose());
    tree.write("key.enc", "a passphrase in an odd place");
    encrypt(&tree.file("b.bin"), &raw_key(1));
    tree.write(".modelcrypt-tmp-0011223344556677", "half");
    tree.write(".modelcrypt-claimed-00000000-x.bin", "aside");
    tree.copy("b.bin.enc.json", "gone.bin.enc.json");
    let before = tree.contents();
    for key_file in ["phrase.txt", "key.enc"] {
        let out = tempfile::tempdir().unwrap();
        let model = tree.model().key_file(Some(tree.path(key_file)));
        let report = encrypt_into(&model, &out.path().join("out")).unwrap();
        assert_clean(&report);
        assert!(notices(&report).contains("holds a key"), "{}", notices(&report));
        let other = if key_file == "key.enc" { "phrase.txt" } else { "key.enc" };
        let expected = ["a.bin.enc", "a.bin.enc.json", "b.bin.enc", "b.bin.enc.json", other];
        assert_eq!(names_in(&out.path().join("out")), expected);
        assert_eq!(tree.contents(), before, "the source is left alone, leftovers too");
    }
    let model = tree.model().key_file(Some(tree.path("phrase.txt")));
    let selected = model.selection(Selection { exclude: vec!["key.enc".into()], ..Selection::default() });
    let out = tempfile::tempdir().unwrap();
    assert_clean(&decrypt_into(&selected, &out.path().join("out")).unwrap());
    assert_eq!(names_in(&out.path().join("out")), ["a.bin", "b.bin", "key.enc"]);
}

#[test]
fn an_output_inside_its_input_is_refused() {
    let tree = Tree::new(&[("m/a.bin", "a"), ("m/sub/b.bin", "b")]);
    let mut inside = vec![
        tree.path("m"),
        tree.path("m/out"),
        tree.path("m/sub/../sub/new/er"),
        tree.path("new/../m/out"),
        tree.path("m/./sub"),
    ];
    #[cfg(unix)]
    {
        tree.link("m", "link");
        inside.push(tree.path("link/out"));
    }
    let before = tree.contents();
    for out in &inside {
        let refused = encrypt_into(&tree.file("m"), out);
        assert!(matches!(refused, Err(Error::OutputInside { .. })), "{}", out.display());
        let refused = decrypt_into(&tree.file("m"), out);
        assert!(matches!(refused, Err(Error::OutputInside { .. })), "{}", out.display());
        let options = encrypt_to(Destination::Tree(out.clone()));
        assert!(tree.file("m").plan_encrypt(&options).is_err());
    }
    assert_eq!(tree.contents(), before);
    assert!(!tree.exists("new"));
    for out in ["m2", "m/../out"] {
        assert_clean(&encrypt_into(&tree.file("m"), &tree.path(out)).unwrap());
    }
}

#[test]
fn two_inputs_for_one_place_are_refused() {
    let first = Tree::new(&[("config.json", "1"), ("a.bin", "a")]);
    let second = Tree::new(&[("config.json", "2"), ("b.bin", "b")]);
    let out = tempfile::tempdir().unwrap();
    let model = ModelDir::open_all([first.root(), second.root()]).unwrap();
    let refused = encrypt_into(&model, &out.path().join("out"));
    assert!(matches!(refused, Err(Error::OutputCollision(_))), "{refused:?}");
    assert!(names_in(out.path()).is_empty());
    second.rename("config.json", "other.json");
    assert_clean(&encrypt_into(&model, &out.path().join("out")).unwrap());
    assert_eq!(names_in(&out.path().join("out")).len(), 6);
}

#[test]
fn what_stands_in_the_output_is_never_replaced() {
    let tree = Tree::new(&[("a.bin", "a"), ("config.json", "{}"), ("b.bin", "b")]);
    let out = Tree::new(&[("config.json", "theirs"), ("b.bin.enc", "foreign"), ("kept.txt", "kept")]);
    let report = encrypt_into(&tree.model(), out.root()).unwrap();
    assert_eq!(report.failures().count(), 2, "{:?}", lines(&report));
    assert_eq!(out.read("config.json"), b"theirs");
    assert_eq!(out.read("b.bin.enc"), b"foreign");
    assert_eq!(out.names(), ["a.bin.enc", "a.bin.enc.json", "b.bin.enc", "config.json", "kept.txt"]);
    let sealed = Tree::new(&[("a.bin", "a")]);
    encrypt(&sealed.model(), &raw_key(1));
    let out = Tree::new(&[("a.bin", "theirs")]);
    assert_eq!(decrypt_into(&sealed.model(), out.root()).unwrap().failures().count(), 1);
    assert_eq!(out.read("a.bin"), b"theirs");
}

#[test]
fn a_named_file_goes_into_the_output_by_its_name() {
    let tree = Tree::new(&[("deep/er/a b.bin", "a"), ("deep/er/c.bin", "c")]);
    let out = tempfile::tempdir().unwrap();
    let report = encrypt_into(&tree.file("deep/er/a b.bin"), out.path()).unwrap();
    assert_all(&report, Outcome::Encrypted, 1);
    assert_eq!(names_in(out.path()), ["a b.bin.enc", "a b.bin.enc.json"]);
    // The name comes from the sealed file's path, never from what was sealed.
    let sealed = ModelDir::open(out.path().join("a b.bin.enc")).unwrap();
    fs::rename(out.path().join("a b.bin.enc"), out.path().join("z.enc")).unwrap();
    drop(sealed);
    let sealed = ModelDir::open(out.path().join("z.enc")).unwrap();
    assert_clean(&decrypt_into(&sealed, &out.path().join("plain")).unwrap());
    assert_eq!(names_in(&out.path().join("plain")), ["z"]);
}

#[test]
fn a_plan_for_an_output_says_what_is_copied() {
    let tree = Tree::new(&[("a.bin", "a"), ("config.json", "{}"), ("b.bin", "b")]);
    encrypt(&tree.file("b.bin"), &raw_key(1));
    let out = tempfile::tempdir().unwrap();
    let options = encrypt_to(Destination::Tree(out.path().join("out")));
    let words = |steps: Vec<modelcrypt::model::Step>| -> Vec<_> {
        steps.into_iter().map(|step| step.action.word()).collect()
    };
    assert_eq!(words(tree.model().plan_encrypt(&options).unwrap().steps), ["encrypt", "copy", "copy"]);
    let options = decrypt_to(Destination::Tree(out.path().join("out")));
    assert_eq!(words(tree.model().plan_decrypt(&options).unwrap().steps), ["copy", "decrypt", "copy"]);
    assert!(names_in(out.path()).is_empty(), "a plan writes nothing");
    assert_all(&decrypt(&tree.model(), &raw_key(1)), Outcome::Decrypted, 1);
}
