//! What cannot go back is kept for somebody to look at, and nothing of others is replaced.

use std::fs;
use std::path::PathBuf;

use modelcrypt::guard::{Access, Error, WriteBack};
use modelcrypt::model::Outcome;
use modelcrypt::{ErrorKind, Place, Silent, TemporaryDecrypt};

use crate::common::raw_key;
use crate::common::tree::{Tree, assert_all, reencrypt, rewrap, verify};
use crate::guarded::{is_empty, lease_of, memory, mode, options, sealed};
use crate::write_back::open;

fn model() -> Tree {
    sealed(&[("a.bin", "a"), ("b.bin", "b")])
}

#[track_caller]
fn assert_kept(closed: Result<modelcrypt::model::Report, Error>) -> (PathBuf, String) {
    match closed {
        Err(Error::Kept { path, reason }) => (path, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_whose_header_was_replaced_meanwhile_stays_as_it_is() {
    for replace in [0, 1] {
        let tree = model();
        let (dir, place) = memory();
        let guard = open(&tree.model(), &place);
        fs::write(guard.path().join("a.bin"), "changed").unwrap();
        fs::write(guard.path().join("new.bin"), "new").unwrap();
        if replace == 0 {
            rewrap(&tree.model(), &raw_key(1), &raw_key(2));
        } else {
            reencrypt(&tree.model(), &raw_key(1), Some(&raw_key(2)));
        }
        let before = tree.read("a.bin.enc");
        let (kept, reason) = assert_kept(guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent));
        assert!(reason.contains("changed"), "{reason}");
        assert!(tree.read("a.bin.enc") == before);
        assert_eq!(fs::read(kept.join("a.bin")).unwrap(), b"changed");
        assert!(kept.starts_with(dir.path()) && mode(kept.parent().unwrap()) == 0o700);
        assert_eq!(kept.file_name(), tree.root().file_name());
        assert!(
            kept.parent().unwrap().file_name().unwrap().to_str().unwrap().starts_with("modelcrypt-kept-")
        );
    }
}

#[test]
fn links_in_what_is_kept_still_lead_to_their_targets() {
    let tree = Tree::new(&[("real/a.bin", "a")]);
    tree.link("real", "dir");
    tree.link("../real/a.bin", "deep/a.bin");
    crate::common::tree::encrypt(&tree.model(), &raw_key(1));
    let (_dir, place) = memory();
    let guard = open(&tree.model(), &place);
    fs::write(guard.path().join("real/a.bin"), "changed").unwrap();
    let (kept, _) = assert_kept(guard.close_with(WriteBack::Keep, &Silent));
    for name in ["dir/a.bin", "deep/a.bin"] {
        assert_eq!(fs::read(kept.join(name)).unwrap(), b"changed", "{name}");
    }
}

#[test]
fn a_new_file_whose_name_was_taken_meanwhile_is_kept() {
    let tree = model();
    let (_dir, place) = memory();
    let guard = open(&tree.model(), &place);
    fs::write(guard.path().join("new.bin"), "new").unwrap();
    tree.write("new.bin.enc", "somebody else's");
    let (kept, reason) = assert_kept(guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent));
    assert!(reason.contains("in the way"), "{reason}");
    assert_eq!(tree.read("new.bin.enc"), b"somebody else's");
    assert_eq!(fs::read(kept.join("new.bin")).unwrap(), b"new");
}

#[test]
fn a_model_that_is_gone_costs_no_change() {
    let tree = model();
    let (_dir, place) = memory();
    let guard = open(&tree.model(), &place);
    fs::write(guard.path().join("a.bin"), "changed").unwrap();
    fs::rename(tree.root(), tree.root().with_extension("moved")).unwrap();
    let (kept, _) = assert_kept(guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent));
    fs::remove_dir_all(tree.root()).ok();
    fs::rename(tree.root().with_extension("moved"), tree.root()).unwrap();
    assert_eq!(fs::read(kept.join("a.bin")).unwrap(), b"changed");
    assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 2);
}

#[test]
fn a_text_that_is_a_key_is_never_sealed_and_kept() {
    let tree = model();
    let (_dir, place) = memory();
    let guard = open(&tree.model(), &place);
    fs::write(guard.path().join("key.bin"), raw_key(1).to_text().unwrap().expose()).unwrap();
    let (kept, _) = assert_kept(guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent));
    assert!(!tree.exists("key.bin.enc") && kept.join("key.bin").exists());
}

#[test]
fn who_stops_the_sealing_keeps_the_changes() {
    struct Stopped;
    impl modelcrypt::Progress for Stopped {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let tree = model();
    let before = tree.contents();
    let (_dir, place) = memory();
    let guard = open(&tree.model(), &place);
    fs::write(guard.path().join("a.bin"), "changed").unwrap();
    let (kept, reason) = assert_kept(guard.close_with(WriteBack::Changed(&raw_key(1)), &Stopped));
    assert!(reason.contains("interrupted"), "{reason}");
    assert_eq!(fs::read(kept.join("a.bin")).unwrap(), b"changed");
    assert!(tree.contents() == before);
}

#[test]
fn changes_of_a_program_that_failed_are_kept_and_nothing_else_is() {
    let tree = model();
    let before = tree.contents();
    let (dir, place) = memory();
    open(&tree.model(), &place).close_with(WriteBack::Keep, &Silent).unwrap();
    assert!(is_empty(dir.path()));
    let guard = open(&tree.model(), &place);
    fs::write(guard.path().join("log.txt"), "not meant").unwrap();
    guard.close_with(WriteBack::Keep, &Silent).unwrap();
    assert!(is_empty(dir.path()));
    let guard = open(&tree.model(), &place);
    fs::write(guard.path().join("new.bin"), "half").unwrap();
    let (kept, _) = assert_kept(guard.close_with(WriteBack::Keep, &Silent));
    assert_eq!(fs::read(kept.join("new.bin")).unwrap(), b"half");
    assert!(tree.contents() == before);
}

#[test]
fn discarded_changes_are_gone() {
    let tree = model();
    let before = tree.contents();
    let (dir, place) = memory();
    for write_back in [Some(WriteBack::Discard), None] {
        let guard = open(&tree.model(), &place);
        fs::write(guard.path().join("a.bin"), "changed").unwrap();
        match write_back {
            Some(write_back) => drop(guard.close_with(write_back, &Silent).unwrap()),
            None => drop(guard),
        }
        assert!(is_empty(dir.path()) && tree.contents() == before);
    }
}

#[test]
fn what_was_opened_for_reading_cannot_be_written_back() {
    let tree = model();
    let (dir, place) = memory();
    for place in [Place::Memfd, place] {
        let options = options(&place, Access::Read);
        let guard = TemporaryDecrypt::open(&tree.model(), &raw_key(1), &options, &Silent).unwrap();
        let lease = lease_of(&guard);
        let error = guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent).unwrap_err();
        assert_eq!(modelcrypt::Error::from(error).kind(), ErrorKind::InvalidInput, "{place:?}");
        assert!(!lease.exists());
    }
    assert!(is_empty(dir.path()));
}
