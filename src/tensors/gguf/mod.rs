//! What the header of a GGUF file says: metadata, and the tensors that follow.

mod cursor;
mod file;
mod ggml_type;
mod tensor;
mod value;

pub use file::Gguf;
pub use ggml_type::GgmlType;
pub use tensor::GgufTensor;
pub use value::{GgufArray, GgufElements, GgufType, GgufValue};
