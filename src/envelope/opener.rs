//! A sealed file whose header has been read, and nothing believed yet.

use std::fs::File;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::{Error, Metadata, SealedReader};
use crate::base::{ReadAt, open_regular};
use crate::crypto::Backend;
use crate::engine::{self, PayloadCipher};
use crate::format::limits::HEADER_LEN;
use crate::format::{self, Geometry, Header, HeaderPair, PairState};
use crate::keys::{self, FileKey, MasterKey, label};

/// A sealed file before it is unlocked: its structure is sound, its contents are anybody's claim.
pub struct Opener<S> {
    source: S,
    sealed_len: u64,
    pair: HeaderPair,
}

impl Opener<File> {
    /// Opens the file at `path`, which must be a regular one and no link.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = open_regular(path)?;
        let sealed_len = file.metadata()?.len();
        Self::new(file, sealed_len)
    }
}

impl<S: ReadAt> Opener<S> {
    /// Reads the header of a sealed file of `sealed_len` bytes.
    pub fn new(source: S, sealed_len: u64) -> Result<Self, Error> {
        for _ in 1..READS_OF_A_TORN_HEADER {
            match read_pair(&source) {
                // A rewrap may be running, and the copy be whole in a moment.
                Err(Error::Format(format::Error::NoValidCopy)) => {}
                Ok(pair) if matches!(pair.state, PairState::Damaged(_)) => {}
                read => return Ok(Self { source, sealed_len, pair: read? }),
            }
            sleep(Duration::from_micros(100));
        }
        let pair = read_pair(&source)?;
        Ok(Self { source, sealed_len, pair })
    }

    /// What the header says; nothing of it is authenticated.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.pair.newest.header
    }

    /// How the two header copies stand to each other.
    #[must_use]
    pub fn state(&self) -> PairState {
        self.pair.state
    }

    /// Bytes of the sealed file.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.sealed_len
    }

    /// Opens a slot with `key` and authenticates header, metadata, the last chunk, and by it the length.
    pub fn unlock(self, key: &MasterKey) -> Result<SealedReader<S>, Error> {
        let header = &self.pair.newest.header;
        let file_key = keys::unwrap(key, &header.slots, &header.core)?;
        let metadata = authenticate(&file_key, &self.pair)?;
        let geometry = match header.core.plaintext_len {
            Some(plaintext_len) => Geometry::of_plaintext(plaintext_len)?,
            None => Geometry::of_sealed(self.sealed_len).ok_or(engine::Error::Truncated)?,
        };
        match self.sealed_len.cmp(&geometry.sealed_len()) {
            std::cmp::Ordering::Less => return Err(engine::Error::Truncated.into()),
            std::cmp::Ordering::Greater => return Err(engine::Error::Trailing.into()),
            std::cmp::Ordering::Equal => {}
        }
        let input_key = file_key.payload_input_key(&header.core);
        let cipher =
            PayloadCipher::read_from(Backend::default(), &input_key, &self.source, &payload_context(header))?;
        let reader = SealedReader::new(self.source, self.pair, file_key, metadata, cipher, geometry);
        reader.authenticate_last_chunk()?;
        Ok(reader)
    }
}

/// Checks the newest copy's MAC and opens its metadata.
pub(super) fn authenticate(file_key: &FileKey, pair: &HeaderPair) -> Result<Metadata, Error> {
    if !file_key.authenticates(&pair.newest) {
        return Err(Error::HeaderTampered);
    }
    Metadata::open(file_key, &pair.newest.header)
}

/// What the payload is bound to.
pub(super) fn payload_context(header: &Header) -> Vec<u8> {
    [&label("payload")[..], &header.core.encode()].concat()
}

fn read_pair(source: &impl ReadAt) -> Result<HeaderPair, Error> {
    let mut bytes = vec![0; usize::try_from(HEADER_LEN).expect("16 KiB")];
    let filled = source.read_full_at(&mut bytes, 0)?;
    Ok(HeaderPair::parse(&bytes[..filled])?)
}

const READS_OF_A_TORN_HEADER: usize = 3;
