//! One header copy: 8192 bytes that hold the core, the slots and the sealed metadata.

use super::Error;
use super::limits::{HEADER_COPY_LEN, MAX_PLAINTEXT_LEN, MAX_SLOTS, MIN_METADATA_LEN};
use super::slot::Slot;
use crate::crypto::sha256;

/// Bytes of the core.
pub const CORE_LEN: usize = 64;

/// What never changes in a sealed file's life and every key is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Core {
    /// Random, one for each sealing.
    pub file_id: [u8; 32],
    /// `None`: a stream, whose length its final chunk tells.
    pub plaintext_len: Option<u64>,
}

impl Core {
    /// The 64 bytes, as they stand in both copies.
    #[must_use]
    pub fn encode(&self) -> [u8; CORE_LEN] {
        let mut core = [0; CORE_LEN];
        core[..8].copy_from_slice(&MAGIC);
        core[8..10].copy_from_slice(&VERSION.to_be_bytes());
        core[10..12].copy_from_slice(&SUITE.to_be_bytes());
        core[16..48].copy_from_slice(&self.file_id);
        core[48..56].copy_from_slice(&self.plaintext_len.unwrap_or(UNKNOWN_LEN).to_be_bytes());
        core
    }

    fn parse(mut bytes: Reader<'_>) -> Result<Self, Error> {
        let magic = bytes.take();
        if magic != MAGIC {
            return Err(Error::Unsupported { what: "magic", found: u64::from_be_bytes(magic) });
        }
        for (what, known) in [("version", VERSION), ("suite", SUITE)] {
            let found = u16::from_be_bytes(bytes.take());
            if found != known {
                return Err(Error::Unsupported { what, found: found.into() });
            }
        }
        let flags = u32::from_be_bytes(bytes.take());
        if flags != 0 {
            return Err(Error::Unsupported { what: "flags", found: flags.into() });
        }
        let file_id = bytes.take();
        let plaintext_len = match u64::from_be_bytes(bytes.take()) {
            UNKNOWN_LEN => None,
            len if len > MAX_PLAINTEXT_LEN => return Err(Error::Malformed("a length over the limit")),
            len => Some(len),
        };
        if bytes.take() != [0; 8] {
            return Err(Error::Malformed("reserved bytes of the core are not zero"));
        }
        Ok(Self { file_id, plaintext_len })
    }
}

/// What a header copy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What never changes.
    pub core: Core,
    /// Counts the writings of the header, from 1.
    pub generation: u64,
    /// Fresh at every writing.
    pub header_salt: [u8; 32],
    /// The wrappings of the file key, 1 to 16.
    pub slots: Vec<Slot>,
    /// The metadata with its tag, not opened yet.
    pub sealed_metadata: Vec<u8>,
}

impl Header {
    /// The copy's bytes; `mac` makes the header MAC over the first 8128 of them.
    pub fn encode(&self, mac: impl FnOnce(&[u8]) -> [u8; 32]) -> Result<HeaderCopy, Error> {
        if self.slots.is_empty() || self.slots.len() > MAX_SLOTS {
            return Err(Error::NoRoom("a header holds 1 to 16 slots"));
        }
        let mut image = Vec::with_capacity(HEADER_COPY_LEN);
        image.extend(self.core.encode());
        image.extend(self.generation.to_be_bytes());
        image.extend(self.header_salt);
        image.extend([u8::try_from(self.slots.len()).expect("at most 16 slots"), 0, 0, 0]);
        let metadata_len = u32::try_from(self.sealed_metadata.len()).map_err(|_| NO_METADATA_ROOM)?;
        image.extend(metadata_len.to_be_bytes());
        for slot in &self.slots {
            slot.encode(&mut image);
        }
        image.extend(&self.sealed_metadata);
        if image.len() > MAC_AT {
            return Err(NO_METADATA_ROOM);
        }
        image.resize(MAC_AT, 0);
        let mac = mac(&image);
        image.extend(mac);
        let checksum = sha256(&image);
        image.extend(checksum);
        let image = image.into_boxed_slice().try_into().expect("MAC and checksum fill the copy");
        Ok(HeaderCopy { header: self.clone(), image })
    }

