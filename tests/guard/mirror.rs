//! What a decrypted directory shows.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use modelcrypt::guard::Access;
use modelcrypt::{Place, Silent, TemporaryDecrypt, temporary_decrypt};

use crate::common::raw_key;
use crate::common::tree::{Tree, contents_of, encrypt, names_in};
use crate::guarded::{disk, is_empty, lease_of, memory, mode, open, options, sealed, sealed_cache};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/tiny-llama");

/// The model of the fixtures, sealed.
fn tiny_llama() -> Tree {
    let tree = Tree::new(&[]);
    assert!(
        Command::new("cp").arg("-a").args([MODEL]).arg(tree.path("tiny-llama")).status().unwrap().success()
    );
    let report = encrypt(&modelcrypt::ModelDir::open(tree.path("tiny-llama")).unwrap(), &raw_key(1));
    assert!(report.failures().count() == 0 && report.files.len() == 4, "{report:?}");
    tree
}

/// Every file, links followed, with its bytes.
fn read_all(dir: &Path) -> Vec<(String, Vec<u8>)> {
    names_in(dir).into_iter().map(|name| (name.clone(), fs::read(dir.join(name)).unwrap())).collect()
}

#[test]
fn every_place_shows_a_model_byte_for_byte() {
    let tree = tiny_llama();
    let model = modelcrypt::ModelDir::open(tree.path("tiny-llama")).unwrap();
    let (in_memory, on_disk) = (memory(), disk());
    for place in [Place::Memfd, in_memory.1, on_disk.1, Place::Tmpfs(None)] {
        for access in [Access::Read, Access::Write] {
            if place == Place::Memfd && access == Access::Write {
                continue;
            }
            let options = options(&place, access);
            let guard = TemporaryDecrypt::open(&model, &raw_key(1), &options, &Silent).unwrap();
            assert!(read_all(guard.path()) == read_all(Path::new(MODEL)), "{place:?} {access:?}");
            assert_eq!(guard.path().file_name().unwrap(), "tiny-llama");
            assert_eq!(guard.notices(), [""; 0]);
            guard.close().unwrap();
        }
    }
    assert!(is_empty(in_memory.0.path()) && is_empty(on_disk.0.path()));
}

#[test]
fn what_never_was_sealed_is_linked_by_its_absolute_path() {
    let tree = tiny_llama();
    // Named by way of a link: what is linked lies where it really is.
    tree.link("tiny-llama", "by-link");
    let model = modelcrypt::ModelDir::open(tree.path("by-link")).unwrap();
    let (_dir, place) = memory();
    let real = fs::canonicalize(tree.path("tiny-llama")).unwrap();
    for place in [Place::Memfd, place] {
        let guard = open(&model, &place);
        for name in ["config.json", "model.safetensors.index.json", "tokenizer.json"] {
            assert_eq!(fs::read_link(guard.path().join(name)).unwrap(), real.join(name));
        }
    }
}

#[test]
fn only_its_owner_can_enter_or_read() {
    let tree = tiny_llama();
    let model = modelcrypt::ModelDir::open(tree.path("tiny-llama")).unwrap();
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        let guard = open(&model, &place);
        for dir in [&lease_of(&guard), guard.path(), &guard.path().join("special tokens")] {
            assert_eq!(mode(dir), 0o700, "{}", dir.display());
        }
        for name in ["model-00001-of-00003.safetensors", "special tokens/émbedding.bin"] {
            assert_eq!(mode(&guard.path().join(name)), 0o400, "{name} in {place:?}");
        }
    }
}

#[test]
fn files_that_may_be_changed_are_their_owners_to_change_and_no_links() {
    let tree = tiny_llama();
    let model = modelcrypt::ModelDir::open(tree.path("tiny-llama")).unwrap();
    let (_dir, place) = memory();
    let guard =
        TemporaryDecrypt::open(&model, &raw_key(1), &options(&place, Access::Write), &Silent).unwrap();
    for name in names_in(guard.path()) {
        let found = guard.path().join(&name).symlink_metadata().unwrap();
        assert!(found.is_file() && found.permissions().mode() & 0o7777 == 0o600, "{name}");
    }
}

#[test]
fn a_file_carries_the_time_of_the_original() {
    let tree = Tree::new(&[("a.bin", "a")]);
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(1_234_567_890_123_456_789);
    fs::File::options().write(true).open(tree.path("a.bin")).unwrap().set_modified(time).unwrap();
    encrypt(&tree.model(), &raw_key(1));
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        let guard = open(&tree.model(), &place);
        let found = fs::metadata(guard.path().join("a.bin")).unwrap();
        assert_eq!(found.modified().unwrap(), time, "{place:?}");
    }
}

