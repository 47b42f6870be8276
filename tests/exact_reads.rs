//! A read of a sealed file opens the chunks that it touches and no other. Counted, not timed.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{MemoryFile, kind, plaintext, raw_key, seal};
use modelcrypt::base::{ReadAt, Silent};
use modelcrypt::envelope::{self, Source};
use modelcrypt::format::Geometry;
use modelcrypt::format::geometry::{CHUNK_LEN, SEALED_CHUNK_LEN};
use modelcrypt::tensors::{Index, Safetensors};
use modelcrypt::{ErrorKind, Opener, Progress, SealedReader, Sealer};
use proptest::prelude::*;
use tempfile::TempDir;

#[test]
fn a_slice_of_256_kib_of_a_tensor_of_256_mib_opens_18_chunks_at_most() {
    let dir = TempDir::new().unwrap();
    let header = r#"{"small":{"dtype":"U8","shape":[1000],"data_offsets":[0,1000]},"large":{"dtype":"F32","shape":[65536,1024],"data_offsets":[1000,268436456]}}"#;
    let model = Synthetic::new(header, 268_436_456);
    let file = sealed_on_disk(&dir, &model);
    let sealed_len = file.metadata().unwrap().len();
    let reader = unlock(file, sealed_len);
    let opened = || reader.source().opened();

    let index = Safetensors::read(&reader, reader.len()).unwrap();
    assert_eq!(opened(), [0, 0], "the header's length, and the header");

    let large = index.tensor("large").unwrap();
    let mut rows = vec![0; 256 * 1024];
    for first in [0, 1, 12_345, 65_472] {
        large.read_rows(&reader, first..first + 64, &mut rows).unwrap();
        let range = large.rows(first..first + 64).unwrap();
        assert!(rows.iter().copied().eq(range.clone().map(Synthetic::byte)));
        let opened = opened();
        assert_eq!(opened, chunks_of(range));
        assert!(opened.len() <= 18);
    }

    // 64 rows far apart, 4 KiB of each: one chunk or two for each row, and each once.
    let far_apart = Index::Range { start: 5, stop: 65_000, step: 1024.try_into().unwrap() };
    let slice = large.slice(&[far_apart]).unwrap();
    slice.read(&reader, &mut rows).unwrap();
    assert_eq!(opened(), slice.runs().flat_map(chunks_of).collect::<Vec<_>>());

    // 16 columns of 4096 rows: every chunk between is touched, and still none of them twice.
    let slice = large.slice(&[(100..4196).into(), (8..24).into()]).unwrap();
    slice.read(&reader, &mut rows).unwrap();
    assert!(rows.iter().copied().eq(slice.runs().flatten().map(Synthetic::byte)));
    let (first, last) = (slice.runs().next().unwrap(), slice.runs().last().unwrap());
    assert_eq!(opened(), chunks_of(first.start..last.end));

    index.tensor("small").unwrap().read(&reader, &mut [0; 1000]).unwrap();
    assert_eq!(opened(), [0]);
}

#[test]
fn the_index_of_many_tensors_opens_the_chunks_of_the_header() {
    let tensors: Vec<String> = (0..1000)
        .map(|i| {
            format!(
                r#""model.layers.{i}.weight":{{"dtype":"U8","shape":[100],"data_offsets":[{},{}]}}"#,
                i * 100,
                i * 100 + 100
            )
        })
        .collect();
    let model = Synthetic::new(&format!("{{{}}}", tensors.join(",")), 100_000);
    let reader = sealed(&model.bytes());
    let index = Safetensors::read(&reader, reader.len()).unwrap();
    assert_eq!(index.tensors().len(), 1000);
    let opened = reader.source().opened();
    assert_eq!(opened[1..], chunks_of(8..index.data_offset()));
    assert!(opened.len() < chunks_of(0..reader.len()).len());

    let tensor = index.tensor("model.layers.640.weight").unwrap();
    tensor.read(&reader, &mut [0; 100]).unwrap();
    assert_eq!(reader.source().opened(), chunks_of(tensor.file_range()));
}

#[test]
fn a_large_read_on_many_threads_opens_every_chunk_once() {
    let bytes = plaintext(5_000_000);
    let reader = sealed(&bytes);
    for range in [0..5_000_000, 100_000..4_900_001, 16_384..2_113_536, 4_999_999..5_000_000, 7..7] {
        let mut buffer = vec![0; range.len()];
        reader.par_read_exact_at(&mut buffer, range.start as u64).unwrap();
        assert_eq!(buffer, bytes[range.clone()]);
        assert_eq!(reader.source().opened(), chunks_of(range.start as u64..range.end as u64));
        reader.read_exact_at(&mut buffer, range.start as u64).unwrap();
        assert_eq!(buffer, bytes[range]);
        reader.source().opened();
    }
}

#[test]
fn there_is_nothing_to_read_behind_the_end() {
    let bytes = plaintext(2_000_000);
    let reader = sealed(&bytes);
    let mut buffer = vec![9; 1_500_000];
    for (len, offset) in [(1, 2_000_000), (1_500_000, 500_001), (1, u64::MAX), (0, 2_000_001)] {
        let error = reader.par_read_exact_at(&mut buffer[..len], offset).unwrap_err();
        assert_eq!(kind(Err::<(), _>(error)), Some(ErrorKind::Io));
    }
    assert!(buffer.iter().all(|&byte| byte == 9));
    reader.par_read_exact_at(&mut buffer[..0], 2_000_000).unwrap();
}