    fn parse(copy: &[u8; HEADER_COPY_LEN]) -> Result<Self, Error> {
        let mut bytes = Reader(&copy[..MAC_AT]);
        let core = Core::parse(Reader(bytes.take_slice(CORE_LEN).expect("within the copy")))?;
        let generation = u64::from_be_bytes(bytes.take());
        if generation == 0 {
            return Err(Error::Malformed("generation 0"));
        }
        let header_salt = bytes.take();
        let [slot_count, zeros @ ..] = bytes.take::<4>();
        let slot_count = usize::from(slot_count);
        if !(1..=MAX_SLOTS).contains(&slot_count) {
            return Err(Error::Malformed("a header holds 1 to 16 slots"));
        }
        if zeros != [0; 3] {
            return Err(Error::Malformed("reserved bytes of the header are not zero"));
        }
        let metadata_len = usize::try_from(u32::from_be_bytes(bytes.take())).unwrap_or(usize::MAX);
        if metadata_len < MIN_METADATA_LEN {
            return Err(Error::Malformed("the metadata is shorter than its tag"));
        }
        let mut slots = Vec::with_capacity(slot_count);
        for _ in 0..slot_count {
            let (slot, rest) = Slot::parse(bytes.0)?;
            bytes = Reader(rest);
            slots.push(slot);
        }
        let sealed_metadata = bytes
            .take_slice(metadata_len)
            .ok_or(Error::Malformed("the metadata runs over its space"))?
            .to_vec();
        if bytes.0.iter().any(|&byte| byte != 0) {
            return Err(Error::Malformed("the padding is not zero"));
        }
        Ok(Self { core, generation, header_salt, slots, sealed_metadata })
    }
}

/// A header with the 8192 bytes it was read from or written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderCopy {
    /// What it says. Not to be believed before its MAC was checked.
    pub header: Header,
    image: Box<[u8; HEADER_COPY_LEN]>,
}

impl HeaderCopy {
    /// Parses one copy. `Ok(None)`: the checksum does not hold, the copy counts as absent.
    pub fn parse(bytes: &[u8; HEADER_COPY_LEN]) -> Result<Option<Self>, Error> {
        if sha256(&bytes[..CHECKSUM_AT]) != bytes[CHECKSUM_AT..] {
            return Ok(None);
        }
        let header = Header::parse(bytes)?;
        Ok(Some(Self { header, image: Box::new(*bytes) }))
    }

    /// All bytes of the copy.
    #[must_use]
    pub fn image(&self) -> &[u8; HEADER_COPY_LEN] {
        &self.image
    }

    /// The bytes that the MAC covers.
    #[must_use]
    pub fn authenticated(&self) -> &[u8] {
        &self.image[..MAC_AT]
    }

    /// The MAC it carries.
    #[must_use]
    pub fn mac(&self) -> &[u8] {
        &self.image[MAC_AT..CHECKSUM_AT]
    }
}

/// Whether `bytes` begin with our magic.
pub(super) fn has_magic(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Takes fields off the front. Used on the fixed part of a copy only, which is always long enough.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self.0.split_first_chunk().expect("the fixed fields lie within the copy");
        self.0 = rest;
        *field
    }

    fn take_slice(&mut self, len: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(field)
    }
}

const MAGIC: [u8; 8] = [0x89, b'M', b'C', b'F', 0x0d, 0x0a, 0x1a, 0x0a];
const VERSION: u16 = 1;
const SUITE: u16 = 1;
const UNKNOWN_LEN: u64 = u64::MAX;
const MAC_AT: usize = 8128;
const CHECKSUM_AT: usize = 8160;
const NO_METADATA_ROOM: Error = Error::NoRoom("slots and metadata do not fit into 8 KiB");
