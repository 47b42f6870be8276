//! What was changed goes back as new sealed files.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use modelcrypt::guard::{Access, WriteBack};
use modelcrypt::model::{EncryptOptions, Outcome, Report};
use modelcrypt::{MasterKey, ModelDir, Opener, Place, Silent, TemporaryDecrypt};

use crate::common::tree::{Tree, assert_all, encrypt, encrypt_options, lines, notices, verify};
use crate::common::{plaintext, raw_key};
use crate::guarded::{disk, is_empty, memory, mode, options, sealed, sealed_cache};

pub(crate) fn open(model: &ModelDir, place: &Place) -> TemporaryDecrypt {
    TemporaryDecrypt::open(model, &raw_key(1), &options(place, Access::Write), &Silent).unwrap()
}

/// Has `change` done to the model, and what has changed sealed.
fn change(model: &ModelDir, change: impl Fn(&Path)) -> Report {
    let (dir, place) = memory();
    let guard = open(model, &place);
    change(guard.path());
    let report = guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent).unwrap();
    assert!(is_empty(dir.path()));
    report
}

/// What the sealed file `name` holds.
fn held(tree: &Tree, name: &str) -> Vec<u8> {
    let reader = Opener::open(&tree.path(name)).unwrap().unlock(&raw_key(1)).unwrap();
    let mut bytes = vec![0; usize::try_from(reader.len()).unwrap()];
    modelcrypt::base::ReadAt::read_exact_at(&reader, &mut bytes, 0).unwrap();
    bytes
}

fn model() -> Tree {
    sealed(&[("a.bin", "aaaa"), ("deep/b.bin", "b"), ("config.json", "{}")])
}

#[test]
fn nothing_is_sealed_where_nothing_was_changed() {
    let tree = model();
    let before = tree.contents();
    for (_dir, place) in [memory(), disk()] {
        let guard = open(&tree.model(), &place);
        let report = guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent).unwrap();
        assert_eq!(lines(&report), [""; 0], "{place:?}");
        assert!(tree.contents() == before);
    }
}

#[test]
fn a_changed_file_is_sealed_anew_and_no_other() {
    let tree = model();
    let before = tree.contents();
    for (text, (_dir, place)) in [("bb", memory()), ("ccc", disk())] {
        let guard = open(&tree.model(), &place);
        fs::write(guard.path().join("a.bin"), text).unwrap();
        let report = guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent).unwrap();
        assert_eq!(lines(&report), ["a.bin.enc: encrypted"]);
        assert_eq!(held(&tree, "a.bin.enc"), text.as_bytes());
        let after = tree.contents();
        for (name, bytes) in &before {
            assert_eq!(after[name] != *bytes, name.starts_with("a.bin"), "{name}");
        }
        assert_eq!(after.len(), before.len());
        assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 2);
    }
}

#[test]
fn every_way_to_change_a_file_shows() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 6] = [
        ("written to in its place", |path| fs::write(path, "aaab").unwrap()),
        ("cut", |path| fs::write(path, "").unwrap()),
        ("grown", |path| fs::write(path, plaintext(70_000)).unwrap()),
        ("replaced", |path| {
            fs::write(path.with_extension("new"), "aaab").unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        }),
        ("changed with its time put back", |path| {
            let time = fs::metadata(path).unwrap().modified().unwrap();
            fs::write(path, "aaab").unwrap();
            fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        }),
        ("written to through a mapping", write_through_mapping),
    ];
    for (_dir, place) in [memory(), disk()] {
        for (how, change) in &changes {
            let tree = model();
            let guard = open(&tree.model(), &place);
            change(&guard.path().join("a.bin"));
            let expected = fs::read(guard.path().join("a.bin")).unwrap();
            assert_ne!(expected, b"aaaa");
            let report = guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent).unwrap();
            assert_eq!(lines(&report), ["a.bin.enc: encrypted"], "{how} in {place:?}");
            assert!(held(&tree, "a.bin.enc") == expected, "{how} in {place:?}");
        }
    }
}

/// Reads first: on a tmpfs such a change leaves no trace in the times.
fn write_through_mapping(path: &Path) {
    let script = "import mmap, sys\n\
                  with open(sys.argv[1], 'r+b') as f:\n\
                  \x20   m = mmap.mmap(f.fileno(), 0)\n\
                  \x20   m[3] = m[3] + 1";
    let status = Command::new("python3").args(["-c", script]).arg(path).status();
    if !status.is_ok_and(|status| status.success()) {
        crate::skip::skip("there is no Python");
        fs::write(path, "aaab").unwrap();
    }
}

