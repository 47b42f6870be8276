//! A disk that is full or broken: sealing and opening end with an error, and an unfinished file never opens.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::io::{self, Write};
use std::sync::Mutex;

use common::{MemoryFile, chunk_offsets, kind, open, plaintext, raw_key, seal};
use modelcrypt::base::{Progress, ReadAt, Silent, WriteAt};
use modelcrypt::envelope::Source;
use modelcrypt::format::limits::HEADER_COPY_LEN;
use modelcrypt::format::{CopyName, PairState};
use modelcrypt::{ErrorKind, Opener, Sealer};

/// Three groups of chunks: as many writes, and three more for the payload's prefix and the header copies.
const LEN: usize = 600_000;
const WRITES: usize = 6;

#[test]
fn an_unfinished_file_never_opens() {
    let key = raw_key(1);
    for fault in FAULTS {
        for at in 0.. {
            let disk = Faulty::new(fault, at);
            let whole = plaintext(LEN);
            let about = Source { plaintext_len: LEN as u64, ..Source::default() };
            let outcome = Sealer::new(&key).unwrap().seal(&whole.as_slice(), about, &disk, &Silent);
            let opened = open(&key, &disk.file.bytes());
            if outcome.is_ok() {
                // No fault, or one that is none: a write that took only some of the bytes goes on.
                assert_eq!(opened.unwrap(), (whole, PairState::Identical));
                assert!(
                    at == WRITES || matches!(fault, Fault::Short | Fault::Interrupted),
                    "{fault:?} at {at}"
                );
            } else {
                assert_eq!(kind(outcome), Some(ErrorKind::Io), "{fault:?} at {at}");
                match at {
                    // All was there but for the second copy of the header.
                    5 => assert_eq!(opened.unwrap(), (whole, PairState::Damaged(CopyName::B))),
                    _ => assert!(opened.is_err(), "{fault:?} at {at}"),
                }
            }
            if at == WRITES {
                break;
            }
        }
    }
}

#[test]
fn a_full_disk_ends_an_opening_with_its_error() {
    let (key, whole) = (raw_key(1), plaintext(LEN));
    let sealed = seal(&key, &whole);
    let reader = Opener::new(&sealed[..], sealed.len() as u64).unwrap().unlock(&key).unwrap();
    for fault in FAULTS {
        for at in 0..4 {
            let disk = Faulty::new(fault, at);
            let outcome = reader.open_into(&disk, &Silent);
            if matches!(fault, Fault::Short | Fault::Interrupted) || at == 3 {
                outcome.unwrap();
                assert_eq!(disk.file.bytes(), whole);
            } else {
                assert_eq!(kind(outcome), Some(ErrorKind::Io), "{fault:?} at {at}");
            }
        }
    }
}

#[test]
fn a_closed_pipe_ends_a_stream_with_its_error() {
    struct Pipe(usize);
    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (key, whole) = (raw_key(1), plaintext(40_000));
    let sealed = seal(&key, &whole);
    for room in [0, 1, HEADER_COPY_LEN, 16_383, 16_384, 16_385, 20_000, 39_999] {
        let outcome = Sealer::new(&key).unwrap().seal_stream(&mut &whole[..], &mut Pipe(room), &Silent);
        assert_eq!(kind(outcome), Some(ErrorKind::Io), "room for {room} bytes");
        let outcome = modelcrypt::envelope::open_stream(&key, &mut &sealed[..], &mut Pipe(room), &Silent);
        assert_eq!(kind(outcome), Some(ErrorKind::Io), "room for {room} bytes");
    }
}

