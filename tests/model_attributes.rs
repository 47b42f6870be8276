//! Mode, time, owner and extended attributes come back; nothing is widened; names of every kind survive.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use common::raw_key;
use common::tree::{
    Tree, assert_all, assert_fails, decrypt, decrypt_to, encrypt, encrypt_to, lines, reencrypt, rewrap,
    verify,
};
use modelcrypt::model::{Destination, Outcome};
use modelcrypt::{ErrorKind, ModelDir, Silent};

/// An odd time, with nanoseconds.
fn set_time(path: &Path) {
    let time = UNIX_EPOCH + Duration::new(1_234_567_890, 123_456_789);
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn time(path: &Path) -> (i64, i64) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.mtime(), metadata.mtime_nsec())
}

#[test]
fn mode_and_time_come_back_through_all_verbs() {
    for bits in [0o600, 0o640, 0o644, 0o444, 0o400, 0o755] {
        let tree = Tree::new(&[("a.bin", "a")]);
        let (plain, sealed) = (tree.path("a.bin"), tree.path("a.bin.enc"));
        set_mode(&plain, bits);
        set_time(&plain);
        let before = time(&plain);
        assert_all(&encrypt(&tree.model(), &raw_key(1)), Outcome::Encrypted, 1);
        assert_eq!((mode(&sealed), time(&sealed)), (bits, before));
        assert_eq!(mode(&tree.path("a.bin.enc.json")), bits);
        assert_all(&rewrap(&tree.model(), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 1);
        assert_eq!(mode(&sealed), bits);
        assert_all(&reencrypt(&tree.model(), &raw_key(2), None), Outcome::Reencrypted, 1);
        assert_eq!((mode(&sealed), time(&sealed)), (bits, before));
        let out = tempfile::tempdir().unwrap();
        let options = decrypt_to(Destination::Tree(out.path().to_owned()));
        assert_eq!(tree.model().decrypt(&raw_key(2), &options, &Silent).unwrap().failures().count(), 0);
        assert_all(&decrypt(&tree.model(), &raw_key(2)), Outcome::Decrypted, 1);
        for plain in [plain, out.path().join("a.bin")] {
            assert_eq!((mode(&plain), time(&plain)), (bits, before), "{bits:o}");
        }
    }
}

#[test]
fn a_time_before_1970_comes_back() {
    let tree = Tree::new(&[("a.bin", "a")]);
    let time_then = UNIX_EPOCH - Duration::new(1_000, 1);
    let file = File::open(tree.path("a.bin")).unwrap();
    file.set_times(FileTimes::new().set_modified(time_then)).unwrap();
    drop(file);
    encrypt(&tree.model(), &raw_key(1));
    set_time(&tree.path("a.bin.enc"));
    decrypt(&tree.model(), &raw_key(1));
    assert_eq!(fs::metadata(tree.path("a.bin")).unwrap().modified().unwrap(), time_then);
}

#[test]
fn setuid_setgid_and_sticky_are_dropped() {
    let tree = Tree::new(&[("a.bin", "a"), ("tool.sh", "x")]);
    for name in ["a.bin", "tool.sh"] {
        set_mode(&tree.path(name), 0o7755);
    }
    let out = tempfile::tempdir().unwrap();
    let options = encrypt_to(Destination::Tree(out.path().to_owned()));
    tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap();
    assert_eq!(mode(&out.path().join("a.bin.enc")), 0o755);
    assert_eq!(mode(&out.path().join("tool.sh")), 0o755);
    encrypt(&tree.model(), &raw_key(1));
    assert_eq!(mode(&tree.path("a.bin.enc")), 0o755);
    set_mode(&tree.path("a.bin.enc"), 0o7755);
    reencrypt(&tree.model(), &raw_key(1), None);
    assert_eq!(mode(&tree.path("a.bin.enc")), 0o755);
    decrypt(&tree.model(), &raw_key(1));
    assert_eq!(mode(&tree.path("a.bin")), 0o755);
}

#[test]
fn extended_attributes_come_back() {
    let tree = Tree::new(&[("a.bin", "a"), ("config.json", "{}")]);
    for name in ["a.bin", "config.json"] {
        if xattr::set(tree.path(name), "user.origin", b"hub\0\xff").is_err() {
            return; // A file system without them.
        }
    }
    let has = |path: &Path| xattr::get(path, "user.origin").unwrap().as_deref() == Some(b"hub\0\xff");
    let out = tempfile::tempdir().unwrap();
    let options = encrypt_to(Destination::Tree(out.path().to_owned()));
    tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap();
    assert!(has(&out.path().join("a.bin.enc")) && has(&out.path().join("config.json")));
    encrypt(&tree.model(), &raw_key(1));
    assert!(has(&tree.path("a.bin.enc")));
    rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    reencrypt(&tree.model(), &raw_key(2), None);
    assert!(has(&tree.path("a.bin.enc")));
    decrypt(&tree.model(), &raw_key(2));
    assert!(has(&tree.path("a.bin")));
}

#[test]
fn the_owner_comes_back_where_the_user_may_give_files_away() {
    let tree = Tree::new(&[("a.bin", "a")]);
    if chown(tree.path("a.bin"), Some(12_345), Some(23_456)).is_err() {
        return; // Only root may.
    }
    set_mode(&tree.path("a.bin"), 0o640);
    let owner = |name: &str| {
        let metadata = fs::metadata(tree.path(name)).unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    };
    encrypt(&tree.model(), &raw_key(1));
    let theirs = (12_345, 23_456, 0o640);
    assert_eq!((owner("a.bin.enc"), owner("a.bin.enc.json")), (theirs, theirs));
    rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    reencrypt(&tree.model(), &raw_key(2), None);
    assert_eq!((owner("a.bin.enc"), owner("a.bin.enc.json")), (theirs, theirs));
    decrypt(&tree.model(), &raw_key(2));
    assert_eq!(owner("a.bin"), theirs);
}

#[test]
fn names_of_every_kind_survive() {
    let tree = Tree::new(&[]);
    let longest = format!("{}.bin", "n".repeat(218));
    let names: [&OsStr; 7] = [
        OsStr::new("with space.bin"),
        OsStr::new("üñí ☃.bin"),
        OsStr::new("new\nline\t\u{1}.bin"),
        OsStr::new("\"quoted\\.bin"),
        OsStr::new("-dash.bin"),
        OsStr::from_bytes(b"not utf-8 \xff\xfe.bin"),
        OsStr::new(&longest),
    ];
    for name in names {
        fs::write(tree.root().join(name), name.as_bytes()).unwrap();
    }
    assert_all(&encrypt(&tree.model(), &raw_key(1)), Outcome::Encrypted, names.len());
    assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, names.len());
    assert_all(&rewrap(&tree.model(), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, names.len());
    assert_all(&reencrypt(&tree.model(), &raw_key(2), None), Outcome::Reencrypted, names.len());
    assert_all(&verify(&tree.model(), &raw_key(2)), Outcome::Verified, names.len());
    assert_all(&decrypt(&tree.model(), &raw_key(2)), Outcome::Decrypted, names.len());
    for name in names {
        assert_eq!(fs::read(tree.root().join(name)).unwrap(), name.as_bytes());
    }
}

#[test]
fn a_name_too_long_for_what_is_made_of_it_is_refused() {
    let name = format!("{}.bin", "n".repeat(219));
    let tree = Tree::new(&[(&name, "a")]);
    assert_fails(&encrypt(&tree.model(), &raw_key(1)), ErrorKind::InvalidInput);
    assert_eq!(tree.names(), [name]);
}

#[test]
fn renamed_and_swapped_files_are_refused_in_a_directory_but_not_when_named() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.bin", "b"), ("c.bin", "c")]);
    encrypt(&tree.model(), &raw_key(1));
    for suffix in ["", ".json"] {
        tree.rename(&format!("a.bin.enc{suffix}"), &format!("x{suffix}"));
        tree.rename(&format!("b.bin.enc{suffix}"), &format!("a.bin.enc{suffix}"));
        tree.rename(&format!("x{suffix}"), &format!("b.bin.enc{suffix}"));
    }
    for report in [
        verify(&tree.model(), &raw_key(1)),
        encrypt(&tree.model(), &raw_key(1)),
        reencrypt(&tree.model(), &raw_key(1), None),
        decrypt(&tree.model(), &raw_key(1)),
    ] {
        let swapped: Vec<_> = report.failures().map(|(_, error)| ErrorKind::of(error)).collect();
        assert_eq!(swapped, [ErrorKind::Tampered; 2], "{:?}", lines(&report));
    }
    assert_eq!(tree.names(), ["a.bin.enc", "a.bin.enc.json", "b.bin.enc", "b.bin.enc.json", "c.bin"]);
    assert_all(&tree.model().verify(&raw_key(1), true, &Silent).unwrap(), Outcome::Verified, 2);
    assert_all(&verify(&tree.file("a.bin.enc"), &raw_key(1)), Outcome::Verified, 1);
    assert_all(&decrypt(&tree.file("a.bin.enc"), &raw_key(1)), Outcome::Decrypted, 1);
    assert_eq!(tree.read("a.bin"), b"b", "the name comes from the path");
    let mut options = decrypt_to(Destination::InPlace);
    options.allow_renamed = true;
    assert_all(&tree.model().decrypt(&raw_key(1), &options, &Silent).unwrap(), Outcome::Decrypted, 1);
    assert_eq!(tree.read("b.bin"), b"a");
}

