//! The header of a GGUF file: `magic | version | counts | metadata | tensors`, then padding, then data.

use super::super::Error;
use super::super::error::quoted;
use super::cursor::{Cursor, Endian};
use super::value::read;
use super::{GgmlType, GgufTensor, GgufType, GgufValue};
use crate::base::ReadAt;

/// What the header of a GGUF file of version 2 or 3 says, of either byte order. No name stands twice, every
/// tensor lies within the file at a multiple of the alignment, and none lies in another.
#[derive(Debug, Clone, PartialEq)]
pub struct Gguf {
    version: u32,
    is_big_endian: bool,
    metadata: Vec<(String, GgufValue)>,
    /// In the order of the header.
    tensors: Vec<GgufTensor>,
    /// Places in `tensors`, in the order of the names.
    by_name: Vec<usize>,
    data_offset: u64,
}

impl Gguf {
    /// Whether a file that begins so calls itself GGUF, of whatever version.
    #[must_use]
    pub fn is_magic(start: &[u8]) -> bool {
        start.starts_with(&MAGIC)
    }

    /// Reads the header of a file of `file_len` bytes, and nothing behind it. Memory stays within a small
    /// multiple of the header, which has 256 MiB at most; arrays stay in the file.
    pub fn read(source: &(impl ReadAt + ?Sized), file_len: u64) -> Result<Self, Error> {
        let (endian, version) = read_start(source)?;
        let mut cursor = Cursor::new(source, endian, START_LEN as u64, file_len.min(MAX_HEADER_LEN));
        let header = Header::read(&mut cursor).map_err(|error| match error {
            Error::Truncated(_) if file_len > MAX_HEADER_LEN => {
                Error::MalformedGguf("it would have a header of more than 256 MiB")
            }
            error => error,
        })?;
        let data_offset = cursor.at().next_multiple_of(header.alignment);
        // A file without tensors may end without the padding.
        if data_offset > file_len && !header.tensors.is_empty() {
            return Err(Error::Truncated("the padding before the tensors"));
        }
        let Header { metadata, tensors, alignment } = header;
        let tensors = place(tensors, alignment, data_offset, file_len)?;
        let by_name = sorted_names(&tensors)?;
        let is_big_endian = endian == Endian::Big;
        Ok(Self { version, is_big_endian, metadata, tensors, by_name, data_offset })
    }

    /// The version of the format: 2 or 3.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether its numbers begin with their highest byte.
    #[must_use]
    pub fn is_big_endian(&self) -> bool {
        self.is_big_endian
    }

    /// What the file says of itself, in the order of the header.
    #[must_use]
    pub fn metadata(&self) -> &[(String, GgufValue)] {
        &self.metadata
    }

    /// What the file says of itself under this name.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&GgufValue> {
        self.metadata.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Its tensors in the order of the header.
    #[must_use]
    pub fn tensors(&self) -> &[GgufTensor] {
        &self.tensors
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Result<&GgufTensor, Error> {
        self.by_name
            .binary_search_by_key(&name, |&place| self.tensors[place].name())
            .map(|found| &self.tensors[self.by_name[found]])
            .map_err(|_| Error::NoTensor(quoted(name)))
    }

    /// Where the data begins.
    #[must_use]
    pub fn data_offset(&self) -> u64 {
        self.data_offset
    }
}

/// Magic and version; the version is also what tells the byte order.
fn read_start(source: &(impl ReadAt + ?Sized)) -> Result<(Endian, u32), Error> {
    let mut start = [0; START_LEN];
    let read = source.read_full_at(&mut start, 0).map_err(Error::Read)?;
    let seen = &start[..read.min(MAGIC.len())];
    if *seen != MAGIC[..seen.len()] {
        return Err(Error::MalformedGguf("it does not begin with GGUF"));
    }
    if read < START_LEN {
        return Err(Error::Truncated("the magic and the version"));
    }
    let version: [u8; 4] = start[MAGIC.len()..].try_into().expect("four bytes follow the magic");
    let (little, big) = (u32::from_le_bytes(version), u32::from_be_bytes(version));
    match (little, big) {
        (2 | 3, _) => Ok((Endian::Little, little)),
        (_, 2 | 3) => Ok((Endian::Big, big)),
        _ => Err(Error::GgufVersion(little.min(big))),
    }
}

/// A header as it stands there: nothing is checked against the file's length.
struct Header {
    metadata: Vec<(String, GgufValue)>,
    tensors: Vec<Described>,
    alignment: u64,
}

struct Described {
    name: String,
    dimensions: Box<[u64]>,
    kind: GgmlType,
    offset: u64,
}

impl Header {
    fn read<S: ReadAt + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<Self, Error> {
        cursor.expect("the header's counts");
        let (tensor_count, value_count) = (cursor.u64()?, cursor.u64()?);
        cursor.expect("the metadata");
        check_count(value_count, MAX_VALUES, cursor.remaining() / MIN_VALUE_LEN, "the metadata")?;
        let mut metadata = Vec::new();
        for _ in 0..value_count {
            let key = name(cursor)?;
            let kind = GgufType::from_number(cursor.u32()?)?;
            metadata.push((key, read(cursor, kind, 0)?));
        }
        check_names(&metadata)?;
        let alignment = alignment(&metadata)?;
        cursor.expect("the tensors' descriptions");
        let room = cursor.remaining() / MIN_TENSOR_LEN;
        check_count(tensor_count, MAX_TENSORS, room, "the tensors' descriptions")?;
        let tensors = (0..tensor_count).map(|_| describe(cursor)).collect::<Result<_, _>>()?;
        Ok(Self { metadata, tensors, alignment })
    }
}

fn check_count(count: u64, max: u64, room: u64, what: &'static str) -> Result<(), Error> {
    if count > max {
        return Err(Error::MalformedGguf("it would have more entries than any model has"));
    }
    if count > room { Err(Error::Truncated(what)) } else { Ok(()) }
}

fn name<S: ReadAt + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<String, Error> {
    String::from_utf8(cursor.text()?).map_err(|_| Error::MalformedGguf("a name is not UTF-8"))
}

fn describe<S: ReadAt + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<Described, Error> {
    let name = name(cursor)?;
    let dimension_count = cursor.u32()?;
    if dimension_count > MAX_DIMENSIONS {
        return Err(malformed(&name, "has more dimensions than the format has"));
    }
    let dimensions = (0..dimension_count).map(|_| cursor.u64()).collect::<Result<_, _>>()?;
    Ok(Described { name, dimensions, kind: GgmlType(cursor.u32()?), offset: cursor.u64()? })
}

fn check_names(metadata: &[(String, GgufValue)]) -> Result<(), Error> {
    let mut names: Vec<&str> = metadata.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::MalformedGguf("a name stands twice in its metadata"));
    }
    Ok(())
}

