//! What dead guards leave is removed, what the living hold is not, and nothing else is touched.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use modelcrypt::Place;
use modelcrypt::guard::{Access, WriteBack, sweep};
use modelcrypt::{Silent, TemporaryDecrypt};

use crate::common::raw_key;
use crate::common::tree::{Tree, contents_of};
use crate::guarded::{disk, is_empty, lease_of, memory, open, options, sealed};

const NAME: &str = "modelcrypt-guard-0123456789abcdef";

/// What a guard leaves whose process is killed: links, or plaintexts.
fn leave(place: &Path, name: &str) -> PathBuf {
    // Others sweep, too: it has its name when it is whole.
    let lease = place.join(format!("{name}-is-being-made"));
    fs::create_dir_all(lease.join("model/deep")).unwrap();
    fs::set_permissions(&lease, Permissions::from_mode(0o700)).unwrap();
    symlink("/proc/4194304/fd/7", lease.join("model/a.bin")).unwrap();
    fs::write(lease.join("model/deep/b.bin"), "plaintext").unwrap();
    fs::write(lease.join("model/deep/.modelcrypt-tmp-00112233445566ff"), "plain").unwrap();
    fs::set_permissions(lease.join("model/deep/b.bin"), Permissions::from_mode(0o400)).unwrap();
    fs::rename(lease, place.join(name)).unwrap();
    place.join(name)
}

#[test]
fn the_next_guard_removes_what_dead_ones_have_left() {
    let tree = sealed(&[("a.bin", "a")]);
    for (dir, place) in [memory(), disk()] {
        let left = [leave(dir.path(), NAME), leave(dir.path(), "modelcrypt-guard-ffffffffffffffff")];
        let guard = open(&tree.model(), &place);
        assert!(left.iter().all(|left| !left.exists()));
        guard.close().unwrap();
        assert!(is_empty(dir.path()));
    }
}

#[test]
fn a_guard_in_memory_files_removes_what_others_have_left_in_memory() {
    let tree = sealed(&[("a.bin", "a")]);
    let left = leave(Path::new("/dev/shm"), &unique_name());
    drop(open(&tree.model(), &Place::Memfd));
    assert!(!left.exists());
}

/// Named so that tests that run beside this one leave one another's alone.
fn unique_name() -> String {
    format!("modelcrypt-guard-{:016x}", std::process::id())
}

#[test]
fn a_sweep_removes_the_dead_and_leaves_the_living() {
    let tree = sealed(&[("a.bin", "a")]);
    for (dir, place) in [memory(), disk()] {
        let living = open(&tree.model(), &place);
        let left = leave(dir.path(), NAME);
        let removed = sweep(&[dir.path().to_owned()]).unwrap();
        assert!(removed.contains(&left) && !removed.contains(&lease_of(&living)), "{removed:?}");
        assert!(!left.exists());
        assert_eq!(fs::read(living.path().join("a.bin")).unwrap(), b"a");
        living.close().unwrap();
    }
}

#[test]
fn a_directory_that_is_held_is_not_touched() {
    let (dir, _) = memory();
    let left = leave(dir.path(), NAME);
    let held = File::open(&left).unwrap();
    held.lock().unwrap();
    let before = contents_of(dir.path());
    assert!(!sweep(&[dir.path().to_owned()]).unwrap().contains(&left));
    assert_eq!(contents_of(dir.path()), before);
    drop(held);
    assert!(sweep(&[dir.path().to_owned()]).unwrap().contains(&left));
}

#[test]
fn what_only_looks_like_a_guards_directory_is_not_touched() {
    let (dir, _) = memory();
    let outside = Tree::new(&[("precious", "p")]);
    let names = [
        "modelcrypt-guard-",
        "modelcrypt-guard-0123456789abcde",
        "modelcrypt-guard-0123456789abcdef0",
        "modelcrypt-guard-0123456789ABCDEF",
        "modelcrypt-guard-0123456789abcdeg",
        "x-modelcrypt-guard-0123456789abcdef",
        "modelcrypt-kept-0123456789abcdef",
    ];
    for name in names {
        leave(dir.path(), name);
    }
    fs::write(dir.path().join("modelcrypt-guard-0000000000000001"), "a file").unwrap();
    symlink(outside.root(), dir.path().join("modelcrypt-guard-0000000000000002")).unwrap();
    symlink("nowhere", dir.path().join("modelcrypt-guard-0000000000000003")).unwrap();
    fs::create_dir(dir.path().join("below")).unwrap();
    leave(&dir.path().join("below"), NAME);
    let before = contents_of(dir.path());
    assert!(!sweep(&[dir.path().to_owned()]).unwrap().iter().any(|path| path.starts_with(dir.path())));
    assert_eq!(contents_of(dir.path()), before);
    assert_eq!(outside.names(), ["precious"]);
}

