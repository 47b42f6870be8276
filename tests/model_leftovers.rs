//! What runs that were killed have left: files renamed aside come back or go, dead temporaries go, living
//! ones stay.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs;

use common::raw_key;
use common::tree::{
    Tree, assert_all, assert_fails, decrypt, encrypt, encrypt_to, lines, reencrypt, rewrap, states, verify,
};
use modelcrypt::base::Temporary;
use modelcrypt::model::{Destination, Error, Outcome};
use modelcrypt::{ErrorKind, Silent};

const CLAIMED: &str = ".modelcrypt-claimed-0123abcd-a.bin";
const DEAD: &str = ".modelcrypt-tmp-0123456789abcdef";

/// Both forms of `a.bin`, the plaintext renamed aside.
fn claimed() -> Tree {
    let tree = Tree::new(&[("a.bin", "a")]);
    tree.model().encrypt(&raw_key(1), &encrypt_to(Destination::Beside), &Silent).unwrap();
    tree.rename("a.bin", CLAIMED);
    tree
}

#[test]
fn a_claimed_file_gets_its_name_back_and_the_verb_goes_on() {
    let tree = claimed();
    let report = encrypt(&tree.model(), &raw_key(1));
    assert_eq!(report.failures().count(), 0, "{:?}", lines(&report));
    assert_eq!(tree.names(), ["a.bin.enc", "a.bin.enc.json"]);
    let tree = claimed();
    decrypt(&tree.model(), &raw_key(1));
    assert_eq!(tree.names(), ["a.bin"]);
    let tree = claimed();
    assert_all(&tree.model().sweep(&Silent).unwrap(), Outcome::Swept, 1);
    assert_eq!(tree.names(), ["a.bin", "a.bin.enc", "a.bin.enc.json"]);
}

#[test]
fn a_claimed_sealed_file_gets_its_name_back() {
    let tree = Tree::new(&[("a.bin", "a")]);
    encrypt(&tree.model(), &raw_key(1));
    let aside = ".modelcrypt-claimed-0123abcd-a.bin.enc";
    tree.rename("a.bin.enc", aside);
    tree.remove("a.bin.enc.json");
    tree.write("a.bin", "a");
    assert_eq!(decrypt(&tree.model(), &raw_key(1)).failures().count(), 0);
    assert_eq!(tree.names(), ["a.bin"]);
}

#[test]
fn a_claimed_file_that_is_its_original_is_unlinked() {
    let tree = claimed();
    fs::hard_link(tree.path(CLAIMED), tree.path("a.bin")).unwrap();
    assert_all(&tree.model().sweep(&Silent).unwrap(), Outcome::Swept, 1);
    assert_eq!(tree.names(), ["a.bin", "a.bin.enc", "a.bin.enc.json"]);
    assert_eq!(tree.read("a.bin"), b"a");
}

#[test]
fn a_claimed_file_whose_name_is_taken_goes_only_if_the_sealed_file_holds_it() {
    let tree = claimed();
    tree.write("a.bin", "a checkpoint that a trainer has put there");
    let before = tree.contents();
    // Without a key nobody can tell.
    assert_fails(&tree.model().sweep(&Silent).unwrap(), ErrorKind::Io);
    assert_eq!(tree.contents(), before);
    // With another key neither.
    let report = decrypt(&tree.model(), &raw_key(2));
    assert!(report.failures().any(|(_, error)| matches!(error, Error::Claimed(_))), "{:?}", lines(&report));
    assert_eq!(tree.contents(), before);
    let report = encrypt(&tree.model(), &raw_key(1));
    assert!(matches!(report.failures().next().unwrap().1, Error::Differs), "{:?}", lines(&report));
    assert_eq!(tree.names(), ["a.bin", "a.bin.enc", "a.bin.enc.json"]);
}

#[test]
fn a_claimed_file_that_nothing_else_holds_is_kept_and_reported() {
    let tree = claimed();
    tree.write("a.bin", "new");
    tree.write(CLAIMED, "neither the one nor the other");
    for _ in 0..2 {
        let report = encrypt(&tree.model(), &raw_key(1));
        assert!(
            report.failures().any(|(_, error)| matches!(error, Error::Claimed(_))),
            "{:?}",
            lines(&report)
        );
        assert_eq!(tree.read(CLAIMED), b"neither the one nor the other");
        assert_eq!(tree.read("a.bin"), b"new");
    }
}

#[test]
fn a_dead_temporary_goes_and_a_living_one_stays() {
    for verb in 0..6 {
        let tree = Tree::new(&[("a.bin", "a"), ("sub/b.bin", "b")]);
        encrypt(&tree.model(), &raw_key(1));
        tree.write(DEAD, "half a file");
        tree.write(&format!("sub/{DEAD}"), "half a file");
        let living = Temporary::create_in(tree.root()).unwrap();
        let before = tree.names().len();
        let report = match verb {
            0 => encrypt(&tree.model(), &raw_key(1)),
            1 => rewrap(&tree.model(), &raw_key(1), &raw_key(2)),
            2 => reencrypt(&tree.model(), &raw_key(1), None),
            3 => tree.model().sweep(&Silent).unwrap(),
            4 => decrypt(&tree.file("sub/b.bin.enc"), &raw_key(1)),
            _ => verify(&tree.model(), &raw_key(1)),
        };
        assert_eq!(report.failures().count(), 0, "{:?}", lines(&report));
        assert!(living.path().exists(), "a run is at work on it");
        match verb {
            4 => assert!(tree.exists(DEAD) && !tree.exists(&format!("sub/{DEAD}"))),
            5 => assert_eq!(tree.names().len(), before, "verify writes nothing"),
            _ => assert!(!tree.exists(DEAD) && !tree.exists(&format!("sub/{DEAD}"))),
        }
    }
}

#[test]
fn status_lists_leftovers_of_dead_runs_only() {
    let tree = claimed();
    tree.write(DEAD, "half a file");
    let living = Temporary::create_in(tree.root()).unwrap();
    assert_eq!(
        states(&tree.model().status(None).unwrap()),
        [
            format!("{CLAIMED}: leftover Sweep Encrypt"),
            format!("{DEAD}: leftover Sweep Encrypt"),
            "a.bin.enc: sealed".to_owned()
        ]
    );
    drop(living);
}

#[test]
fn leftovers_are_never_taken_even_when_named_or_with_all() {
    let tree = claimed();
    tree.write(DEAD, "half a file");
    for name in [CLAIMED, DEAD, "a.bin.enc.json"] {
        let refused = tree.file(name).encrypt(&raw_key(1), &common::tree::encrypt_options(), &Silent);
        assert!(matches!(refused, Err(Error::NeverTaken { .. })), "{name}: {refused:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_only_looks_like_a_leftover_is_left_alone() {
    let tree = Tree::new(&[("a.bin", "a"), ("precious", "p")]);
    tree.link("precious", DEAD);
    fs::create_dir(tree.path(".modelcrypt-tmp-dir")).unwrap();
    for model in [tree.model(), tree.file("a.bin")] {
        let report = encrypt(&model, &raw_key(1));
        assert_eq!(report.failures().count(), 0, "{:?}", lines(&report));
        assert_eq!(tree.read("precious"), b"p");
        assert!(tree.exists(DEAD) && tree.path(".modelcrypt-tmp-dir").is_dir());
    }
}