#[test]
fn a_file_that_was_only_touched_is_not_sealed_anew() {
    let tree = model();
    let before = tree.contents();
    for (_dir, place) in [memory(), disk()] {
        let guard = open(&tree.model(), &place);
        let path = guard.path().join("a.bin");
        fs::write(&path, "aaaa").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let other = guard.path().join("deep/b.bin");
        fs::write(other.with_extension("new"), "b").unwrap();
        fs::rename(other.with_extension("new"), other).unwrap();
        let report = guard.close_with(WriteBack::Changed(&raw_key(1)), &Silent).unwrap();
        assert_eq!(lines(&report), [""; 0], "{place:?}");
    }
    assert!(tree.contents() == before);
}

#[test]
fn new_files_are_sealed_if_the_patterns_mean_them() {
    let tree = model();
    let report = change(&tree.model(), |root| {
        fs::create_dir_all(root.join("checkpoint 1/ö")).unwrap();
        for name in ["new.bin", "checkpoint 1/ö/new.safetensors", "notes.txt", "checkpoint 1/state.json"] {
            fs::write(root.join(name), name).unwrap();
        }
    });
    assert_all(&report, Outcome::Encrypted, 2);
    assert_eq!(held(&tree, "new.bin.enc"), b"new.bin");
    assert_eq!(
        held(&tree, "checkpoint 1/ö/new.safetensors.enc"),
        "checkpoint 1/ö/new.safetensors".as_bytes()
    );
    assert!(!tree.exists("notes.txt") && !tree.exists("checkpoint 1/state.json"));
    assert!(!tree.exists("new.bin"), "no plaintext comes into the model");
    assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 4);
}

#[test]
fn files_of_our_own_kinds_are_never_sealed() {
    let tree = model();
    tree.write(".modelcrypt.toml", "require = ['*']");
    tree.remove("config.json");
    let report = change(&tree.model(), |root| {
        for name in [".modelcrypt.toml", "x.enc", "x.enc.json", ".modelcrypt-tmp-0011223344556677", "new.txt"]
        {
            fs::write(root.join(name), "x").unwrap();
        }
    });
    assert_eq!(lines(&report), ["new.txt.enc: encrypted"]);
}

#[test]
fn deletions_links_and_directories_are_ignored() {
    let tree = model();
    let before = tree.contents();
    let report = change(&tree.model(), |root| {
        fs::remove_file(root.join("a.bin")).unwrap();
        fs::remove_dir_all(root.join("deep")).unwrap();
        symlink("/etc/hostname", root.join("link.bin")).unwrap();
        fs::create_dir(root.join("dir.bin")).unwrap();
    });
    assert_eq!(lines(&report), [""; 0]);
    assert!(tree.contents() == before);
}

#[test]
fn what_never_was_sealed_is_not_touched() {
    let tree = model();
    tree.write("linked.txt", "linked");
    tree.link("linked.txt", "link.txt");
    let before = tree.contents();
    let report = change(&tree.model(), |root| {
        for name in ["config.json", "linked.txt", "link.txt"] {
            fs::write(root.join(name), "changed").unwrap();
        }
    });
    assert_eq!(lines(&report), [""; 0]);
    assert!(tree.contents() == before);
    let told = notices(&report);
    assert!(["`config.json`", "`linked.txt`", "`link.txt`"].iter().all(|name| told.contains(name)), "{told}");
}

#[test]
fn name_mode_and_owner_stay_those_of_the_sealed_file() {
    let tree = Tree::new(&[("a.bin", "a")]);
    fs::set_permissions(tree.path("a.bin"), fs::Permissions::from_mode(0o640)).unwrap();
    encrypt(&tree.model(), &raw_key(1));
    let owned = std::os::unix::fs::chown(tree.path("a.bin.enc"), Some(54_321), Some(54_322)).is_ok();
    let before = fs::metadata(tree.path("a.bin.enc")).unwrap();
    change(&tree.model(), |root| fs::write(root.join("a.bin"), "changed").unwrap());
    let after = fs::metadata(tree.path("a.bin.enc")).unwrap();
    assert_eq!((before.mode(), before.uid(), before.gid()), (after.mode(), after.uid(), after.gid()));
    assert!(!owned || after.uid() == 54_321);
    let reader = Opener::open(&tree.path("a.bin.enc")).unwrap().unlock(&raw_key(1)).unwrap();
    assert_eq!(reader.metadata().mode.map(|mode| mode & 0o7777), Some(0o640));
    assert_eq!(reader.metadata().name.as_deref(), Some(&b"a.bin"[..]));
    assert_eq!(mode(&tree.path("a.bin.enc")) & 0o7777, before.mode() & 0o7777);
}

