//! The index of a safetensors file: `header length (u64, little-endian) | header (JSON) | data`.

use std::collections::BTreeMap;

use super::error::quoted;
use super::header::{Description, Header, NamedDtype};
use super::{Error, TensorInfo};
use crate::base::ReadAt;

/// What the header of a safetensors file says, checked as strictly as the `safetensors` crate does: the
/// tensors lie one behind the other without holes and overlaps, each is as long as its type and shape ask
/// for, and the file ends with the last. Beyond that crate, no name may stand twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Safetensors {
    metadata: Option<BTreeMap<String, String>>,
    /// In the order of their data.
    tensors: Vec<TensorInfo>,
    /// Places in `tensors`, in the order of the names.
    by_name: Vec<usize>,
    data_offset: u64,
}

impl Safetensors {
    /// Reads the header of a file of `file_len` bytes, and nothing behind it. Memory stays within a small
    /// multiple of the header, which has 100 MB at most.
    pub fn read(source: &(impl ReadAt + ?Sized), file_len: u64) -> Result<Self, Error> {
        let mut header_len = [0; LENGTH_LEN];
        if source.read_full_at(&mut header_len, 0).map_err(Error::Read)? < LENGTH_LEN {
            return Err(Error::Truncated("the header's length"));
        }
        let header_len = u64::from_le_bytes(header_len);
        if header_len > MAX_HEADER_LEN {
            return Err(Error::Malformed("it would have a header of more than 100 MB"));
        }
        let data_offset = LENGTH_LEN as u64 + header_len;
        if data_offset > file_len {
            return Err(Error::Truncated("the header"));
        }
        let mut json = vec![0; usize::try_from(header_len).expect("at most 100 MB")];
        source.read_exact_at(&mut json, LENGTH_LEN as u64).map_err(Error::Read)?;
        let header = Header::parse(&json)?;
        Self::check(header, data_offset, file_len)
    }

    /// What the file says of itself beside its tensors; `None` where it has no such place.
    #[must_use]
    pub fn metadata(&self) -> Option<&BTreeMap<String, String>> {
        self.metadata.as_ref()
    }

    /// Its tensors in the order of their data (`offset_keys()` in Python). Empty ones at the same place are
    /// in the order of the header.
    #[must_use]
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// The names of its tensors in alphabetical order (`keys()` in Python).
    #[must_use]
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.by_name.iter().map(|&place| self.tensors[place].name())
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Result<&TensorInfo, Error> {
        self.by_name
            .binary_search_by_key(&name, |&place| self.tensors[place].name())
            .map(|found| &self.tensors[self.by_name[found]])
            .map_err(|_| Error::NoTensor(quoted(name)))
    }

    /// Where the data begins: bytes of header and its length.
    #[must_use]
    pub fn data_offset(&self) -> u64 {
        self.data_offset
    }

    fn check(header: Header, data_offset: u64, file_len: u64) -> Result<Self, Error> {
        let mut descriptions = header.tensors;
        descriptions.sort_by_key(|(_, description)| description.data_offsets);
        let mut tensors = Vec::with_capacity(descriptions.len());
        let mut end = data_offset;
        for (name, description) in descriptions {
            let tensor = place(name, description, data_offset, end)?;
            end = tensor.file_range.end;
            tensors.push(tensor);
        }
        if end > file_len {
            return Err(Error::Truncated("the tensors"));
        }
        if end < file_len {
            return Err(Error::Malformed("there are bytes behind the last tensor"));
        }
        let mut by_name: Vec<usize> = (0..tensors.len()).collect();
        by_name.sort_unstable_by_key(|&place| tensors[place].name.as_str());
        let twice = by_name.windows(2).find(|pair| tensors[pair[0]].name == tensors[pair[1]].name);
        if let Some(pair) = twice {
            return Err(malformed(&tensors[pair[0]].name, "stands there twice"));
        }
        Ok(Self { metadata: header.metadata, tensors, by_name, data_offset })
    }
}

/// Finds the place in the file of a tensor that has to begin at `start`.
fn place(name: String, description: Description, data_offset: u64, start: u64) -> Result<TensorInfo, Error> {
    let dtype = match description.dtype {
        NamedDtype::Known(dtype) => dtype,
        NamedDtype::Unknown(dtype) => {
            return Err(Error::UnknownDtype { name: quoted(&name), dtype: quoted(&dtype) });
        }
    };
    let (begin, end) = description.data_offsets;
    if begin != start - data_offset || end < begin {
        return Err(malformed(&name, "does not begin where the one before it ends"));
    }
    // In this order: a shape may be too large for its product and have a zero behind that.
    let elements = description.shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
    let bits = elements
        .and_then(|elements| elements.checked_mul(dtype.bits()))
        .ok_or_else(|| malformed(&name, "has more elements than can be counted"))?;
    if !bits.is_multiple_of(8) {
        return Err(malformed(&name, "does not fill its last byte"));
    }
    if end - begin != bits / 8 {
        return Err(malformed(&name, "is not as long as its type and shape ask for"));
    }
    let end =
        data_offset.checked_add(end).ok_or_else(|| malformed(&name, "ends beyond what can be addressed"))?;
    Ok(TensorInfo { name, dtype, shape: description.shape.into(), file_range: start..end })
}

fn malformed(name: &str, fault: &'static str) -> Error {
    Error::MalformedTensor { name: quoted(name), fault }
}

/// Bytes of the header's length.
const LENGTH_LEN: usize = 8;

/// Bytes of a header, at most: what the `safetensors` crate accepts.
const MAX_HEADER_LEN: u64 = 100_000_000;
