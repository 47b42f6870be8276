//! What is in a file, and which texts of it are looked through.

mod json_text;
mod kind;
mod notebook;
mod tensors;
mod vocabulary;

pub(super) use kind::{HEAD_LEN, Kind};
pub(super) use notebook::passages as of_notebook;
pub(super) use tensors::{of_gguf, of_safetensors};
pub(super) use vocabulary::passages as of_vocabulary;
