//! Readers of a file that is being rewrapped: each finds a whole header, with no lock taken.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs::OpenOptions;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{plaintext, raw_key, seal};
use modelcrypt::Opener;
use modelcrypt::base::ReadAt;
use modelcrypt::envelope::HeaderEditor;
use tempfile::TempDir;

#[test]
fn readers_never_fail_while_a_rewrap_runs() {
    let (dir, key, whole) = (TempDir::new().unwrap(), raw_key(1), plaintext(20_000));
    let path = dir.path().join("model.bin.enc");
    std::fs::write(&path, seal(&key, &whole)).unwrap();
    let done = AtomicBool::new(false);
    let (opened, generation) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut opened, mut generation) = (0, 0);
            while !done.load(Ordering::Relaxed) || opened == 0 {
                let reader = Opener::open(&path).unwrap().unlock(&raw_key(1)).unwrap();
                let mut read = vec![0; whole.len()];
                reader.read_exact_at(&mut read, 0).unwrap();
                assert_eq!(read, whole);
                assert!(reader.header().generation >= generation, "the header went back");
                (opened, generation) = (opened + 1, reader.header().generation);
            }
            (opened, generation)
        });
        let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut editor = HeaderEditor::unlock(&file, &[&key]).unwrap();
        for _ in 0..200 {
            let (slots, metadata) = (editor.header().slots.clone(), editor.metadata().clone());
            editor.write(&slots, metadata).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(opened > 0 && generation <= 201, "{opened} readers, generation {generation}");
}