#[test]
fn no_byte_of_a_chunk_that_does_not_authenticate_is_given_out() {
    const BAD: usize = 40;
    let bytes = vec![0x55; 3_000_000];
    let mut file = seal(&raw_key(1), &bytes);
    file[usize::try_from(Geometry::chunk_offset(BAD as u64)).unwrap() + 100] ^= 1;
    let file_len = file.len() as u64;
    let reader = unlock(MemoryFile::new(file), file_len);
    for start in [0, 1000, BAD * CHUNK_LEN, BAD * CHUNK_LEN + 1000] {
        let mut buffer = vec![0; bytes.len() - start];
        let error = reader.open_range_into(&mut buffer, start as u64, &Silent).unwrap_err();
        assert_eq!(error.to_string(), "chunk 40 does not authenticate");
        let bad = (BAD * CHUNK_LEN).saturating_sub(start)..(BAD + 1) * CHUNK_LEN - start;
        assert!(buffer[bad].iter().all(|&byte| byte == 0));
        let error = reader.par_read_exact_at(&mut buffer, start as u64).unwrap_err();
        assert_eq!(kind(Err::<(), _>(error)), Some(ErrorKind::Tampered));
    }
}

#[test]
fn a_range_says_how_far_it_is_and_stops_when_told() {
    #[derive(Default)]
    struct StopAfter(u64, AtomicU64);
    impl Progress for StopAfter {
        fn advance(&self, bytes: u64) {
            self.1.fetch_add(bytes, Ordering::Relaxed);
        }
        fn is_cancelled(&self) -> bool {
            self.1.load(Ordering::Relaxed) >= self.0
        }
    }
    let reader = sealed(&plaintext(5_000_000));
    let mut buffer = vec![0; 4_000_000];
    let progress = StopAfter(u64::MAX, AtomicU64::new(0));
    reader.open_range_into(&mut buffer, 1000, &progress).unwrap();
    assert_eq!(progress.1.into_inner(), 4_000_000);
    let progress = StopAfter(0, AtomicU64::new(0));
    let error = reader.open_range_into(&mut buffer, 1000, &progress).unwrap_err();
    assert!(matches!(error, envelope::Error::Payload(modelcrypt::engine::Error::Interrupted)));
    assert_eq!(progress.1.into_inner(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_range_is_as_it_was_sealed(start in 0..3_000_000_usize, len in 0..3_000_000_usize) {
        let bytes = plaintext(3_000_000);
        let reader = sealed(&bytes);
        let end = bytes.len().min(start + len);
        let mut buffer = vec![0; end - start];
        reader.open_range_into(&mut buffer, start as u64, &Silent).unwrap();
        prop_assert!(buffer == bytes[start..end]);
    }
}

/// A model file that is computed where it is read.
struct Synthetic {
    beginning: Vec<u8>,
    len: u64,
}

impl Synthetic {
    fn new(header: &str, data_len: u64) -> Self {
        let beginning = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        let len = beginning.len() as u64 + data_len;
        Self { beginning, len }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(self.len).unwrap()];
        self.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    fn byte(offset: u64) -> u8 {
        (offset % 251).to_le_bytes()[0]
    }
}

impl ReadAt for Synthetic {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let len = buffer.len().min(usize::try_from(self.len - offset).unwrap());
        for (byte, place) in buffer[..len].iter_mut().zip(offset..) {
            let early = usize::try_from(place).ok().and_then(|place| self.beginning.get(place));
            *byte = early.copied().unwrap_or(Self::byte(place));
        }
        Ok(len)
    }
}

/// A sealed file that remembers which chunks were read from it.
struct Counted<S> {
    file: S,
    chunks: Mutex<Vec<u64>>,
}

impl<S> Counted<S> {
    fn new(file: S) -> Self {
        Self { file, chunks: Mutex::default() }
    }

    /// The chunks read since the last time it was asked, in their order, each as often as it was read.
    fn opened(&self) -> Vec<u64> {
        let mut chunks = std::mem::take(&mut *self.chunks.lock().unwrap());
        chunks.sort_unstable();
        chunks
    }
}

impl<S: ReadAt> ReadAt for Counted<S> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = self.file.read_at(buffer, offset)?;
        let payload = |offset: u64| offset.saturating_sub(Geometry::chunk_offset(0));
        let (start, end) = (payload(offset), payload(offset + read as u64));
        let len = SEALED_CHUNK_LEN as u64;
        self.chunks.lock().unwrap().extend(start.div_ceil(len)..end.div_ceil(len));
        Ok(read)
    }
}

/// The chunks that have a part of this range of the plaintext.
fn chunks_of(range: Range<u64>) -> Vec<u64> {
    let len = CHUNK_LEN as u64;
    if range.is_empty() { Vec::new() } else { (range.start / len..range.end.div_ceil(len)).collect() }
}

fn sealed_on_disk(dir: &TempDir, model: &Synthetic) -> File {
    let path = dir.path().join("model.safetensors.enc");
    let about = Source { plaintext_len: model.len, ..Source::default() };
    let file = File::create_new(&path).unwrap();
    Sealer::new(&raw_key(1)).unwrap().seal(model, about, &file, &Silent).unwrap();
    File::open(path).unwrap()
}

/// Seals and unlocks.
fn sealed(plaintext: &[u8]) -> SealedReader<Counted<MemoryFile>> {
    let sealed = seal(&raw_key(1), plaintext);
    let sealed_len = sealed.len() as u64;
    unlock(MemoryFile::new(sealed), sealed_len)
}

fn unlock<S: ReadAt>(file: S, sealed_len: u64) -> SealedReader<Counted<S>> {
    let reader = Opener::new(Counted::new(file), sealed_len).unwrap().unlock(&raw_key(1)).unwrap();
    reader.source().opened();
    reader
}
