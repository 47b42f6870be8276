//! Sealed files come back as they were: whole, as streams, in slices, by the right key only.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs::File;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use common::{MemoryFile, kind, open, open_stream, passphrase, plaintext, raw_key, seal, seal_stream};
use modelcrypt::base::{Clock, ReadAt, Silent};
use modelcrypt::crypto::{Backend, sha256};
use modelcrypt::envelope::{ChecksumPolicy, Sealed, Source, Verified};
use modelcrypt::format::limits::MIN_WRITER_ITERATIONS;
use modelcrypt::format::{PairState, SlotKind};
use modelcrypt::{ErrorKind, MasterKey, Opener, SealedReader, Sealer, open_bytes, seal_bytes};
use proptest::prelude::*;
use tempfile::TempDir;

/// Around the ends of chunks and of groups of 16 chunks.
const LENGTHS: [usize; 10] =
    [0, 1, 16_383, 16_384, 16_385, 32_768, 16 * 16_384 - 1, 16 * 16_384, 16 * 16_384 + 1, 1_000_000];

#[test]
fn files_come_back_from_disk_whatever_their_length() {
    let dir = TempDir::new().unwrap();
    for key in [raw_key(1), passphrase("correct horse")] {
        for len in LENGTHS {
            let (path, sealed) = seal_on_disk(&dir, &key, &plaintext(len));
            assert_eq!(std::fs::metadata(&path).unwrap().len(), sealed.geometry.sealed_len());
            let reader = Opener::open(&path).unwrap().unlock(&key).unwrap();
            assert_eq!((reader.len(), reader.is_empty()), (len as u64, len == 0));
            assert_eq!((reader.state(), reader.header().generation), (PairState::Identical, 1));
            let opened = MemoryFile::default();
            reader.open_into(&opened, &Silent).unwrap();
            assert_eq!(opened.bytes(), plaintext(len), "{len} bytes");
        }
    }
}

#[test]
fn a_pass_over_a_file_finds_the_hashes_it_was_sealed_with() {
    let (dir, key) = (TempDir::new().unwrap(), raw_key(1));
    for len in LENGTHS {
        let (path, sealed) = seal_on_disk(&dir, &key, &plaintext(len));
        let payload_sha256 = sha256(&std::fs::read(&path).unwrap()[16_384..]);
        let verified = Opener::open(&path).unwrap().unlock(&key).unwrap().verify(&Silent).unwrap();
        assert_eq!(verified, Verified { plaintext_sha256: sha256(&plaintext(len)), payload_sha256 });
        assert_eq!(sealed.payload_sha256, Some(payload_sha256));
        assert_eq!(sealed.metadata.sha256, Some(verified.plaintext_sha256));
    }
}

#[test]
fn what_any_backend_sealed_is_opened() {
    let key = raw_key(1);
    let about = Source { plaintext_len: 40_000, ..Source::default() };
    for &backend in Backend::ALL {
        let file = MemoryFile::default();
        let sealer = Sealer::new(&key).unwrap().backend(backend);
        sealer.seal(&plaintext(40_000).as_slice(), about.clone(), &file, &Silent).unwrap();
        assert_eq!(open(&key, &file.bytes()).unwrap().0, plaintext(40_000), "{backend:?}");
    }
}

#[test]
fn what_is_known_of_a_file_is_sealed_with_it() {
    struct Noon;
    impl Clock for Noon {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + Duration::from_hours(12)
        }
    }
    let key = raw_key(1);
    let about = Source {
        plaintext_len: 3,
        name: Some(b"w\xff.bin".to_vec()),
        mode: Some(0o640),
        mtime_ns: Some(-1),
        key_since: None,
    };
    for (checksum, sealed_sha256) in
        [(ChecksumPolicy::None, None), (ChecksumPolicy::Plaintext, Some(sha256(b"abc")))]
    {
        let file = MemoryFile::default();
        let sealer = Sealer::new(&key).unwrap().checksum(checksum).clock(&Noon);
        let told = sealer.seal(&&b"abc"[..], about.clone(), &file, &Silent).unwrap();
        let reader = Opener::new(&file, told.geometry.sealed_len()).unwrap().unlock(&key).unwrap();
        let metadata = reader.metadata();
        assert_eq!(*metadata, told.metadata);
        assert_eq!((&metadata.name, metadata.mode), (&about.name, about.mode));
        assert_eq!((metadata.mtime_ns, metadata.sha256), (about.mtime_ns, sealed_sha256));
        assert_eq!((metadata.created.as_str(), metadata.checksum), ("1970-01-01T12:00:00Z", checksum));
        assert_eq!(metadata.key_since, metadata.created);
        assert_eq!(told.payload_sha256, None);
        assert!(reader.verify(&Silent).is_ok());
    }
}

