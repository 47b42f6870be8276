//! Opens the whole payload of a sealed file into a sink, in one pass, on all threads of the pool.

use super::hashes::{Hashes, Hashing};
use super::pipeline::run;
use super::{Error, PayloadCipher};
use crate::base::{Progress, ReadAt, WriteAt};
use crate::format::Geometry;

/// Authenticates and opens every chunk of the sealed file in `source` and writes the plaintext to `sink`;
/// a chunk's bytes are written only once its tag has verified. Takes the hashes asked for in the same pass.
/// That nothing follows the last chunk is for the caller to check, who knows the file's length.
pub fn open_payload(
    cipher: &PayloadCipher,
    geometry: Geometry,
    source: &dyn ReadAt,
    sink: &dyn WriteAt,
    wanted: Hashes<bool>,
    progress: &dyn Progress,
) -> Result<Hashes<Option<[u8; 32]>>, Error> {
    let hashing = Hashing::start(wanted, cipher.prefix());
    run(geometry, progress, &hashing, |group, buffers| {
        let filled = source.read_full_at(&mut buffers.sealed, group.sealed_offset()).map_err(Error::Read)?;
        if filled < buffers.sealed.len() {
            return Err(Error::Truncated);
        }
        for (chunk, plaintext, sealed) in group.pieces() {
            cipher.open_chunk(chunk, &buffers.sealed[sealed], &mut buffers.plaintext[plaintext])?;
        }
        hashing.payload(group.index, &buffers.sealed)?;
        hashing.plaintext(group.index, &buffers.plaintext)?;
        sink.write_all_at(&buffers.plaintext, group.plaintext_offset()).map_err(Error::Write)
    })?;
    Ok(hashing.finish())
}