/// Others may rename a directory of ours into their own: it is not ours to empty then.
#[test]
fn a_directory_that_others_may_enter_is_not_touched() {
    let (dir, _) = memory();
    let left = leave(dir.path(), NAME);
    for mode in [0o755, 0o710, 0o701, 0o770] {
        fs::set_permissions(&left, Permissions::from_mode(mode)).unwrap();
        assert!(!sweep(&[dir.path().to_owned()]).unwrap().contains(&left), "{mode:o}");
    }
    assert!(left.join("model/deep/b.bin").exists());
}

#[test]
fn another_users_directory_is_not_touched() {
    let (dir, place) = memory();
    let left = leave(dir.path(), NAME);
    if chown(&left, Some(54_321), Some(54_321)).is_err() {
        crate::skip::skip_without_root("a file cannot be given to somebody else here");
        return;
    }
    let before = contents_of(dir.path());
    assert!(!sweep(&[dir.path().to_owned()]).unwrap().contains(&left));
    drop(open(&sealed(&[("a.bin", "a")]).model(), &place));
    assert_eq!(contents_of(dir.path()), before);
}

#[test]
fn links_inside_are_removed_and_never_followed() {
    let outside = Tree::new(&[("precious", "p"), ("dir/precious", "p")]);
    for (dir, place) in [memory(), disk()] {
        let left = leave(dir.path(), NAME);
        symlink(outside.path("precious"), left.join("model/file")).unwrap();
        symlink(outside.path("dir"), left.join("model/dir")).unwrap();
        symlink(outside.root(), left.join("link")).unwrap();
        symlink("..", left.join("model/up")).unwrap();
        drop(open(&sealed(&[("a.bin", "a")]).model(), &place));
        assert!(is_empty(dir.path()));
    }
    assert_eq!(outside.names(), ["dir/precious", "precious"]);
}

#[test]
fn what_a_program_has_closed_is_removed_too() {
    let (dir, _) = memory();
    let left = leave(dir.path(), NAME);
    for closed in ["model/deep", "model"] {
        fs::set_permissions(left.join(closed), Permissions::from_mode(0o000)).unwrap();
    }
    assert!(sweep(&[dir.path().to_owned()]).unwrap().contains(&left));
    assert!(is_empty(dir.path()));
}

#[test]
fn what_was_kept_is_not_swept() {
    let tree = sealed(&[("a.bin", "a")]);
    let (dir, place) = memory();
    let guard =
        TemporaryDecrypt::open(&tree.model(), &raw_key(1), &options(&place, Access::Write), &Silent).unwrap();
    fs::write(guard.path().join("a.bin"), "changed").unwrap();
    let kept = match guard.close_with(WriteBack::Keep, &Silent) {
        Err(modelcrypt::guard::Error::Kept { path, .. }) => path,
        other => panic!("{other:?}"),
    };
    assert!(!sweep(&[dir.path().to_owned()]).unwrap().iter().any(|path| kept.starts_with(path)));
    drop(open(&tree.model(), &place));
    assert_eq!(fs::read(kept.join("a.bin")).unwrap(), b"changed");
}

/// A process that was forked off, like a worker of a pool, drops its copy and ends before its parent.
#[test]
fn a_process_that_was_forked_off_removes_nothing() {
    #![allow(unsafe_code, reason = "there is no other way to drop something between fork and exec")]
    use std::os::unix::process::CommandExt;
    let tree = sealed(&[("a.bin", "a")]);
    let (dir, place) = memory();
    for place in [Place::Memfd, place] {
        let mut guard = Some(open(&tree.model(), &place));
        let path = guard.as_ref().unwrap().path().to_owned();
        let mut command = std::process::Command::new("true");
        // SAFETY: what is dropped closes files and frees memory; no other thread of this test allocates for
        // longer than a moment, and glibc makes its allocator usable after a fork.
        unsafe {
            command.pre_exec(move || {
                drop(guard.take());
                Ok(())
            });
        }
        assert!(command.status().unwrap().success());
        assert_eq!(fs::read(path.join("a.bin")).unwrap(), b"a", "{place:?}");
        drop(command);
        assert!(!path.exists(), "the parent's own copy removes it");
    }
    assert!(is_empty(dir.path()));
}
