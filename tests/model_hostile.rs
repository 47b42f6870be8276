//! Trees that change, or were made, to do harm.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Once;

use common::raw_key;
use common::tree::{Tree, assert_all, encrypt, encrypt_options, lines, rewrap, rewrap_options, verify};
use modelcrypt::model::{Error, Outcome, Selection};
use modelcrypt::{ErrorKind, Progress};

/// Puts a link in the place of a directory when the first file is finished.
struct Swap {
    dir: PathBuf,
    elsewhere: PathBuf,
    once: Once,
}

impl Progress for Swap {
    fn file_finished(&self, _: &Path, _: &str, _: u64) {
        self.once.call_once(|| {
            fs::rename(&self.dir, self.dir.with_extension("old")).unwrap();
            symlink(&self.elsewhere, &self.dir).unwrap();
        });
    }
}

#[test]
fn a_directory_that_becomes_a_link_is_not_followed() {
    let outside = Tree::new(&[("x.bin", "not of this model")]);
    let tree = Tree::new(&[("a.bin", "first"), ("z/x.bin", "second")]);
    let swap = Swap { dir: tree.path("z"), elsewhere: outside.root().to_owned(), once: Once::new() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let encrypt = || tree.model().encrypt(&raw_key(1), &encrypt_options(), &swap).unwrap();
    let report = pool.install(encrypt);
    let failures: Vec<_> = report.failures().collect();
    assert!(matches!(failures[..], [(_, Error::Moved(_))]), "{:?}", lines(&report));
    assert_eq!(outside.names(), ["x.bin"]);
    assert_eq!(tree.read("z.old/x.bin"), b"second");
}

#[test]
fn a_key_is_never_sealed_under_itself() {
    let key = raw_key(1);
    let text = key.to_text().unwrap();
    let tree = Tree::new(&[("a.bin", "a")]);
    tree.write("master.key", text.expose());
    let all = Selection { all: true, ..Selection::default() };
    let report = encrypt(&tree.model().selection(all), &key);
    assert!(lines(&report).contains(&"a.bin: encrypted".to_owned()), "{:?}", lines(&report));
    assert!(tree.exists("master.key") && !tree.exists("master.key.enc"));
}

#[test]
fn a_rewrap_writes_nothing_where_one_payload_has_lost_its_end() {
    let tree = Tree::new(&[("a.bin", "a"), ("b.bin", "b")]);
    assert_all(&encrypt(&tree.model(), &raw_key(1)), Outcome::Encrypted, 2);
    let end = tree.read("b.bin.enc").len() - 1;
    tree.flip("b.bin.enc", end);
    let before = tree.contents();
    let report = rewrap(&tree.model(), &raw_key(1), &raw_key(2));
    let kinds: Vec<_> = report.failures().map(|(_, error)| ErrorKind::of(error)).collect();
    assert_eq!(kinds, [ErrorKind::Io, ErrorKind::Tampered], "{:?}", lines(&report));
    assert_eq!(tree.contents(), before);
}

#[test]
fn a_configuration_in_a_download_hides_no_sealed_file_from_a_change_of_keys() {
    let tree = Tree::new(&[("a.bin", "a")]);
    assert_all(&encrypt(&tree.model(), &raw_key(1)), Outcome::Encrypted, 1);
    tree.write(".modelcrypt.toml", "exclude = [\"*\"]\npatterns = []\n");
    assert_all(&verify(&tree.model(), &raw_key(1)), Outcome::Verified, 1);
    let options = rewrap_options();
    let report = tree.model().rewrap(&raw_key(1), &raw_key(2), &options, &modelcrypt::Silent).unwrap();
    assert_all(&report, Outcome::Rewrapped, 1);
}
