//! One tensor of a file: its type, its shape, and where its bytes are.

use std::ops::Range;

use super::Dtype;

/// One tensor of a file, row-major and little-endian. That its bytes lie within the file, and are as many as
/// its type and shape ask for, has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Box<[u64]>,
    pub(super) file_range: Range<u64>,
}

impl TensorInfo {
    /// Its name in the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its elements.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Elements along each dimension, the outermost first; no dimension for a single element.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Where its bytes are, counted from the start of the file.
    #[must_use]
    pub fn file_range(&self) -> Range<u64> {
        self.file_range.clone()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn byte_len(&self) -> u64 {
        self.file_range.end - self.file_range.start
    }
}