#[test]
fn a_source_that_shrinks_or_cannot_be_read_is_not_sealed() {
    struct Unreadable(u64);
    impl ReadAt for Unreadable {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            if offset < self.0 {
                return Ok(buffer.len());
            }
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let key = raw_key(1);
    let about = || Source { plaintext_len: LEN as u64, ..Source::default() };
    let sealer = Sealer::new(&key).unwrap();
    for len in [0, 1, 16_384, LEN - 1] {
        let file = MemoryFile::default();
        let outcome = sealer.seal(&plaintext(len).as_slice(), about(), &file, &Silent);
        assert_eq!(kind(outcome), Some(ErrorKind::Io));
        assert!(open(&key, &file.bytes()).is_err());
    }
    for readable in [0, 16 * 16_384] {
        let file = MemoryFile::default();
        let outcome = sealer.seal(&Unreadable(readable), about(), &file, &Silent);
        assert_eq!(kind(outcome), Some(ErrorKind::PermissionDenied));
        assert!(open(&key, &file.bytes()).is_err());
    }
}

#[test]
fn a_source_that_grows_is_sealed_as_long_as_it_was() {
    let (key, file) = (raw_key(1), MemoryFile::default());
    let about = Source { plaintext_len: 40_000, ..Source::default() };
    Sealer::new(&key).unwrap().seal(&plaintext(50_000).as_slice(), about, &file, &Silent).unwrap();
    assert_eq!(open(&key, &file.bytes()).unwrap().0, plaintext(40_000));
}

#[test]
fn a_cancelled_run_leaves_nothing_that_opens() {
    struct Cancelled;
    impl Progress for Cancelled {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let (key, whole, file) = (raw_key(1), plaintext(LEN), MemoryFile::default());
    let about = Source { plaintext_len: LEN as u64, ..Source::default() };
    let under = || Sealer::new(&key).unwrap();
    assert!(under().seal(&whole.as_slice(), about, &file, &Cancelled).is_err());
    assert!(open(&key, &file.bytes()).is_err());
    assert!(under().seal_stream(&mut &whole[..], &mut Vec::new(), &Cancelled).is_err());
    let sealed = seal(&key, &whole);
    let reader = Opener::new(&sealed[..], sealed.len() as u64).unwrap().unlock(&key).unwrap();
    assert!(reader.open_into(&MemoryFile::default(), &Cancelled).is_err());
    assert!(reader.verify(&Cancelled).is_err());
}

#[test]
fn no_byte_of_a_changed_chunk_reaches_the_sink() {
    let (key, whole) = (raw_key(1), plaintext(LEN));
    let offsets = chunk_offsets(LEN);
    for chunk in 0..offsets.len() - 2 {
        let mut sealed = seal(&key, &whole);
        sealed[offsets[chunk] + 7] ^= 1;
        let reader = Opener::new(&sealed[..], sealed.len() as u64).unwrap().unlock(&key).unwrap();
        let sink = MemoryFile::default();
        assert_eq!(kind(reader.open_into(&sink, &Silent)), Some(ErrorKind::Tampered));
        assert_eq!(kind(reader.verify(&Silent)), Some(ErrorKind::Tampered));
        // What is there is either the plaintext or a hole.
        let group = chunk / 16 * 16 * 16_384;
        for (at, (&written, &right)) in sink.bytes().iter().zip(&whole).enumerate() {
            let in_bad_group = (group..group + 16 * 16_384).contains(&at);
            assert!(written == 0 || (written == right && !in_bad_group), "byte {at}, chunk {chunk}");
        }
    }
}

/// What a write may come to.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Half of the bytes, then no space is left.
    Full,
    /// An error of the medium.
    Broken,
    /// No byte and no error.
    Stuck,
    /// Some of the bytes; then it goes on.
    Short,
    /// A signal; then it goes on.
    Interrupted,
}

const FAULTS: [Fault; 5] = [Fault::Full, Fault::Broken, Fault::Stuck, Fault::Short, Fault::Interrupted];

/// A disk with a fault at one of its writes.
struct Faulty {
    file: MemoryFile,
    fault: Fault,
    writes_left: Mutex<Option<usize>>,
}

impl Faulty {
    fn new(fault: Fault, at: usize) -> Self {
        Self { file: MemoryFile::default(), fault, writes_left: Mutex::new(Some(at)) }
    }
}

impl WriteAt for Faulty {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut left = self.writes_left.lock().unwrap();
        match *left {
            Some(0) => *left = None,
            other => {
                *left = other.map(|left| left - 1);
                return self.file.write_at(bytes, offset);
            }
        }
        match self.fault {
            Fault::Full => {
                self.file.write_at(&bytes[..bytes.len() / 2], offset)?;
                Err(io::ErrorKind::StorageFull.into())
            }
            Fault::Broken => Err(io::Error::other("the medium is broken")),
            Fault::Stuck => Ok(0),
            Fault::Short => self.file.write_at(&bytes[..bytes.len().div_ceil(3)], offset),
            Fault::Interrupted => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}
