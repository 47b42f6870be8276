//! What several of the tests need: plaintexts, keys, files in memory, errors by their kind.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

pub(crate) mod tree;

use std::io;
use std::sync::RwLock;

use modelcrypt::base::{Durable, ReadAt, Secret, SecretText, Silent, WriteAt};
use modelcrypt::crypto::sha256;
use modelcrypt::envelope::{Sealed, Sealer, Source};
use modelcrypt::format::limits::{HEADER_COPY_LEN, MIN_WRITER_ITERATIONS};
use modelcrypt::format::{Geometry, PairState};
use modelcrypt::{ErrorKind, MasterKey, Opener};

/// Where the checksum of a header copy stands.
pub(crate) const CHECKSUM_AT: usize = 8160;

/// Bytes of which no two chunks are alike.
pub(crate) fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from((i * 7 + 13) % 251).unwrap()).collect()
}

/// The same raw key for the same `seed`.
pub(crate) fn raw_key(seed: u8) -> MasterKey {
    MasterKey::from_raw(Secret::copy_from(&[seed; 32]))
}

pub(crate) fn passphrase(text: &str) -> MasterKey {
    MasterKey::from_passphrase(SecretText::new(text.into())).unwrap()
}

/// A file in memory, which grows where it is written to.
#[derive(Default)]
pub(crate) struct MemoryFile(RwLock<Vec<u8>>);

impl MemoryFile {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(RwLock::new(bytes))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.read().unwrap().clone()
    }
}

impl ReadAt for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read().unwrap().read_at(buffer, offset)
    }
}

impl WriteAt for MemoryFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut file = self.0.write().unwrap();
        let start = usize::try_from(offset).unwrap();
        let end = start + bytes.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[start..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

impl Durable for MemoryFile {
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Seals with as few iterations as a writer may use.
pub(crate) fn seal(key: &MasterKey, plaintext: &[u8]) -> Vec<u8> {
    seal_and_tell(key, plaintext).0
}

/// Seals and gives what only the sealer knows, too.
pub(crate) fn seal_and_tell(key: &MasterKey, plaintext: &[u8]) -> (Vec<u8>, Sealed) {
    let file = MemoryFile::default();
    let about = Source { plaintext_len: plaintext.len() as u64, ..Source::default() };
    let sealer = Sealer::with_iterations(key, MIN_WRITER_ITERATIONS).unwrap();
    let told = sealer.seal(&plaintext, about, &file, &Silent).unwrap();
    (file.bytes(), told)
}

/// Seals as a stream of unknown length.
pub(crate) fn seal_stream(key: &MasterKey, mut plaintext: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    let sealer = Sealer::with_iterations(key, MIN_WRITER_ITERATIONS).unwrap();
    sealer.seal_stream(&mut plaintext, &mut output, &Silent).unwrap();
    output
}

/// Opens and reads everything.
pub(crate) fn open(key: &MasterKey, sealed: &[u8]) -> Result<(Vec<u8>, PairState), modelcrypt::Error> {
    let reader = Opener::new(sealed, sealed.len() as u64)?.unlock(key)?;
    let mut plaintext = vec![0; usize::try_from(reader.len()).unwrap()];
    reader.read_exact_at(&mut plaintext, 0)?;
    Ok((plaintext, reader.state()))
}

/// Opens as a stream and gives what was written, too, before a fault showed.
pub(crate) fn open_stream(
    key: &MasterKey,
    mut sealed: &[u8],
) -> (Result<u64, modelcrypt::envelope::Error>, Vec<u8>) {
    let mut plaintext = Vec::new();
    (modelcrypt::envelope::open_stream(key, &mut sealed, &mut plaintext, &Silent), plaintext)
}

/// What went wrong, for a caller.
pub(crate) fn kind<T, E: Into<modelcrypt::Error>>(outcome: Result<T, E>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.into().kind())
}

/// Makes the checksum of each header copy right.
pub(crate) fn mend_checksums(sealed: &mut [u8]) {
    for copy in sealed[..2 * HEADER_COPY_LEN].chunks_mut(HEADER_COPY_LEN) {
        let checksum = sha256(&copy[..CHECKSUM_AT]);
        copy[CHECKSUM_AT..].copy_from_slice(&checksum);
    }
}

/// Where each chunk starts in a sealed file, and at last its end.
pub(crate) fn chunk_offsets(plaintext_len: usize) -> Vec<usize> {
    let geometry = Geometry::of_plaintext(plaintext_len as u64).unwrap();
    let starts = (0..geometry.chunk_count()).map(Geometry::chunk_offset);
    starts.chain([geometry.sealed_len()]).map(|offset| usize::try_from(offset).unwrap()).collect()
}
