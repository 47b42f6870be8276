//! The payload: C2SP `chunked-encryption`, instance Cobblestone-256. One stateless, positional chunk
//! cipher under a parallel pipeline, streams and random access.

mod error;
mod hashes;
mod in_order;
mod opener;
mod page_aligned;
mod payload;
mod pipeline;
mod random_access;
mod sealer;
mod sinks;
mod stream;

pub use error::Error;
pub use hashes::Hashes;
pub use opener::open_payload;
pub use payload::PayloadCipher;
pub use random_access::{par_read_payload_exact_at, read_payload_at};
pub use sealer::seal_payload;
pub use sinks::{Comparing, Discard, is_difference};
pub use stream::{open_stream, seal_stream};