#[test]
fn sidecars_configuration_and_leftovers_are_not_shown() {
    let tree = sealed(&[("a.bin", "a"), ("readme.md", "r")]);
    tree.write(".modelcrypt.toml", "rotation_days = 3");
    tree.write(".modelcrypt-tmp-00112233445566ff", "half");
    tree.write("notes.enc.json", "{}");
    let guard = open(&tree.model(), &Place::Memfd);
    assert_eq!(names_in(guard.path()), ["a.bin", "notes.enc.json", "readme.md"]);
}

#[test]
fn drop_and_close_remove_everything() {
    let tree = sealed(&[("a.bin", "a"), ("deep/er/b.bin", "b"), ("config.json", "{}")]);
    let (in_memory, on_disk) = (memory(), disk());
    for place in [Place::Memfd, in_memory.1, on_disk.1] {
        let dropped = open(&tree.model(), &place);
        let lease = lease_of(&dropped);
        assert!(lease.is_dir());
        drop(dropped);
        assert!(!lease.exists(), "{place:?}");
        let closed = open(&tree.model(), &place);
        let lease = lease_of(&closed);
        closed.close().unwrap();
        assert!(!lease.exists(), "{place:?}");
    }
    assert!(is_empty(in_memory.0.path()) && is_empty(on_disk.0.path()));
    assert_eq!(tree.read("config.json"), b"{}");
}

#[test]
fn closing_removes_what_a_loader_has_left_in_it() {
    let tree = sealed(&[("a.bin", "a")]);
    let outside = Tree::new(&[("precious", "p"), ("dir/precious", "p")]);
    for (dir, place) in [memory(), disk()] {
        let guard = open(&tree.model(), &place);
        let made = guard.path().join("cache/deep");
        fs::create_dir_all(&made).unwrap();
        fs::write(made.join("file"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path("dir"), made.join("link")).unwrap();
        std::os::unix::fs::symlink(outside.path("precious"), guard.path().join("link")).unwrap();
        make_fifo(&made.join("pipe"));
        fs::set_permissions(&made, fs::Permissions::from_mode(0o000)).unwrap();
        guard.close().unwrap();
        assert!(is_empty(dir.path()));
    }
    assert_eq!(contents_of(outside.root()).len(), 2);
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    assert!(path.symlink_metadata().unwrap().file_type().is_fifo());
}

#[test]
fn two_guards_on_one_model_do_not_meet() {
    let tree = sealed(&[("a.bin", "a")]);
    let (dir, place) = memory();
    for place in [Place::Memfd, place] {
        let first = temporary_decrypt(&tree.model(), &raw_key(1), place.clone()).unwrap();
        let second = temporary_decrypt(&tree.model(), &raw_key(1), place.clone()).unwrap();
        assert_ne!(first.path(), second.path());
        first.close().unwrap();
        assert_eq!(fs::read(second.path().join("a.bin")).unwrap(), b"a");
    }
    assert!(is_empty(dir.path()));
}

#[test]
fn one_sealed_file_is_a_model() {
    let tree = sealed(&[("a.bin", "a"), ("b.bin", "b")]);
    let guard = open(&tree.file("a.bin.enc"), &Place::Memfd);
    assert_eq!(read_all(guard.path()), [("a.bin".to_owned(), b"a".to_vec())]);
    assert_eq!(guard.path().file_name().unwrap(), "model");
    // Named itself, a file may bear any name.
    tree.rename("b.bin.enc", "other.enc");
    let guard = open(&tree.file("other.enc"), &Place::Memfd);
    assert_eq!(read_all(guard.path()), [("other".to_owned(), b"b".to_vec())]);
}

#[test]
fn a_snapshot_of_a_cache_shows_its_own_names() {
    let tree = sealed_cache();
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        let guard = open(&tree.file("snapshots/rev"), &place);
        let shown = [("1.safetensors", "first"), ("2.safetensors", "second"), ("config.json", "{}")];
        let shown = shown.map(|(name, content)| (name.to_owned(), content.as_bytes().to_vec()));
        assert_eq!(read_all(guard.path()), shown);
        assert_eq!(guard.path().file_name().unwrap(), "rev");
    }
}

#[test]
fn an_empty_file_and_files_around_a_chunk_are_whole() {
    let tree = Tree::new(&[]);
    for len in [0, 1, 16_383, 16_384, 16_385, 300_000] {
        tree.write(&format!("{len}.bin"), crate::common::plaintext(len));
    }
    let before = read_all(tree.root());
    encrypt(&tree.model(), &raw_key(1));
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        assert!(read_all(open(&tree.model(), &place).path()) == before, "{place:?}");
    }
}
