//! A shard that was changed, at any place: no name for it ever appears, and nothing stays.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use modelcrypt::guard::Access;
use modelcrypt::{ErrorKind, Place, Progress, TemporaryDecrypt};

use crate::common::tree::{Tree, encrypt};
use crate::common::{chunk_offsets, plaintext, raw_key};
use crate::guarded::{assert_refused, disk, is_empty, leases_of, memory, options};

const LEN: usize = 1_000_000;

/// Looks at the place whenever something is told.
struct Watcher<'a> {
    place: &'a Path,
    /// Names below the guards' directories that were seen.
    seen: Mutex<Vec<PathBuf>>,
    looks: AtomicU64,
}

impl Watcher<'_> {
    fn look(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let guards = fs::read_dir(self.place).unwrap().flatten();
        let roots = guards.flat_map(|guard| fs::read_dir(guard.path()).into_iter().flatten().flatten());
        let files = roots.flat_map(|root| fs::read_dir(root.path()).into_iter().flatten().flatten());
        self.seen.lock().unwrap().extend(files.map(|file| file.path()));
    }
}

impl Progress for Watcher<'_> {
    fn begin(&self, _: u64, _: u64) {
        self.look();
    }

    fn advance(&self, _: u64) {
        self.look();
    }

    fn file_finished(&self, _: &Path, _: &str, _: u64) {
        self.look();
    }
}

/// Where guards make their directories, of which others than ours are looked at too if it is a usual one.
fn watched(place: &Place) -> &Path {
    match place {
        Place::Tmpfs(Some(dir)) | Place::Disk(dir) => dir,
        _ => Path::new("/dev/shm"),
    }
}

fn open_watched(
    tree: &Tree,
    place: &Place,
    access: Access,
) -> (Option<TemporaryDecrypt>, ErrorKind, Vec<String>) {
    let dir = watched(place);
    let watcher = Watcher { place: dir, seen: Mutex::default(), looks: AtomicU64::new(0) };
    let opened = TemporaryDecrypt::open(&tree.model(), &raw_key(1), &options(place, access), &watcher);
    assert!(watcher.looks.load(Ordering::Relaxed) > 0 || opened.is_err());
    let own = tree.root().file_name().unwrap();
    let seen = watcher.seen.into_inner().unwrap();
    let seen = seen.iter().filter(|path| path.parent().unwrap().file_name() == Some(own));
    let names = seen.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    match opened {
        Ok(guard) => (Some(guard), ErrorKind::Io, names),
        Err(error) => (None, modelcrypt::Error::from(error).kind(), names),
    }
}

fn model() -> Tree {
    let tree = Tree::new(&[]);
    tree.write("1.bin", plaintext(LEN));
    tree.write("2.bin", plaintext(LEN));
    encrypt(&tree.model(), &raw_key(1));
    tree
}

/// The watch is no good unless it sees the names of a model that is whole.
#[test]
fn the_watch_sees_the_names_of_whole_files() {
    let tree = model();
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        let (guard, _, names) = open_watched(&tree, &place, Access::Read);
        assert!(guard.is_some() && names.iter().any(|name| name == "2.bin"), "{place:?}: {names:?}");
    }
}

#[test]
fn no_name_appears_for_a_shard_with_a_changed_chunk() {
    let offsets = chunk_offsets(LEN);
    let places =
        [offsets[0], offsets[offsets.len() / 2], offsets[offsets.len() - 2], offsets[offsets.len() - 1] - 1];
    for at in places {
        let tree = model();
        tree.flip("2.bin.enc", at);
        assert_never_named(&tree, at);
    }
}

#[test]
fn no_name_appears_for_a_shard_with_a_changed_header() {
    for at in [0, 100, 8000, 16_384, 16_400] {
        let tree = model();
        tree.flip("2.bin.enc", at);
        if at < 8192 {
            // One copy damaged is healed by the other.
            tree.flip("2.bin.enc", 8192 + at);
        }
        assert_never_named(&tree, at);
    }
}

#[test]
fn no_name_appears_for_a_shard_that_was_cut_or_has_grown() {
    for len in [0, 100, 16_384, chunk_offsets(LEN)[5], chunk_offsets(LEN)[61] + 1] {
        let tree = model();
        let bytes = tree.read("2.bin.enc");
        tree.write("2.bin.enc", &bytes[..len]);
        assert_never_named(&tree, len);
    }
    let tree = model();
    let mut bytes = tree.read("2.bin.enc");
    bytes.push(0);
    tree.write("2.bin.enc", bytes);
    assert_never_named(&tree, 0);
}

#[track_caller]
fn assert_never_named(tree: &Tree, at: usize) {
    let (in_memory, on_disk) = (memory(), disk());
    for (place, access) in [
        (&Place::Memfd, Access::Read),
        (&in_memory.1, Access::Read),
        (&in_memory.1, Access::Write),
        (&on_disk.1, Access::Read),
    ] {
        let (guard, kind, names) = open_watched(tree, place, access);
        assert!(guard.is_none(), "{at} in {place:?}");
        let kinds = [ErrorKind::Tampered, ErrorKind::Truncated, ErrorKind::Unsupported];
        assert!(kinds.contains(&kind), "{at} in {place:?}: {kind:?}");
        assert!(!names.iter().any(|name| name == "2.bin"), "{at} in {place:?}: {names:?}");
        assert!(is_empty(in_memory.0.path()) && is_empty(on_disk.0.path()), "{at} in {place:?}");
        assert!(leases_of(tree).is_empty(), "{at}");
    }
}

/// Stops at the first group that was gone over.
struct Impatient(AtomicBool);

impl Progress for Impatient {
    fn advance(&self, _: u64) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn who_stops_half_way_leaves_nothing() {
    let tree = model();
    let (in_memory, on_disk) = (memory(), disk());
    for place in [&Place::Memfd, &in_memory.1, &on_disk.1] {
        let impatient = Impatient(AtomicBool::new(false));
        let opened =
            TemporaryDecrypt::open(&tree.model(), &raw_key(1), &options(place, Access::Read), &impatient);
        let told = assert_refused(opened, ErrorKind::Io);
        assert!(told.contains("interrupted"), "{told}");
        assert!(is_empty(in_memory.0.path()) && is_empty(on_disk.0.path()), "{place:?}");
        assert!(leases_of(&tree).is_empty());
    }
}
