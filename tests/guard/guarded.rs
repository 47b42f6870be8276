//! Guards as the tests open them, and what must be left of them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use modelcrypt::guard::{Access, Error, GuardOptions};
use modelcrypt::model::{EncryptOptions, LoadOptions};
use modelcrypt::{ErrorKind, ModelDir, Place, Silent, TemporaryDecrypt};

use crate::common::raw_key;
use crate::common::tree::{Tree, encrypt, encrypt_options};

/// Where memory is.
pub(crate) const MEMORY: &str = "/dev/shm";

/// A tree whose model files are sealed under the first key.
pub(crate) fn sealed(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new(files);
    encrypt(&tree.model(), &raw_key(1));
    tree
}

/// A cache of one model, as a hub's client lays it out: two shards, of which each has its blob.
pub(crate) fn sealed_cache() -> Tree {
    let [first, second, config] = CACHE_BLOBS;
    let tree = Tree::new(&[(first, "first"), (second, "second"), (config, "{}")]);
    for (link, blob) in [("1.safetensors", first), ("2.safetensors", second), ("config.json", config)] {
        tree.link(format!("../../{blob}"), &format!("snapshots/rev/{link}"));
    }
    let mut options: EncryptOptions = encrypt_options();
    options.follow = true;
    let report = tree.model().encrypt(&raw_key(1), &options, &Silent).unwrap();
    assert_eq!(report.failures().count(), 0, "{report:?}");
    tree
}

/// Named as the client does: by SHA-256 where the hub keeps large files, by SHA-1 elsewhere.
pub(crate) const CACHE_BLOBS: [&str; 3] = [
    "blobs/1111111111111111111111111111111111111111111111111111111111111111",
    "blobs/2222222222222222222222222222222222222222222222222222222222222222",
    "blobs/3333333333333333333333333333333333333333",
];

pub(crate) fn options(place: &Place, access: Access) -> GuardOptions {
    let mut options = GuardOptions::default();
    options.place = place.clone();
    options.access = access;
    options
}

/// Opened for reading under the first key.
pub(crate) fn try_open(model: &ModelDir, place: &Place) -> Result<TemporaryDecrypt, Error> {
    TemporaryDecrypt::open(model, &raw_key(1), &options(place, Access::Read), &Silent)
}

pub(crate) fn open(model: &ModelDir, place: &Place) -> TemporaryDecrypt {
    try_open(model, place).unwrap()
}

/// The same with something let pass.
pub(crate) fn open_letting(
    model: &ModelDir,
    pass: impl FnOnce(&mut LoadOptions),
) -> Result<TemporaryDecrypt, Error> {
    let mut options = GuardOptions::default();
    pass(&mut options.load);
    TemporaryDecrypt::open(model, &raw_key(1), &options, &Silent)
}

/// A directory of its own in memory, for guards whose leftovers are looked for: others use the usual places.
pub(crate) fn memory() -> (tempfile::TempDir, Place) {
    let dir = tempfile::tempdir_in(MEMORY).unwrap();
    let place = Place::Tmpfs(Some(dir.path().to_owned()));
    (dir, place)
}

/// The same on a disk, or what passes for one here.
pub(crate) fn disk() -> (tempfile::TempDir, Place) {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::Disk(dir.path().to_owned());
    (dir, place)
}

/// Fails unless opening is refused for this reason, and gives the words.
#[track_caller]
pub(crate) fn assert_refused(opened: Result<TemporaryDecrypt, Error>, kind: ErrorKind) -> String {
    let Err(error) = opened else { panic!("it was opened") };
    let told = error.to_string();
    assert_eq!(modelcrypt::Error::from(error).kind(), kind, "{told}");
    told
}

/// The directory of which the guard's own is the only one.
pub(crate) fn lease_of(guard: &TemporaryDecrypt) -> PathBuf {
    guard.path().parent().unwrap().to_owned()
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

pub(crate) fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).unwrap().next().is_none()
}

/// The directories of guards on `tree` that stand where guards are made unless a place is named.
pub(crate) fn leases_of(tree: &Tree) -> Vec<PathBuf> {
    let own = tree.root().file_name().unwrap();
    let found =
        [MEMORY, "/tmp"].into_iter().flat_map(|dir| fs::read_dir(dir).into_iter().flatten().flatten());
    let is_lease = |name: &str| name.starts_with("modelcrypt-guard-") || name.starts_with("modelcrypt-kept-");
    found
        .filter(|entry| is_lease(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .filter(|dir| dir.join(own).symlink_metadata().is_ok())
        .collect()
}
