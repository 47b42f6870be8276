//! Where the plaintext lies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use modelcrypt::guard::{Access, require_memory_backed};
use modelcrypt::{ErrorKind, Place, Silent, TemporaryDecrypt};

use crate::common::tree::{Tree, encrypt};
use crate::common::{plaintext, raw_key};
use crate::guarded::{
    MEMORY, assert_refused, disk, is_empty, lease_of, memory, open, options, sealed, try_open,
};
use crate::mount;

/// A directory that lies on no tmpfs, or nothing where there is none.
fn on_disk() -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let found = rustix::fs::statfs(dir.path()).unwrap().f_type;
    (found != 0x0102_1994 && found != 0x8584_58f6).then_some(dir)
}

#[test]
fn a_tmpfs_is_known_by_what_it_is_and_not_by_its_name() {
    let Some(dir) = on_disk() else { return };
    let named = dir.path().join("dev/shm");
    fs::create_dir_all(&named).unwrap();
    let tree = sealed(&[("a.bin", "a")]);
    for place in [dir.path(), &named] {
        let told = assert_refused(
            try_open(&tree.model(), &Place::Tmpfs(Some(place.to_owned()))),
            ErrorKind::PolicyViolation,
        );
        assert!(told.contains(place.to_str().unwrap()), "{told}");
    }
    assert!(is_empty(&named));
    assert_eq!(Place::of_directory(&named).unwrap(), Place::Disk(named.clone()));
    let memory = PathBuf::from(MEMORY);
    assert_eq!(Place::of_directory(&memory).unwrap(), Place::Tmpfs(Some(memory)));
    assert!(Place::of_directory(Path::new("/no such directory")).is_err());
}

#[test]
fn a_disk_is_taken_only_when_it_is_named() {
    assert_eq!(Place::default(), Place::Memfd);
    let Some(dir) = on_disk() else { return };
    let tree = sealed(&[("a.bin", "a")]);
    let guard = open(&tree.model(), &Place::Disk(dir.path().to_owned()));
    assert!(guard.path().starts_with(dir.path()));
    assert_eq!(fs::read(guard.path().join("a.bin")).unwrap(), b"a");
    drop(guard);
    assert!(is_empty(dir.path()));
    let guard = open(&tree.model(), &Place::Tmpfs(None));
    let place = rustix::fs::statfs(guard.path()).unwrap().f_type;
    assert_eq!(place, 0x0102_1994, "{}", guard.path().display());
}

#[test]
fn a_place_that_is_not_there_or_no_directory_is_an_error() {
    let tree = sealed(&[("a.bin", "a")]);
    let missing = tree.path("missing");
    for place in [Place::Disk(missing.clone()), Place::Tmpfs(Some(missing))] {
        assert_refused(try_open(&tree.model(), &place), ErrorKind::NotFound);
    }
    assert!(try_open(&tree.model(), &Place::Disk(tree.path("a.bin.enc"))).is_err());
}

#[test]
fn memory_files_are_for_reading_only() {
    let tree = sealed(&[("a.bin", "a")]);
    let opened =
        TemporaryDecrypt::open(&tree.model(), &raw_key(1), &options(&Place::Memfd, Access::Write), &Silent);
    assert_refused(opened, ErrorKind::InvalidInput);
}

#[test]
fn a_relative_place_gives_an_absolute_path() {
    let tree = sealed(&[("deep/a.bin", "a")]);
    tree.link("deep", "other");
    let here = std::env::current_dir().unwrap();
    let dir = tempfile::tempdir_in(&here).unwrap();
    let relative = dir.path().strip_prefix(&here).unwrap();
    let guard = open(&tree.model(), &Place::of_directory(relative).unwrap());
    assert!(guard.path().is_absolute(), "{}", guard.path().display());
    assert_eq!(fs::read(guard.path().join("other/a.bin")).unwrap(), b"a");
}

#[test]
fn the_protection_tells_bytes_of_plaintext() {
    let tree = Tree::new(&[("config.json", "{}")]);
    tree.write("a.bin", plaintext(5));
    tree.write("b.bin", plaintext(20_000));
    encrypt(&tree.model(), &raw_key(1));
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        let protection = open(&tree.model(), &place).protection();
        assert_eq!(protection.plaintext_len, 20_005, "{place:?}");
        assert!(protection.locked_len <= 20_005);
    }
}

