//! The two header copies together: which one counts, and whether both are well.

use std::fmt;

use super::Error;
use super::header::{HeaderCopy, has_magic};
use super::limits::HEADER_COPY_LEN;

/// The header of a sealed file: the newest of its copies, and how the other one stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderPair {
    /// The copy that counts.
    pub newest: HeaderCopy,
    /// How the other copy stands to it.
    pub state: PairState,
}

/// How the two copies stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairState {
    /// Byte for byte the same: the only finished state.
    Identical,
    /// One is damaged. The file is whole; the next rewrap heals it.
    Damaged(CopyName),
    /// One is of an older generation: a rewrap was interrupted. The next one finishes it.
    Behind(CopyName),
}

/// One of the two copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyName {
    /// At offset 0.
    A,
    /// At offset 8192.
    B,
}

impl CopyName {
    /// Where it starts in the file.
    #[must_use]
    pub fn offset(self) -> u64 {
        match self {
            Self::A => 0,
            Self::B => HEADER_COPY_LEN as u64,
        }
    }
}

impl fmt::Display for CopyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

impl HeaderPair {
    /// Parses the first 16384 bytes of a file, or all of a shorter one.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let copies =
            (bytes.first_chunk::<HEADER_COPY_LEN>(), bytes.get(HEADER_COPY_LEN..2 * HEADER_COPY_LEN));
        let (Some(a), Some(b)) = copies else {
            return Err(if Self::is_ours(bytes) { Error::Truncated } else { Error::NotSealed });
        };
        let b: &[u8; HEADER_COPY_LEN] = b.try_into().expect("sliced to its length");
        match (HeaderCopy::parse(a)?, HeaderCopy::parse(b)?) {
            (None, None) => Err(if Self::is_ours(bytes) { Error::NoValidCopy } else { Error::NotSealed }),
            (Some(newest), None) => Ok(Self { newest, state: PairState::Damaged(CopyName::B) }),
            (None, Some(newest)) => Ok(Self { newest, state: PairState::Damaged(CopyName::A) }),
            (Some(a), Some(b)) => Self::choose(a, b),
        }
    }

    /// Whether a file that starts with `bytes` was made by us, if only one copy's magic tells.
    #[must_use]
    pub fn is_ours(bytes: &[u8]) -> bool {
        has_magic(bytes) || bytes.get(HEADER_COPY_LEN..).is_some_and(has_magic)
    }

    fn choose(a: HeaderCopy, b: HeaderCopy) -> Result<Self, Error> {
        if a.header.core != b.header.core {
            return Err(Error::Contradiction("they belong to different files"));
        }
        match a.header.generation.cmp(&b.header.generation) {
            std::cmp::Ordering::Equal if a != b => {
                Err(Error::Contradiction("one generation, different bytes"))
            }
            std::cmp::Ordering::Equal => Ok(Self { newest: a, state: PairState::Identical }),
            std::cmp::Ordering::Greater => Ok(Self { newest: a, state: PairState::Behind(CopyName::B) }),
            std::cmp::Ordering::Less => Ok(Self { newest: b, state: PairState::Behind(CopyName::A) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Core, Header, Slot};
    use super::*;

    fn copy(generation: u64, file_id: u8) -> HeaderCopy {
        Header {
            core: Core { file_id: [file_id; 32], plaintext_len: Some(5) },
            generation,
            header_salt: [3; 32],
            slots: vec![Slot::Other { type_id: 9, body: vec![1, 2, 3] }],
            sealed_metadata: vec![4; 20],
        }
        .encode(|_| [5; 32])
        .unwrap()
    }

    fn joined(a: &HeaderCopy, b: &HeaderCopy) -> Vec<u8> {
        [a.image().as_slice(), b.image()].concat()
    }

    #[test]
    fn a_header_survives_being_written_and_read() {
        let written = copy(1, 1);
        let read = HeaderPair::parse(&joined(&written, &written)).unwrap();
        assert_eq!(read, HeaderPair { newest: written, state: PairState::Identical });
    }

    #[test]
    fn the_highest_generation_counts() {
        for (a, b, state) in [(1, 2, PairState::Behind(CopyName::A)), (2, 1, PairState::Behind(CopyName::B))]
        {
            let read = HeaderPair::parse(&joined(&copy(a, 1), &copy(b, 1))).unwrap();
            assert_eq!((read.newest.header.generation, read.state), (2, state));
        }
    }

    #[test]
    fn a_torn_copy_counts_as_absent() {
        let mut bytes = joined(&copy(1, 1), &copy(2, 1));
        bytes[HEADER_COPY_LEN + 700] ^= 1;
        let read = HeaderPair::parse(&bytes).unwrap();
        assert_eq!((read.newest.header.generation, read.state), (1, PairState::Damaged(CopyName::B)));
        bytes[0] ^= 1;
        assert_eq!(HeaderPair::parse(&bytes), Err(Error::NoValidCopy));
    }

    #[test]
    fn copies_of_two_files_are_refused() {
        let bytes = joined(&copy(1, 1), &copy(1, 2));
        assert!(matches!(HeaderPair::parse(&bytes), Err(Error::Contradiction(_))));
    }

    #[test]
    fn other_files_are_told_from_damaged_ones() {
        assert_eq!(HeaderPair::parse(b""), Err(Error::NotSealed));
        assert_eq!(HeaderPair::parse(&vec![7; 20_000]), Err(Error::NotSealed));
        assert_eq!(HeaderPair::parse(&copy(1, 1).image()[..5000]), Err(Error::Truncated));
    }

    #[test]
    fn too_much_metadata_is_refused_by_the_writer() {
        let mut header = copy(1, 1).header;
        header.sealed_metadata = vec![0; 9000];
        assert!(matches!(header.encode(|_| [0; 32]), Err(Error::NoRoom(_))));
    }
}
