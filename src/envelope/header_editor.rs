//! Changes the slots of a sealed file in place: one copy of the header is whole at every instant, and the
//! payload never moves.

use super::opener::authenticate;
use super::sealer::write_header;
use super::{Error, Metadata};
use crate::base::Durable;
use crate::format::limits::{HEADER_LEN, MAX_PBKDF2_ITERATIONS};
use crate::format::{CopyName, Header, HeaderCopy, HeaderPair, PairState, Slot, iterations_asked};
use crate::keys::{self, FileKey, MasterKey};

/// A sealed file whose header can be rewritten. The caller holds an exclusive lock on it.
pub struct HeaderEditor<'f> {
    file: &'f dyn Durable,
    pair: HeaderPair,
    file_key: FileKey,
    metadata: Metadata,
    /// A write or a sync has failed: what is on the disk is not known, and nothing more is written.
    failed: bool,
}

impl<'f> HeaderEditor<'f> {
    /// Reads the header of `file`, unlocks it with the first of `keys` that opens a slot, and checks its MAC.
    pub fn unlock(file: &'f dyn Durable, keys: &[&MasterKey]) -> Result<Self, Error> {
        let mut bytes = vec![0; usize::try_from(HEADER_LEN).expect("16 KiB")];
        let filled = file.read_full_at(&mut bytes, 0)?;
        let pair = HeaderPair::parse(&bytes[..filled])?;
        let file_key = unlock_with_any(keys, &pair.newest.header)?;
        let metadata = authenticate(&file_key, &pair)?;
        Ok(Self { file, pair, file_key, metadata, failed: false })
    }

    /// The header as it is.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.pair.newest.header
    }

    /// How the two copies stand to each other.
    #[must_use]
    pub fn state(&self) -> PairState {
        self.pair.state
    }

    /// What was sealed beside the plaintext.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The key of this file.
    #[must_use]
    pub fn file_key(&self) -> &FileKey {
        &self.file_key
    }

    /// Whether a header with these slots could be written.
    pub fn check(&self, slots: &[Slot]) -> Result<(), Error> {
        self.next(slots, &self.metadata).map(drop)
    }

    /// Makes both copies the same, by the newest, unless they are.
    pub fn heal(&mut self) -> Result<(), Error> {
        self.once(Self::make_identical)
    }

    fn make_identical(&mut self) -> Result<(), Error> {
        self.file.sync()?;
        if let PairState::Damaged(name) | PairState::Behind(name) = self.pair.state {
            self.put(&self.pair.newest, name)?;
            self.pair.state = PairState::Identical;
        }
        Ok(())
    }

    /// Writes a header of the next generation with these slots and this metadata: the same bytes to copy A,
    /// then to copy B, each synced before the next step. On an error the file opens as before or as after.
    /// After an error the editor refuses to write again: open the file anew.
    pub fn write(&mut self, slots: &[Slot], metadata: Metadata) -> Result<(), Error> {
        let copy = self.next(slots, &metadata)?;
        self.once(|editor| editor.write_both(copy, metadata))
    }

    fn write_both(&mut self, copy: HeaderCopy, metadata: Metadata) -> Result<(), Error> {
        self.make_identical()?;
        self.put(&copy, CopyName::A)?;
        self.put(&copy, CopyName::B)?;
        self.pair.newest = copy;
        self.metadata = metadata;
        Ok(())
    }

    fn put(&self, copy: &HeaderCopy, name: CopyName) -> Result<(), Error> {
        self.file.write_all_at(copy.image(), name.offset())?;
        Ok(self.file.sync()?)
    }

    fn once(&mut self, change: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        if std::mem::replace(&mut self.failed, true) {
            return Err(Error::WriteFailedBefore);
        }
        change(self)?;
        self.failed = false;
        Ok(())
    }

    fn next(&self, slots: &[Slot], metadata: &Metadata) -> Result<HeaderCopy, Error> {
        if slots.is_empty() {
            return Err(Error::NoSlotLeft);
        }
        // Each of two passphrases may be within a reader's limit and both over it: then neither would open
        // the file. What is over it already may be copied, or a raw key could not be changed either.
        let asked = iterations_asked(slots);
        if asked > MAX_PBKDF2_ITERATIONS && asked > iterations_asked(&self.header().slots) {
            return Err(keys::Error::TooManyIterations(asked).into());
        }
        let generation = self
            .header()
            .generation
            .checked_add(1)
            .filter(|&next| next <= MAX_WRITER_GENERATION)
            .ok_or(Error::NoGenerationLeft)?;
        let header = Header { generation, slots: slots.to_vec(), ..self.header().clone() };
        write_header(&self.file_key, header, metadata)
    }
}

fn unlock_with_any(keys: &[&MasterKey], header: &Header) -> Result<FileKey, Error> {
    let mut refusal = keys::Error::NoSlotOpens;
    for key in keys {
        match keys::unwrap(key, &header.slots, &header.core) {
            Err(keys::Error::NoSlotOpens) => {}
            // Too dear for a passphrase; a raw key may still open it.
            Err(error @ keys::Error::Format(_)) => refusal = error,
            unlocked => return Ok(unlocked?),
        }
    }
    Err(refusal.into())
}

/// A sidecar says the generation as a JSON number, which is exact up to here.
const MAX_WRITER_GENERATION: u64 = (1 << 53) - 1;