#[test]
fn streams_come_back_as_streams_and_as_files() {
    for key in [raw_key(1), passphrase("correct horse")] {
        for len in LENGTHS {
            let sealed = seal_stream(&key, &plaintext(len));
            assert_eq!(open(&key, &sealed).unwrap(), (plaintext(len), PairState::Identical));
            for sealed in [sealed, seal(&key, &plaintext(len))] {
                let (outcome, opened) = open_stream(&key, &sealed);
                assert_eq!((outcome.unwrap(), opened), (len as u64, plaintext(len)));
            }
        }
    }
}

#[test]
fn a_stream_tells_nothing_that_it_cannot_know() {
    let key = raw_key(1);
    let sealed = seal_stream(&key, &plaintext(9));
    let reader = Opener::new(&sealed[..], sealed.len() as u64).unwrap().unlock(&key).unwrap();
    assert_eq!(reader.header().core.plaintext_len, None);
    let metadata = reader.metadata();
    assert_eq!(
        (&metadata.name, metadata.mode, metadata.mtime_ns, metadata.sha256),
        (&None, None, None, None)
    );
}

#[test]
fn bytes_come_back() {
    let key = raw_key(1);
    for len in LENGTHS {
        let sealed = seal_bytes(&key, &plaintext(len)).unwrap();
        assert_eq!(open_bytes(&key, &sealed).unwrap().expose(), plaintext(len));
    }
    assert_eq!(open_bytes(&key, &seal_stream(&key, b"piped")).unwrap().expose(), b"piped");
}

#[test]
fn no_other_key_opens() {
    let keys = [raw_key(1), raw_key(2), passphrase("one"), passphrase("two"), passphrase("one ")];
    for (right, key) in keys.iter().enumerate() {
        let sealed = seal(key, b"weights");
        for (given, key) in keys.iter().enumerate() {
            let opened = open(key, &sealed);
            if given == right {
                assert_eq!(opened.unwrap().0, b"weights");
            } else {
                assert_eq!(kind(opened), Some(ErrorKind::WrongKey));
                assert_eq!(kind(open_bytes(key, &sealed)), Some(ErrorKind::WrongKey));
                let (outcome, written) = open_stream(key, &sealed);
                assert_eq!((kind(outcome), written), (Some(ErrorKind::WrongKey), vec![]));
            }
        }
    }
}

#[test]
fn one_passphrase_is_derived_once_for_all_files_of_a_run() {
    let key = passphrase("correct horse");
    let sealer = Sealer::with_iterations(&key, MIN_WRITER_ITERATIONS).unwrap();
    let files: Vec<_> = (0..50).map(|_| MemoryFile::default()).collect();
    for file in &files {
        sealer.seal(&&b""[..], Source::default(), file, &Silent).unwrap();
    }
    assert_eq!(key.derivation_count(), 1);
    let reader = passphrase("correct horse");
    for file in &files {
        assert_eq!(open(&reader, &file.bytes()).unwrap().0, b"");
    }
    assert_eq!(reader.derivation_count(), 1);
}

