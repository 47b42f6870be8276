//! Symbolic links and hard links: named, inside a tree, out of it; and the caches that are made of them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs;

use common::raw_key;
use common::tree::{
    Tree, assert_all, assert_fails, contents_of, decrypt, decrypt_to, encrypt, encrypt_options, encrypt_to,
    notices, reencrypt, rewrap, states, verify,
};
use modelcrypt::model::{DecryptOptions, Destination, EncryptOptions, Error, Outcome, Report, Selection};
use modelcrypt::{ErrorKind, ModelDir, Silent};

const CONFIG: &str = "snapshots/1/config.json";
const FIRST: &str = "snapshots/1/model.safetensors";
const SECOND: &str = "snapshots/2/model.safetensors";

/// A cache of one model: two snapshots share the weights and the configuration.
fn cache() -> Tree {
    let tree = Tree::new(&[("blobs/aa11", "weights"), ("blobs/bb22", "{}"), ("refs/main", "1")]);
    for link in [FIRST, SECOND] {
        tree.link("../../blobs/aa11", link);
    }
    tree.link("../../blobs/bb22", CONFIG);
    tree
}

fn following() -> EncryptOptions {
    let mut options = encrypt_options();
    options.follow = true;
    options
}

fn following_back() -> DecryptOptions {
    let mut options = DecryptOptions::default();
    options.follow = true;
    options
}

fn follow(model: &ModelDir) -> Report {
    model.encrypt(&raw_key(1), &following(), &Silent).unwrap()
}

fn follow_back(model: &ModelDir) -> Report {
    model.decrypt(&raw_key(1), &following_back(), &Silent).unwrap()
}

