//! One tensor of a GGUF file.

use std::ops::Range;

use super::GgmlType;

/// One tensor of a GGUF file. That its bytes lie within the file has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GgufTensor {
    pub(super) name: String,
    pub(super) kind: GgmlType,
    pub(super) dimensions: Box<[u64]>,
    pub(super) file_offset: u64,
    pub(super) byte_len: Option<u64>,
}

impl GgufTensor {
    /// Its name in the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its elements.
    #[must_use]
    pub fn kind(&self) -> GgmlType {
        self.kind
    }

    /// Elements along each dimension as the file has them: the innermost first.
    #[must_use]
    pub fn dimensions(&self) -> &[u64] {
        &self.dimensions
    }

    /// Where its bytes begin, counted from the start of the file.
    #[must_use]
    pub fn file_offset(&self) -> u64 {
        self.file_offset
    }

    /// How many bytes it has; `None` for a type that this version does not know.
    #[must_use]
    pub fn byte_len(&self) -> Option<u64> {
        self.byte_len
    }

    /// Where its bytes are, if it is known how many they are.
    #[must_use]
    pub fn file_range(&self) -> Option<Range<u64>> {
        self.byte_len.map(|len| self.file_offset..self.file_offset + len)
    }
}
