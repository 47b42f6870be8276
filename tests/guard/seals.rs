//! Memory files: sealed, gone with their holder, reached by way of it only.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use modelcrypt::Place;
use rustix::fs::{SealFlags, fcntl_get_seals};

use crate::common::plaintext;
use crate::common::tree::{Tree, encrypt};
use crate::guarded::{open, sealed};

#[test]
fn every_memory_file_bears_all_seals() {
    let tree = sealed(&[("a.bin", "a"), ("b.bin", "")]);
    let guard = open(&tree.model(), &Place::Memfd);
    for name in ["a.bin", "b.bin"] {
        let file = File::open(guard.path().join(name)).unwrap();
        let all = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        let found = fcntl_get_seals(&file).unwrap();
        assert!(found.contains(all), "{name}: {found:?}");
    }
}

/// Run as root, this is root's attempt.
#[test]
fn nobody_can_change_or_cut_a_memory_file() {
    let tree = sealed(&[("a.bin", "abc")]);
    let guard = open(&tree.model(), &Place::Memfd);
    let path = guard.path().join("a.bin");
    match OpenOptions::new().write(true).open(&path) {
        Ok(mut file) => {
            assert!(file.write_all(b"x").is_err());
            for len in [0, 2, 4] {
                assert!(file.set_len(len).is_err(), "{len}");
            }
        }
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
    assert!(OpenOptions::new().write(true).truncate(true).open(&path).is_err());
    let mapped = "import mmap, sys\n\
                  f = open(sys.argv[1], 'rb')\n\
                  try: f = open(sys.argv[1], 'r+b')\n\
                  except PermissionError: pass\n\
                  try: mmap.mmap(f.fileno(), 3)[0] = 0\n\
                  except (PermissionError, TypeError): sys.exit(0)\n\
                  sys.exit(1)";
    if let Ok(status) = Command::new("python3").args(["-c", mapped]).arg(&path).status() {
        assert!(status.success(), "a writable mapping was made");
    }
    assert_eq!(fs::read(path).unwrap(), b"abc");
}

#[test]
fn a_memory_file_lies_on_no_file_system_and_takes_its_length_in_memory() {
    let tree = Tree::new(&[]);
    tree.write("a.bin", plaintext(100_000));
    encrypt(&tree.model(), &crate::common::raw_key(1));
    let guard = open(&tree.model(), &Place::Memfd);
    let found = fs::metadata(guard.path().join("a.bin")).unwrap();
    assert_eq!((found.nlink(), found.len()), (0, 100_000));
    // No hole is left that would be a bus error once memory has run out.
    assert!(found.blocks() * 512 >= 100_000, "{}", found.blocks());
}

#[test]
fn only_a_sealed_file_is_locked_in_memory() {
    use modelcrypt::base::Locked;
    let tree = sealed(&[("a.bin", "abc")]);
    let guard = open(&tree.model(), &Place::Memfd);
    let locked = Locked::new(&File::open(guard.path().join("a.bin")).unwrap(), 3).unwrap();
    assert!(locked.len() == 3 && !locked.is_empty());
    let maps = fs::read_to_string("/proc/self/smaps").unwrap();
    let flags = maps
        .split("memfd:a.bin")
        .skip(1)
        .filter_map(|map| map.lines().find(|line| line.starts_with("VmFlags")));
    // Locked, and in no core dump.
    assert!(flags.clone().any(|flags| flags.contains(" lo") && flags.contains(" dd")), "{:?}", flags.last());
    let plain = File::open(tree.path("a.bin.enc")).unwrap();
    assert!(Locked::new(&plain, 3).is_err(), "somebody could cut it under the mapping");
}

#[test]
fn no_descriptor_is_inherited() {
    let tree = sealed(&[("a.bin", "a")]);
    let guard = open(&tree.model(), &Place::Memfd);
    let shown = Command::new("ls").args(["-l", "/proc/self/fd"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(!shown.contains("memfd") && !shown.contains("modelcrypt-guard"), "{shown}");
    let seen = Command::new("cat").arg(guard.path().join("a.bin")).output().unwrap();
    assert_eq!(seen.stdout, b"a");
}

#[test]
fn what_is_mapped_outlives_the_guard_unchanged() {
    let tree = Tree::new(&[]);
    let bytes = plaintext(100_000);
    tree.write("a.bin", &bytes);
    encrypt(&tree.model(), &crate::common::raw_key(1));
    let guard = open(&tree.model(), &Place::Memfd);
    let file = File::open(guard.path().join("a.bin")).unwrap();
    guard.close().unwrap();
    let mut kept = vec![0; bytes.len()];
    modelcrypt::base::ReadAt::read_exact_at(&file, &mut kept, 0).unwrap();
    assert!(kept == bytes);
}