#[test]
fn a_sealed_stream_has_no_name_and_must_be_named_or_allowed() {
    let tree = Tree::new(&[]);
    tree.write("s.bin.enc", common::seal_stream(&raw_key(1), b"streamed"));
    for report in [verify(&tree.model(), &raw_key(1)), decrypt(&tree.model(), &raw_key(1))] {
        assert_fails(&report, ErrorKind::Tampered);
    }
    assert_all(&rewrap(&tree.file("s.bin.enc"), &raw_key(1), &raw_key(2)), Outcome::Rewrapped, 1);
    let sidecar: serde_json::Value = serde_json::from_slice(&tree.read("s.bin.enc.json")).unwrap();
    assert_eq!(sidecar["file"]["plaintext_len"], 8, "the sidecar gives the real length");
    assert!(sidecar["file"]["name"].is_null());
    assert!(sidecar["checksums"].as_object().unwrap().is_empty());
    assert_all(&tree.model().verify(&raw_key(2), true, &Silent).unwrap(), Outcome::Verified, 1);
    let mut options = common::tree::reencrypt_options();
    options.allow_renamed = true;
    let report = tree.model().reencrypt(&raw_key(2), None, &options, &Silent).unwrap();
    assert_all(&report, Outcome::Reencrypted, 1);
    let mut options = decrypt_to(Destination::InPlace);
    options.allow_renamed = true;
    assert_all(&tree.model().decrypt(&raw_key(2), &options, &Silent).unwrap(), Outcome::Decrypted, 1);
    assert_eq!(tree.names(), ["s.bin"]);
    assert_eq!(tree.read("s.bin"), b"streamed");
}

#[test]
fn a_sealed_file_under_a_name_without_enc_can_be_named() {
    let tree = Tree::new(&[("a.bin", "a"), ("model.json", "{}")]);
    encrypt(&tree.model(), &raw_key(1));
    tree.rename("a.bin.enc", "model");
    tree.remove("a.bin.enc.json");
    assert_all(&verify(&tree.file("model"), &raw_key(1)), Outcome::Verified, 1);
    let out = tempfile::tempdir().unwrap();
    let model = ModelDir::open(tree.path("model")).unwrap();
    let options = decrypt_to(Destination::Tree(out.path().to_owned()));
    assert_eq!(model.decrypt(&raw_key(1), &options, &Silent).unwrap().failures().count(), 0);
    assert_eq!(fs::read(out.path().join("model")).unwrap(), b"a");
    assert_fails(&decrypt(&model, &raw_key(1)), ErrorKind::AlreadyExists);
    assert_eq!(tree.names(), ["model", "model.json"]);
    assert_eq!(tree.read("model.json"), b"{}");
}
