//! Seals a plaintext of known length into a file, in one pass, on all threads of the pool.

use super::hashes::{Hashes, Hashing};
use super::pipeline::run;
use super::{Error, PayloadCipher};
use crate::base::{Progress, ReadAt, WriteAt};
use crate::format::Geometry;
use crate::format::limits::HEADER_LEN;

/// Seals the whole plaintext of `source` and writes the payload to `sink` behind the place of the header.
/// Takes the hashes asked for in the same pass.
pub fn seal_payload(
    cipher: &PayloadCipher,
    geometry: Geometry,
    source: &dyn ReadAt,
    sink: &dyn WriteAt,
    wanted: Hashes<bool>,
    progress: &dyn Progress,
) -> Result<Hashes<Option<[u8; 32]>>, Error> {
    sink.write_all_at(cipher.prefix(), HEADER_LEN).map_err(Error::Write)?;
    let hashing = Hashing::start(wanted, cipher.prefix());
    run(geometry, progress, &hashing, |group, buffers| {
        let filled =
            source.read_full_at(&mut buffers.plaintext, group.plaintext_offset()).map_err(Error::Read)?;
        if filled < buffers.plaintext.len() {
            return Err(Error::SourceShrank);
        }
        // Whoever has to wait for its turn to hash seals meanwhile.
        let hashes_first = hashing.is_plaintext_due(group.index);
        if hashes_first {
            hashing.plaintext(group.index, &buffers.plaintext)?;
        }
        for (chunk, plaintext, sealed) in group.pieces() {
            cipher.seal_chunk(chunk, &buffers.plaintext[plaintext], &mut buffers.sealed[sealed]);
        }
        if !hashes_first {
            hashing.plaintext(group.index, &buffers.plaintext)?;
        }
        hashing.payload(group.index, &buffers.sealed)?;
        sink.write_all_at(&buffers.sealed, group.sealed_offset()).map_err(Error::Write)
    })?;
    Ok(hashing.finish())
}