#[test]
fn a_model_that_does_not_fit_is_refused_with_both_numbers() {
    mount::on_small_disk("places::a_model_that_does_not_fit_is_refused_with_both_numbers", "1m", |disk| {
        let tree = Tree::new(&[]);
        tree.write("a.bin", plaintext(700_000));
        tree.write("b.bin", plaintext(700_000));
        tree.write("notes.txt", plaintext(400_000));
        encrypt(&tree.model(), &raw_key(1));
        for place in [Place::Tmpfs(Some(disk.to_owned())), Place::Disk(disk.to_owned())] {
            let told = assert_refused(try_open(&tree.model(), &place), ErrorKind::Io);
            assert!(
                told.contains("1400832 bytes are needed, 10") && told.contains(" are free in `"),
                "{told}"
            );
            assert!(is_empty(disk));
        }
        // What never was sealed takes room only where it is copied.
        tree.remove("b.bin.enc");
        let place = Place::Tmpfs(Some(disk.to_owned()));
        open(&tree.model(), &place).close().unwrap();
        let written =
            TemporaryDecrypt::open(&tree.model(), &raw_key(1), &options(&place, Access::Write), &Silent);
        let told = assert_refused(written, ErrorKind::Io);
        assert!(told.contains("1100416 bytes are needed"), "{told}");
        assert!(is_empty(disk));
    });
}

/// The room was there when it was looked for, and then somebody else took it.
#[test]
fn a_place_that_fills_up_meanwhile_is_left_clean() {
    struct Filler<'a>(&'a Path);
    impl modelcrypt::Progress for Filler<'_> {
        fn begin(&self, _: u64, _: u64) {
            let _ = fs::write(self.0.join("filler"), plaintext(1 << 20));
        }
    }
    mount::on_small_disk("places::a_place_that_fills_up_meanwhile_is_left_clean", "1m", |disk| {
        let tree = Tree::new(&[]);
        tree.write("a.bin", plaintext(700_000));
        encrypt(&tree.model(), &raw_key(1));
        for place in [Place::Tmpfs(Some(disk.to_owned())), Place::Disk(disk.to_owned())] {
            let options = options(&place, Access::Read);
            let opened = TemporaryDecrypt::open(&tree.model(), &raw_key(1), &options, &Filler(disk));
            assert_refused(opened, ErrorKind::Io);
            let left: Vec<_> = fs::read_dir(disk).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["filler"]);
            fs::remove_file(disk.join("filler")).unwrap();
        }
    });
}

#[test]
fn a_file_system_without_a_limit_has_room() {
    mount::on_small_disk("places::a_file_system_without_a_limit_has_room", "0", |disk| {
        let tree = sealed(&[("a.bin", "a")]);
        let ramfs = disk.join("ramfs");
        fs::create_dir(&ramfs).unwrap();
        let mounted = Command::new("mount").args(["-t", "ramfs", "none"]).arg(&ramfs).status().unwrap();
        assert!(mounted.success());
        for dir in [disk, &ramfs] {
            let place = Place::of_directory(dir).unwrap();
            assert_eq!(place, Place::Tmpfs(Some(dir.to_owned())));
            let guard = open(&tree.model(), &place);
            assert_eq!(fs::read(guard.path().join("a.bin")).unwrap(), b"a");
            assert!(lease_of(&guard).starts_with(dir));
            require_memory_backed(&ramfs).unwrap();
        }
    });
}

#[test]
fn only_memory_is_memory_backed() {
    if let Some(dir) = on_disk() {
        let refused = require_memory_backed(dir.path());
        let refused = modelcrypt::Error::from(refused.unwrap_err()).kind();
        assert_eq!(refused, ErrorKind::PolicyViolation);
    }
    let may_swap = fs::read_to_string("/proc/swaps").unwrap().lines().count() > 1;
    assert!(require_memory_backed(Path::new(MEMORY)).is_ok() || may_swap);
    assert!(require_memory_backed(Path::new("/no such directory")).is_err());
    drop(disk());
}

#[test]
fn a_tmpfs_that_never_swaps_is_memory_backed() {
    mount::on_small_disk("places::a_tmpfs_that_never_swaps_is_memory_backed", "1m,noswap", |disk| {
        fs::create_dir(disk.join("ö ü")).unwrap();
        require_memory_backed(&disk.join("ö ü")).unwrap();
    });
}