#[test]
fn sealing_twice_gives_nothing_in_common() {
    let key = raw_key(1);
    let (one, two) = (seal(&key, &[0; 100]), seal(&key, &[0; 100]));
    let header = |sealed: &[u8]| Opener::new(sealed, sealed.len() as u64).unwrap().header().clone();
    let (a, b) = (header(&one), header(&two));
    assert_eq!(a.slots[0].kind(), SlotKind::RawKey);
    assert_ne!(a.core.file_id, b.core.file_id);
    assert_ne!(a.header_salt, b.header_salt);
    assert_ne!(a.slots[0].wrapping().unwrap().slot_salt, b.slots[0].wrapping().unwrap().slot_salt);
    assert!(one[16_384..].iter().zip(&two[16_384..]).filter(|(a, b)| a == b).count() < 20);
}

#[cfg(unix)]
#[test]
fn links_and_directories_are_not_opened() {
    let (dir, key) = (TempDir::new().unwrap(), raw_key(1));
    let (path, _) = seal_on_disk(&dir, &key, b"abc");
    let link = dir.path().join("link.enc");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(Opener::open(&link).is_err());
    assert!(Opener::open(dir.path()).is_err());
    assert_eq!(kind(Opener::open(&dir.path().join("none.enc"))), Some(ErrorKind::NotFound));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_slice_is_the_slice_of_the_plaintext(offset in 0..620_000_u64, len in 0..320_000_usize) {
        let (sealed, whole) = &*BIG;
        let mut read = vec![0xa5; len];
        let filled = sealed.read_full_at(&mut read, offset).unwrap();
        let start = whole.len().min(usize::try_from(offset).unwrap());
        let end = whole.len().min(start + len);
        prop_assert_eq!(&read[..filled], &whole[start..end]);
        prop_assert!(read[filled..].iter().all(|&byte| byte == 0xa5), "wrote behind the end");
    }

    #[test]
    fn small_slices_at_the_ends_of_chunks_are_right(chunk in 0..38_u64, before in 0..40_u64, len in 0..80_usize) {
        let (sealed, whole) = &*BIG;
        let offset = (chunk * 16_384).saturating_sub(before);
        let mut read = vec![0; len];
        let filled = sealed.read_full_at(&mut read, offset).unwrap();
        let start = whole.len().min(usize::try_from(offset).unwrap());
        prop_assert_eq!(&read[..filled], &whole[start..whole.len().min(start + len)]);
    }
}

#[test]
fn many_threads_read_at_once() {
    let (sealed, whole) = &*BIG;
    std::thread::scope(|scope| {
        for thread in 0..8_usize {
            scope.spawn(move || {
                for step in 0..50 {
                    let start = (thread * 70_001 + step * 9_973) % (whole.len() - 3000);
                    let mut read = [0; 3000];
                    sealed.read_exact_at(&mut read, start as u64).unwrap();
                    assert_eq!(read[..], whole[start..start + 3000]);
                }
            });
        }
    });
    assert_eq!(sealed.read_at(&mut [0; 10], u64::MAX).unwrap(), 0);
}

/// 37 chunks, more than two groups.
static BIG: LazyLock<(SealedReader<MemoryFile>, Vec<u8>)> = LazyLock::new(|| {
    let (key, whole) = (raw_key(1), plaintext(600_000));
    let sealed = seal(&key, &whole);
    let sealed_len = sealed.len() as u64;
    (Opener::new(MemoryFile::new(sealed), sealed_len).unwrap().unlock(&key).unwrap(), whole)
});

/// Seals a file by way of two files on disk.
fn seal_on_disk(dir: &TempDir, key: &MasterKey, plaintext: &[u8]) -> (std::path::PathBuf, Sealed) {
    let at = |name: &str| Path::new(dir.path()).join(name);
    std::fs::write(at("model.bin"), plaintext).unwrap();
    let (source, sink) = (File::open(at("model.bin")).unwrap(), File::create(at("model.bin.enc")).unwrap());
    let about = Source { plaintext_len: plaintext.len() as u64, ..Source::default() };
    let sealer = Sealer::with_iterations(key, MIN_WRITER_ITERATIONS).unwrap();
    let told = sealer.checksum(ChecksumPolicy::Both).seal(&source, about, &sink, &Silent).unwrap();
    (at("model.bin.enc"), told)
}
