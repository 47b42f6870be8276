//! What a model file says of its tensors, and reads of just the bytes that are asked for: the index of a
//! safetensors file from its header alone, one tensor, rows or any slice of one; of a GGUF file its metadata
//! and index. Everything is read through [`ReadAt`](crate::base::ReadAt), so from a sealed file no more than
//! the touched chunks are opened.
//!
//! ```
//! use modelcrypt::base::ReadAt;
//! use modelcrypt::tensors::{Dtype, Index, Safetensors};
//!
//! # fn main() -> Result<(), modelcrypt::Error> {
//! let header = br#"{"weight":{"dtype":"F16","shape":[3,2],"data_offsets":[0,12]}}"#;
//! let mut file = (header.len() as u64).to_le_bytes().to_vec();
//! file.extend_from_slice(header);
//! file.extend(0..12);
//!
//! // A `File` and a `SealedReader` are read in the same way.
//! let index = Safetensors::read(file.as_slice(), file.len() as u64)?;
//! assert_eq!(index.names().collect::<Vec<_>>(), ["weight"]);
//! let weight = index.tensor("weight")?;
//! assert_eq!((weight.dtype(), weight.shape()), (Dtype::F16, &[3, 2][..]));
//!
//! let mut rows = [0; 8];
//! weight.read_rows(file.as_slice(), 1..3, &mut rows)?;
//! assert_eq!(rows, [4, 5, 6, 7, 8, 9, 10, 11]);
//!
//! // weight[:, 1]
//! let column = weight.slice(&[Index::All, Index::At(1)])?;
//! assert_eq!((column.shape(), column.byte_len()), (&[3][..], 6));
//! let mut bytes = [0; 6];
//! column.read(file.as_slice(), &mut bytes)?;
//! assert_eq!(bytes, [2, 3, 6, 7, 10, 11]);
//! # Ok(())
//! # }
//! ```

mod dtype;
mod error;
mod gguf;
mod header;
mod read;
mod safetensors;
mod slice;
mod tensor;

pub use dtype::Dtype;
pub use error::Error;
pub use gguf::{GgmlType, Gguf, GgufArray, GgufElements, GgufTensor, GgufType, GgufValue};
pub use safetensors::Safetensors;
pub use slice::{Index, Runs, Slice};
pub use tensor::TensorInfo;