fn target(tree: &Tree, name: &str) -> String {
    fs::read_link(tree.path(name)).unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_link_that_is_named_is_resolved_first() {
    let tree = Tree::new(&[("real/a.bin", "a"), ("real/b.bin", "b")]);
    tree.link("real", "link");
    tree.link("real/a.bin", "named");
    assert_all(&encrypt(&tree.file("named"), &raw_key(1)), Outcome::Encrypted, 1);
    assert!(tree.exists("real/a.bin.enc") && tree.exists("named"));
    assert_eq!(encrypt(&tree.file("link"), &raw_key(1)).files.len(), 2);
    assert!(tree.exists("real/b.bin.enc"));
    assert_all(&verify(&tree.file("link"), &raw_key(1)), Outcome::Verified, 2);
    tree.link("nowhere", "dangling");
    assert!(ModelDir::open(tree.path("dangling")).is_err());
}

#[test]
fn links_out_of_the_tree_are_left_alone() {
    let outside = Tree::new(&[("a.bin", "a"), ("dir/b.bin", "b")]);
    let tree = Tree::new(&[("own.bin", "own")]);
    tree.link(outside.path("a.bin"), "a.bin");
    tree.link(outside.path("dir"), "dir");
    tree.link("../outside.bin", "up.bin");
    let sneaky = tree.root().join("../").join(outside.root().file_name().unwrap()).join("a.bin");
    tree.link(sneaky, "sneaky.bin");
    for options in [encrypt_options(), following()] {
        assert_eq!(tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap().failures().count(), 0);
        assert_eq!(outside.names(), ["a.bin", "dir/b.bin"]);
    }
    assert_eq!(tree.names(), ["a.bin", "dir", "own.bin.enc", "own.bin.enc.json", "sneaky.bin", "up.bin"]);
}

#[test]
fn an_output_makes_links_again_that_stay_inside_it() {
    let outside = Tree::new(&[("a.bin", "a")]);
    let tree = Tree::new(&[("sub/a.bin", "a"), ("config.json", "{}")]);
    tree.link("a.bin", "sub/relative.bin");
    tree.link(tree.path("sub/a.bin"), "deep/er/absolute.bin");
    tree.link("config.json", "other.json");
    tree.link(outside.path("a.bin"), "outside.bin");
    let out = Tree::new(&[]);
    let mut options = encrypt_to(Destination::Tree(out.path("out")));
    options.follow = true;
    let report = tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap();
    assert_eq!(report.failures().count(), 0, "{report:?}");
    assert!(notices(&report).contains("out of the tree"));
    assert_eq!(target(&out, "out/sub/relative.bin.enc"), "a.bin.enc");
    assert_eq!(target(&out, "out/deep/er/absolute.bin.enc"), "../../sub/a.bin.enc");
    assert_eq!(target(&out, "out/other.json"), "config.json");
    assert!(!out.exists("out/outside.bin"));
    let mut options = decrypt_to(Destination::Tree(out.path("back")));
    options.follow = true;
    let sealed = ModelDir::open(out.path("out")).unwrap();
    assert_eq!(sealed.decrypt(&raw_key(1), &options, &Silent).unwrap().failures().count(), 0);
    for name in ["back/sub/relative.bin", "back/deep/er/absolute.bin", "back/sub/a.bin"] {
        assert_eq!(out.read(name), b"a", "{name}");
    }
    let again = sealed.decrypt(&raw_key(1), &options, &Silent).unwrap();
    assert_eq!(again.failures().count(), 0, "{again:?}");
}

#[test]
fn a_cache_is_refused_unless_its_links_are_to_follow() {
    let tree = cache();
    let before = tree.contents();
    let refused = |model: ModelDir| {
        let encrypted = model.encrypt(&raw_key(1), &encrypt_options(), &Silent);
        assert!(matches!(encrypted, Err(Error::HuggingFaceCache(_))), "{encrypted:?}");
        let planned = model.plan_encrypt(&encrypt_options());
        assert!(matches!(planned, Err(Error::HuggingFaceCache(_))));
        let decrypted = model.decrypt(&raw_key(1), &DecryptOptions::default(), &Silent);
        assert!(matches!(decrypted, Err(Error::HuggingFaceCache(_))));
    };
    for part in ["", "snapshots", "snapshots/1", "blobs", FIRST] {
        refused(tree.file(part));
    }
    let hub = Tree::new(&[]);
    fs::rename(tree.root(), hub.path("models--x")).unwrap();
    refused(hub.model());
    assert_eq!(contents_of(&hub.path("models--x")), before);
}

#[test]
fn a_cache_is_sealed_blob_by_blob_and_its_links_follow() {
    let tree = cache();
    let before = tree.contents();
    let report = follow(&tree.model());
    assert_eq!(report.failures().count(), 0);
    assert_eq!(
        tree.names(),
        [
            "blobs/aa11.enc",
            "blobs/aa11.enc.json",
            "blobs/bb22",
            "refs/main",
            CONFIG,
            "snapshots/1/model.safetensors.enc",
            "snapshots/2/model.safetensors.enc",
        ]
    );
    assert_eq!(target(&tree, "snapshots/2/model.safetensors.enc"), "../../blobs/aa11.enc");
    let sealed = tree.contents();
    assert_all(&follow(&tree.model()), Outcome::AlreadyDone, 1);
    assert_eq!(tree.contents(), sealed);
    // Whatever part of it is named, it is the whole cache.
    for part in ["", "snapshots/1", "snapshots"] {
        assert_all(&verify(&tree.file(part), &raw_key(1)), Outcome::Verified, 1);
        assert_eq!(states(&tree.file(part).status(Some(&raw_key(1))).unwrap()), ["aa11.enc: sealed"]);
    }
    let snapshot = tree.file("snapshots/2");
    assert_all(&rewrap(&snapshot, &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 1);
    assert_all(&reencrypt(&snapshot, &raw_key(2), Some(&raw_key(1))), Outcome::Reencrypted, 1);
    assert_eq!(follow_back(&snapshot).failures().count(), 0);
    assert_eq!(tree.contents(), before);
}

#[test]
fn the_patterns_go_by_the_names_of_links() {
    let select = |include: &[&str], exclude: &[&str]| {
        let owned = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Selection { include: owned(include), exclude: owned(exclude), all: false }
    };
    let tree = cache();
    let before = tree.contents();
    follow(&tree.model().selection(select(&["*.json"], &[])));
    assert!(tree.exists("blobs/bb22.enc") && tree.exists("blobs/aa11"));
    assert_eq!(follow_back(&tree.model()).failures().count(), 0);
    assert_eq!(tree.contents(), before, "what was sealed under a pattern of one's own comes back");
    follow(&tree.model().selection(select(&["*.json", "*.safetensors"], &[])));
    assert!(tree.exists("blobs/bb22.enc") && tree.exists("blobs/aa11.enc"));
    follow_back(&tree.model().selection(select(&[], &["*.safetensors"])));
    assert!(tree.exists("blobs/bb22") && tree.exists("blobs/aa11.enc"));
    follow_back(&tree.model().selection(select(&["*.safetensors"], &[])));
    assert_eq!(tree.contents(), before);
}

#[test]
fn what_a_killed_run_left_of_a_cache_is_finished() {
    // The blob is sealed and gone, one link follows, the other does not yet.
    let tree = cache();
    let before = tree.contents();
    follow(&tree.model());
    let sealed = tree.contents();
    fs::remove_file(tree.path(&format!("{SECOND}.enc"))).unwrap();
    tree.link("../../blobs/aa11", SECOND);
    follow(&tree.model());
    assert_eq!(tree.contents(), sealed);
    // Both names of a link stand.
    tree.link("../../blobs/aa11", FIRST);
    follow(&tree.model());
    assert_eq!(tree.contents(), sealed);
    // The other way round: blob opened, a link left.
    tree.link("../../blobs/aa11", FIRST);
    follow_back(&tree.model());
    assert_eq!(tree.contents(), before);
}

#[test]
fn keeping_a_cache_adds_links_and_removes_nothing() {
    let tree = cache();
    let before = tree.contents();
    let mut options = following();
    options.destination = Destination::Beside;
    tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap();
    let both = tree.contents();
    assert!(before.iter().all(|(name, content)| both.get(name) == Some(content)));
    assert_eq!(target(&tree, "snapshots/1/model.safetensors.enc"), "../../blobs/aa11.enc");
    assert_eq!(tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap().failures().count(), 0);
    assert_eq!(tree.contents(), both);
    follow(&tree.model());
    assert_eq!(tree.names().len(), 7);
    let mut options = following_back();
    options.destination = Destination::Beside;
    tree.model().decrypt(&raw_key(1), &options, &Silent).unwrap();
    assert_eq!(tree.contents().keys().collect::<Vec<_>>(), both.keys().collect::<Vec<_>>());
}

#[test]
fn an_output_of_a_cache_is_a_cache() {
    let tree = cache();
    let before = tree.contents();
    let out = Tree::new(&[]);
    let mut options = encrypt_to(Destination::Tree(out.path("sealed")));
    options.follow = true;
    assert_eq!(tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap().failures().count(), 0);
    assert_eq!(tree.contents(), before);
    let sealed = ModelDir::open(out.path("sealed")).unwrap();
    assert_all(&verify(&sealed, &raw_key(1)), Outcome::Verified, 1);
    let mut options = decrypt_to(Destination::Tree(out.path("plain")));
    options.follow = true;
    assert_eq!(sealed.decrypt(&raw_key(1), &options, &Silent).unwrap().failures().count(), 0);
    assert_eq!(contents_of(&out.path("plain")), before);
}

#[test]
fn a_file_with_other_names_is_refused_unless_allowed() {
    let tree = Tree::new(&[("a.bin", "a"), ("c.bin", "c")]);
    fs::hard_link(tree.path("a.bin"), tree.path("b.txt")).unwrap();
    let report = encrypt(&tree.model(), &raw_key(1));
    assert!(assert_fails(&report, ErrorKind::Io).contains("2 hard links"));
    assert_eq!(tree.names(), ["a.bin", "b.txt", "c.bin.enc", "c.bin.enc.json"]);
    let mut options = encrypt_options();
    options.allow_hardlinks = true;
    assert_eq!(tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap().failures().count(), 0);
    assert!(tree.exists("a.bin.enc") && !tree.exists("a.bin"));
    assert_eq!(tree.read("b.txt"), b"a", "the other name stays plaintext");
    assert_all(&decrypt(&tree.model(), &raw_key(1)), Outcome::Decrypted, 2);
}

#[test]
fn a_run_on_a_cache_waits_for_one_that_works_on_its_blobs() {
    let tree = cache();
    let blobs = fs::File::open(tree.path("blobs")).unwrap();
    blobs.lock().unwrap();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| follow(&tree.model()));
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!run.is_finished(), "it writes into a directory that another run has locked");
        blobs.unlock().unwrap();
        assert_eq!(run.join().unwrap().failures().count(), 0);
    });
}
