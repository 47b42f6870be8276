//! Links and names in a model: which are shown, and that no shard loads in another one's place.

use std::fs;

use modelcrypt::ErrorKind;
use modelcrypt::Place;

use crate::common::tree::Tree;
use crate::guarded::{
    CACHE_BLOBS, assert_refused, memory, open, open_letting, sealed, sealed_cache, try_open,
};

fn two_shards() -> Tree {
    sealed(&[("1.bin", "first"), ("2.bin", "second")])
}

#[test]
fn swapped_shards_are_refused() {
    let tree = two_shards();
    for (from, to) in [("1.bin.enc", "x"), ("2.bin.enc", "1.bin.enc"), ("x", "2.bin.enc")] {
        tree.rename(from, to);
    }
    let told = assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
    assert!(told.contains("1.bin.enc") && told.contains("2.bin"), "{told}");
    let guard = open_letting(&tree.model(), |load| load.allow_renamed = true).unwrap();
    assert_eq!(fs::read(guard.path().join("1.bin")).unwrap(), b"second");
}

#[test]
fn a_link_to_another_shard_in_its_place_is_refused() {
    let tree = two_shards();
    tree.remove("1.bin.enc");
    for target in ["2.bin.enc", "deep/../2.bin.enc"] {
        fs::create_dir_all(tree.path("deep")).unwrap();
        tree.link(target, "1.bin.enc");
        assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
        tree.remove("1.bin.enc");
    }
}

/// The link leads to nothing, for what it names is sealed: it means the sealed one.
#[test]
fn a_link_to_another_shards_plaintext_name_is_refused() {
    let tree = two_shards();
    tree.remove("1.bin.enc");
    tree.link("2.bin", "1.bin");
    assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
    let guard = open_letting(&tree.model(), |load| load.allow_renamed = true).unwrap();
    assert_eq!(fs::read(guard.path().join("1.bin")).unwrap(), b"second");
}

#[test]
fn a_planted_directory_of_blobs_lends_no_name() {
    let tree = two_shards();
    tree.remove("1.bin.enc");
    fs::create_dir(tree.path("blobs")).unwrap();
    tree.copy("2.bin.enc", "blobs/2.bin.enc");
    tree.link("blobs/2.bin.enc", "1.bin.enc");
    assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
}

#[test]
fn a_blob_under_another_hash_is_refused() {
    let tree = sealed_cache();
    let [first, second, _] = CACHE_BLOBS.map(|blob| format!("{blob}.enc"));
    tree.remove(&first);
    tree.copy(&second, &first);
    assert_refused(try_open(&tree.file("snapshots/rev"), &Place::Memfd), ErrorKind::Tampered);
    assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
}

#[test]
fn a_link_to_a_file_that_was_sealed_since_leads_to_it() {
    let tree = Tree::new(&[("real/a.bin", "a")]);
    tree.link("../real/a.bin", "by-name/a.bin");
    tree.link("real", "dir");
    tree.link("nowhere", "dangling.txt");
    crate::common::tree::encrypt(&tree.model(), &crate::common::raw_key(1));
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        let guard = open(&tree.model(), &place);
        for name in ["real/a.bin", "by-name/a.bin", "dir/a.bin"] {
            assert_eq!(fs::read(guard.path().join(name)).unwrap(), b"a", "{name} in {place:?}");
        }
        let target = fs::canonicalize(guard.path().join("dir")).unwrap();
        assert_eq!(target, guard.path().join("real"), "it stays inside");
        let notices = guard.notices().join("\n");
        assert!(notices.contains("dangling.txt"), "{notices}");
    }
}

#[test]
fn a_link_that_stands_in_both_forms_is_shown_once() {
    let tree = sealed_cache();
    tree.write(CACHE_BLOBS[0], "first");
    tree.link(format!("../../{}", CACHE_BLOBS[0]), "snapshots/rev/1.safetensors");
    let guard = open(&tree.file("snapshots/rev"), &Place::Memfd);
    assert_eq!(fs::read(guard.path().join("1.safetensors")).unwrap(), b"first");
    tree.write(CACHE_BLOBS[0], "other");
    assert_refused(try_open(&tree.file("snapshots/rev"), &Place::Memfd), ErrorKind::Tampered);
}

#[test]
fn a_link_to_other_bytes_beside_a_sealed_file_is_refused() {
    let tree = sealed(&[("a.bin", "a")]);
    let outside = Tree::new(&[("equal", "a"), ("evil", "b")]);
    tree.link(outside.path("equal"), "a.bin");
    assert_eq!(fs::read(open(&tree.model(), &Place::Memfd).path().join("a.bin")).unwrap(), b"a");
    tree.remove("a.bin");
    tree.link(outside.path("evil"), "a.bin");
    assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
}

/// It leads to nothing that could be compared, and must not take the sealed one's place.
#[test]
fn a_link_to_another_shard_beside_the_sealed_one_is_left_out() {
    let tree = two_shards();
    tree.link("2.bin", "1.bin");
    let guard = open(&tree.model(), &Place::Memfd);
    assert_eq!(fs::read(guard.path().join("1.bin")).unwrap(), b"first");
    assert!(guard.notices().join("\n").contains("1.bin"));
    tree.write("2.bin", "second");
    assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
}

#[test]
fn a_link_to_a_directory_beside_a_sealed_file_is_refused() {
    let tree = two_shards();
    fs::create_dir(tree.path("dir")).unwrap();
    tree.link("dir", "1.bin");
    assert_refused(try_open(&tree.model(), &Place::Memfd), ErrorKind::Tampered);
}
