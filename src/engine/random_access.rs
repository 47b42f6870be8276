//! Reads any part of a payload, opening only the chunks that it touches.

use zeroize::Zeroizing;

use super::{Error, PayloadCipher};
use crate::base::ReadAt;
use crate::format::Geometry;
use crate::format::geometry::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};

/// Chunks fetched by one read of the source.
const SPAN_CHUNKS: u64 = 16;

/// Fills `buffer` with plaintext from `offset` on, or as much of it as there is; returns how much.
/// Many threads may do so at once. On an error the buffer holds nothing unauthenticated.
pub fn read_payload_at(
    cipher: &PayloadCipher,
    geometry: Geometry,
    source: &(impl ReadAt + ?Sized),
    buffer: &mut [u8],
    offset: u64,
) -> Result<usize, Error> {
    let wanted_end = offset.saturating_add(buffer.len() as u64).min(geometry.plaintext_len());
    if offset >= wanted_end {
        return Ok(0);
    }
    let mut chunk = offset / CHUNK_LEN as u64;
    let chunk_end = (wanted_end - 1) / CHUNK_LEN as u64 + 1;
    let mut sealed = Vec::new();
    let mut edge = Zeroizing::new([0; CHUNK_LEN]);
    let mut rest = &mut buffer[..usize::try_from(wanted_end - offset).expect("no more than the buffer")];
    let filled = rest.len();
    let mut position = offset;
    while chunk < chunk_end {
        let span_end = chunk_end.min(chunk + SPAN_CHUNKS);
        let span_len: usize =
            (chunk..span_end).map(|index| geometry.chunk_plaintext_len(index) + TAG_LEN).sum();
        sealed.resize(span_len, 0);
        if source.read_full_at(&mut sealed, Geometry::chunk_offset(chunk)).map_err(Error::Read)? < span_len {
            return Err(Error::Truncated);
        }
        for sealed in sealed.chunks(SEALED_CHUNK_LEN) {
            let plaintext_len = sealed.len() - TAG_LEN;
            let skipped = usize::try_from(position - chunk * CHUNK_LEN as u64).expect("within a chunk");
            let taken = rest.len().min(plaintext_len - skipped);
            let (now, later) = rest.split_at_mut(taken);
            if taken == plaintext_len {
                cipher.open_chunk(chunk, sealed, now)?;
            } else {
                cipher.open_chunk(chunk, sealed, &mut edge[..plaintext_len])?;
                now.copy_from_slice(&edge[skipped..][..taken]);
            }
            rest = later;
            position += taken as u64;
            chunk += 1;
        }
    }
    Ok(filled)
}