fn alignment(metadata: &[(String, GgufValue)]) -> Result<u64, Error> {
    let found = metadata.iter().find(|(name, _)| name == "general.alignment");
    match found.map(|(_, value)| value) {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(&GgufValue::Unsigned(alignment))
            if alignment.is_power_of_two() && u32::try_from(alignment).is_ok() =>
        {
            Ok(alignment)
        }
        _ => Err(Error::MalformedGguf("its alignment is not a power of two")),
    }
}

/// Finds the places of all tensors.
fn place(
    described: Vec<Described>,
    alignment: u64,
    data_offset: u64,
    file_len: u64,
) -> Result<Vec<GgufTensor>, Error> {
    let mut tensors = Vec::with_capacity(described.len());
    for Described { name, dimensions, kind, offset } in described {
        if !offset.is_multiple_of(alignment) {
            return Err(malformed(&name, "does not begin at a multiple of the alignment"));
        }
        let byte_len = byte_len(&name, &dimensions, kind)?;
        let end = data_offset
            .checked_add(offset)
            .and_then(|start| start.checked_add(byte_len.unwrap_or(0)))
            .ok_or_else(|| malformed(&name, "ends beyond what can be addressed"))?;
        if end > file_len {
            return Err(Error::Truncated("the tensors"));
        }
        tensors.push(GgufTensor { name, kind, dimensions, file_offset: data_offset + offset, byte_len });
    }
    check_apart(&tensors)?;
    Ok(tensors)
}

fn byte_len(name: &str, dimensions: &[u64], kind: GgmlType) -> Result<Option<u64>, Error> {
    let too_many = || malformed(name, "has more elements than can be counted");
    let elements =
        dimensions.iter().try_fold(1_u64, |product, &size| product.checked_mul(size)).ok_or_else(too_many)?;
    let (Some(block_elements), Some(block_len)) = (kind.block_elements(), kind.block_len()) else {
        return Ok(None);
    };
    // Blocks do not cross rows.
    if !dimensions.first().unwrap_or(&1).is_multiple_of(block_elements) {
        return Err(malformed(name, "does not fill its last block"));
    }
    Ok(Some((elements / block_elements).checked_mul(block_len).ok_or_else(too_many)?))
}

fn check_apart(tensors: &[GgufTensor]) -> Result<(), Error> {
    let mut in_order: Vec<&GgufTensor> = tensors.iter().filter(|tensor| tensor.byte_len != Some(0)).collect();
    in_order.sort_unstable_by_key(|tensor| tensor.file_offset);
    let meets = |pair: &[&GgufTensor]| {
        let end = pair[0].file_range().map_or(pair[0].file_offset, |range| range.end);
        end > pair[1].file_offset || pair[0].file_offset == pair[1].file_offset
    };
    match in_order.windows(2).find(|pair| meets(pair)) {
        Some(pair) => Err(malformed(&pair[1].name, "begins before the one before it ends")),
        None => Ok(()),
    }
}

fn sorted_names(tensors: &[GgufTensor]) -> Result<Vec<usize>, Error> {
    let mut by_name: Vec<usize> = (0..tensors.len()).collect();
    by_name.sort_unstable_by_key(|&place| tensors[place].name());
    match by_name.windows(2).find(|pair| tensors[pair[0]].name == tensors[pair[1]].name) {
        Some(pair) => Err(malformed(&tensors[pair[0]].name, "stands there twice")),
        None => Ok(by_name),
    }
}

fn malformed(name: &str, fault: &'static str) -> Error {
    Error::MalformedGgufTensor { name: quoted(name), fault }
}

const MAGIC: [u8; 4] = *b"GGUF";

/// Bytes of magic and version.
const START_LEN: usize = 8;

/// Where there is no `general.alignment`.
const DEFAULT_ALIGNMENT: u64 = 32;

/// Entries of the metadata, at most: a thousand times what models have.
const MAX_VALUES: u64 = 1 << 16;

/// Tensors, at most: a hundred times what the largest models have.
const MAX_TENSORS: u64 = 1 << 20;

/// A key's length, a type, and a value of one byte.
const MIN_VALUE_LEN: u64 = 8 + 4 + 1;

/// A name's length, a number of dimensions, a type and an offset.
const MIN_TENSOR_LEN: u64 = 8 + 4 + 4 + 8;

/// The format has four today and says that this may change.
const MAX_DIMENSIONS: u32 = 8;

/// Bytes of a header, at most: twenty times what the largest vocabularies take.
const MAX_HEADER_LEN: u64 = 256 << 20;
