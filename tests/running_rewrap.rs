//! Readers of a file that is being rewrapped: each finds a whole header, with no lock taken.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs::OpenOptions;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{plaintext, raw_key, seal};
use modelcrypt::Opener;
use modelcrypt::base::ReadAt;
use modelcrypt::envelope::HeaderEditor;
use modelcrypt::format::PairState;
use tempfile::TempDir;

#[test]
fn readers_never_fail_while_a_rewrap_runs() {
    let (dir, key, whole) = (TempDir::new().unwrap(), raw_key(1), plaintext(20_000));
    let path = dir.path().join("model.bin.enc");
    std::fs::write(&path, seal(&key, &whole)).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
            let mut editor = HeaderEditor::unlock(&file, &[&key]).unwrap();
            let start = Instant::now();
            // A busy disk takes its time for each sync.
            while editor.header().generation < 200 && start.elapsed() < Duration::from_secs(2) {
                let (slots, metadata) = (editor.header().slots.clone(), editor.metadata().clone());
                editor.write(&slots, metadata).unwrap();
            }
        });
        let mut generation = 1;
        while !writer.is_finished() {
            let reader = Opener::open(&path).unwrap().unlock(&key).unwrap();
            let mut read = vec![0; whole.len()];
            reader.read_exact_at(&mut read, 0).unwrap();
            assert_eq!(read, whole);
            assert!(reader.header().generation >= generation, "the header went back");
            generation = reader.header().generation;
        }
    });
}

#[test]
fn a_copy_that_is_being_written_is_looked_at_again() {
    struct Settling<'a> {
        torn: &'a [u8],
        whole: &'a [u8],
        torn_reads_left: AtomicUsize,
    }
    impl ReadAt for Settling<'_> {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let one_less = |left: usize| left.checked_sub(1);
            let was_left = self.torn_reads_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
            if was_left.is_ok() { self.torn } else { self.whole }.read_at(buffer, offset)
        }
    }
    let whole = seal(&raw_key(1), b"abc");
    for damage in [&[100][..], &[9000], &[100, 9000]] {
        let mut torn = whole.clone();
        for &at in damage {
            torn[at] ^= 1;
        }
        for torn_reads in 1..=2 {
            let source = Settling { torn: &torn, whole: &whole, torn_reads_left: torn_reads.into() };
            assert_eq!(Opener::new(source, whole.len() as u64).unwrap().state(), PairState::Identical);
        }
    }
}