/// Under another name in the tree a file keeps the one that was sealed.
#[test]
fn a_blob_of_a_cache_goes_back_under_its_own_name() {
    let tree = sealed_cache();
    let report = change(&tree.file("snapshots/rev"), |root| {
        fs::write(root.join("1.safetensors"), "trained").unwrap();
    });
    assert_eq!(report.failures().count(), 0, "{report:?}");
    let guard = crate::guarded::open(&tree.file("snapshots/rev"), &Place::Memfd);
    assert_eq!(fs::read(guard.path().join("1.safetensors")).unwrap(), b"trained");
    assert!(tree.path("snapshots/rev/1.safetensors.enc").symlink_metadata().unwrap().is_symlink());
}

#[test]
fn what_was_asked_for_when_it_was_sealed_holds_on() {
    use modelcrypt::envelope::ChecksumPolicy;
    let tree = Tree::new(&[("a.bin", "a")]);
    let mut options: EncryptOptions = encrypt_options();
    options.checksum = ChecksumPolicy::Both;
    options.publish_sha256 = true;
    tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap();
    let since = metadata(&tree).key_since;
    change(&tree.model(), |root| fs::write(root.join("a.bin"), "changed").unwrap());
    let after = metadata(&tree);
    assert_eq!(after.checksum, ChecksumPolicy::Both);
    assert_eq!(after.key_since, since, "the master key is as old as it was");
    let sidecar = String::from_utf8(tree.read("a.bin.enc.json")).unwrap();
    assert!(sidecar.contains("payload_sha256") && sidecar.contains("\"plaintext_sha256\""), "{sidecar}");
    assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 1);
}

fn metadata(tree: &Tree) -> modelcrypt::envelope::Metadata {
    Opener::open(&tree.path("a.bin.enc")).unwrap().unlock(&raw_key(1)).unwrap().metadata().clone()
}

#[test]
fn a_file_without_a_checksum_is_not_sealed_anew_for_nothing() {
    let tree = Tree::new(&[("a.bin", "a")]);
    let mut options: EncryptOptions = encrypt_options();
    options.checksum = modelcrypt::envelope::ChecksumPolicy::None;
    tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap();
    let before = tree.contents();
    let report = change(&tree.model(), |root| fs::write(root.join("a.bin"), "a").unwrap());
    assert_eq!(lines(&report), [""; 0]);
    assert!(tree.contents() == before);
}

#[test]
fn other_keys_that_opened_a_file_are_named_as_gone() {
    let tree = model();
    let mut options = crate::common::tree::rewrap_options();
    options.stages = modelcrypt::model::Stages::Add;
    tree.model().rewrap(&raw_key(1), &raw_key(2), &options, &Silent).unwrap();
    let report = change(&tree.model(), |root| fs::write(root.join("a.bin"), "changed").unwrap());
    assert!(notices(&report).contains("1 other key slots are gone"), "{:?}", notices(&report));
    let opens = |name: &str, key: &MasterKey| Opener::open(&tree.path(name)).unwrap().unlock(key).is_ok();
    assert!(opens("a.bin.enc", &raw_key(1)) && !opens("a.bin.enc", &raw_key(2)));
    assert!(opens("deep/b.bin.enc", &raw_key(2)));
}

#[test]
fn one_sealed_file_goes_back_by_itself() {
    let tree = model();
    let report = change(&tree.file("a.bin.enc"), |root| fs::write(root.join("a.bin"), "changed").unwrap());
    assert_all(&report, Outcome::Encrypted, 1);
    assert_eq!(held(&tree, "a.bin.enc"), b"changed");
    assert_eq!(held(&tree, "deep/b.bin.enc"), b"b");
}
