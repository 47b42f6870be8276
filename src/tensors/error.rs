//! What can be wrong with a file of tensors, or with what is asked of it.

use std::io;

/// Why there is no index, or no bytes of a tensor. Names from the file are escaped and cut to a line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading failed.
    #[error("reading: {0}")]
    Read(#[source] io::Error),
    /// The file ends before what its beginning promises.
    #[error("cut off inside {0}")]
    Truncated(&'static str),
    /// The file as a whole is not safetensors.
    #[error("not a safetensors file: {0}")]
    Malformed(&'static str),
    /// The header is not the JSON that a safetensors file has.
    #[error("not a safetensors file: the header's JSON is wrong at line {line}, column {column}")]
    Json {
        /// From 1; a header has one line as a rule.
        line: usize,
        /// Bytes of that line up to the fault.
        column: usize,
    },
    /// The description of one tensor contradicts itself, another or the format.
    #[error("not a safetensors file: tensor {name} {fault}")]
    MalformedTensor {
        /// Its name, quoted.
        name: String,
        /// What it does wrong.
        fault: &'static str,
    },
    /// The file as a whole is not GGUF.
    #[error("not a GGUF file: {0}")]
    MalformedGguf(&'static str),
    /// The description of one tensor of a GGUF file contradicts itself, another or the format.
    #[error("not a GGUF file: tensor {name} {fault}")]
    MalformedGgufTensor {
        /// Its name, quoted.
        name: String,
        /// What it does wrong.
        fault: &'static str,
    },
    /// A GGUF file of another version than 2 and 3.
    #[error("a GGUF file of version {0}")]
    GgufVersion(u32),
    /// A tensor of a type that the format did not have when this was written.
    #[error("tensor {name} is of the unknown type {dtype}")]
    UnknownDtype {
        /// Its name, quoted.
        name: String,
        /// The type's name, quoted.
        dtype: String,
    },
    /// No tensor has this name.
    #[error("there is no tensor {0}")]
    NoTensor(String),
    /// A slice names more dimensions than the tensor has.
    #[error("{asked} indices for {dimensions} dimensions")]
    TooManyIndices {
        /// How many were given.
        asked: usize,
        /// How many the tensor has.
        dimensions: usize,
    },
    /// A slice reaches out of the tensor, or ends before it starts.
    #[error("{asked} is out of range for dimension {dimension} of size {size}")]
    OutOfRange {
        /// From 0.
        dimension: usize,
        /// The index, or the start and stop.
        asked: String,
        /// How many elements that dimension has.
        size: u64,
    },
    /// A slice of elements smaller than a byte begins or ends inside one.
    #[error("the slice does not begin and end on whole bytes")]
    Misaligned,
    /// The destination is not just as long as what is read into it.
    #[error("a buffer of {found} bytes for {expected} bytes of tensor")]
    BufferLen {
        /// Bytes of the tensor or slice.
        expected: u64,
        /// Bytes of the buffer.
        found: usize,
    },
}

/// A name from a file, fit for a message: quoted, escaped, no longer than a line.
pub(super) fn quoted(name: &str) -> String {
    let end = name.char_indices().nth(MAX_SHOWN_CHARS).map_or(name.len(), |(end, _)| end);
    let more = if end < name.len() { "…" } else { "" };
    format!("{:?}{more}", &name[..end])
}

const MAX_SHOWN_CHARS: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_message_is_short_and_has_no_control_characters() {
        assert_eq!(quoted("a\u{1b}[2J`"), r#""a\u{1b}[2J`""#);
        assert_eq!(quoted(&"ä".repeat(100_000)).chars().count(), MAX_SHOWN_CHARS + 3);
    }
}
