//! One sealed file: header and payload together. Sealed from a file, a stream or bytes; opened whole, as a
//! stream, or at any offset; its slots rewrapped in place.

mod bytes;
mod error;
mod header_editor;
mod metadata;
mod opener;
mod reader;
mod sealer;
mod stream;

pub use bytes::{open_bytes, seal_bytes};
pub use error::Error;
pub use header_editor::HeaderEditor;
pub use metadata::{ChecksumPolicy, Metadata};
pub use opener::Opener;
pub use reader::{SealedReader, Verified};
pub use sealer::{Sealed, Sealer, Source};
pub use stream::open_stream;
