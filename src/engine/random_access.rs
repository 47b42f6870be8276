//! Reads any part of a payload, opening only the chunks that it touches.

use std::io;

use rayon::iter::{ParallelBridge, ParallelIterator};
use zeroize::Zeroizing;

use super::page_aligned::PageAligned;
use super::{Error, PayloadCipher};
use crate::base::{Progress, ReadAt, pieces_mut};
use crate::format::Geometry;
use crate::format::geometry::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};

/// Fills `buffer` with plaintext from `offset` on, or as much of it as there is; returns how much.
/// Many threads may do so at once. On an error the buffer holds nothing unauthenticated.
pub fn read_payload_at(
    cipher: &PayloadCipher,
    geometry: Geometry,
    source: &(impl ReadAt + ?Sized),
    buffer: &mut [u8],
    offset: u64,
) -> Result<usize, Error> {
    let there = geometry.plaintext_len().saturating_sub(offset);
    let filled = usize::try_from(there).unwrap_or(usize::MAX).min(buffer.len());
    let mut sealed = PageAligned::default();
    for (offset, span) in pieces_mut(&mut buffer[..filled], offset, SPAN_LEN) {
        open_span(cipher, geometry, source, &mut sealed, span, offset)?;
    }
    Ok(filled)
}

/// Fills `buffer` with plaintext from `offset` on, on the threads of the current pool: each chunk is opened
/// into its place, and those at the edges beside it. That there is not so much is an error of reading. On
/// an error the buffer holds nothing unauthenticated.
pub fn par_read_payload_exact_at(
    cipher: &PayloadCipher,
    geometry: Geometry,
    source: &(impl ReadAt + ?Sized),
    buffer: &mut [u8],
    offset: u64,
    progress: &dyn Progress,
) -> Result<(), Error> {
    if geometry.plaintext_len().checked_sub(offset).is_none_or(|there| there < buffer.len() as u64) {
        return Err(Error::Read(io::ErrorKind::UnexpectedEof.into()));
    }
    let open = |sealed: &mut PageAligned, (offset, span): (u64, &mut [u8])| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let span_len = span.len() as u64;
        open_span(cipher, geometry, source, sealed, span, offset)?;
        progress.advance(span_len);
        Ok(())
    };
    let is_worth_waking_threads = buffer.len() >= MIN_PARALLEL_LEN;
    let mut spans = pieces_mut(buffer, offset, SPAN_LEN);
    if is_worth_waking_threads {
        spans.par_bridge().try_for_each_init(PageAligned::default, open)
    } else {
        let mut sealed = PageAligned::default();
        spans.try_for_each(|span| open(&mut sealed, span))
    }
}

/// Fills `plaintext`, no more than there is from `offset` on, with one read of the source.
fn open_span(
    cipher: &PayloadCipher,
    geometry: Geometry,
    source: &(impl ReadAt + ?Sized),
    sealed: &mut PageAligned,
    mut plaintext: &mut [u8],
    mut offset: u64,
) -> Result<(), Error> {
    let first = offset / CHUNK_LEN as u64;
    let end = (offset + plaintext.len() as u64).div_ceil(CHUNK_LEN as u64);
    sealed.fit((first..end).map(|chunk| geometry.chunk_plaintext_len(chunk) + TAG_LEN).sum());
    if source.read_full_at(sealed, Geometry::chunk_offset(first)).map_err(Error::Read)? < sealed.len() {
        return Err(Error::Truncated);
    }
    let mut edge = Zeroizing::new(Vec::new());
    for (chunk, sealed) in (first..end).zip(sealed.chunks(SEALED_CHUNK_LEN)) {
        let chunk_len = sealed.len() - TAG_LEN;
        let skipped = usize::try_from(offset - chunk * CHUNK_LEN as u64).expect("within a chunk");
        let taken = plaintext.len().min(chunk_len - skipped);
        let (now, later) = plaintext.split_at_mut(taken);
        if taken == chunk_len {
            cipher.open_chunk(chunk, sealed, now)?;
        } else {
            edge.resize(chunk_len, 0);
            cipher.open_chunk(chunk, sealed, &mut edge)?;
            now.copy_from_slice(&edge[skipped..][..taken]);
        }
        plaintext = later;
        offset += taken as u64;
    }
    Ok(())
}

/// Plaintext fetched by one read of the source: whole chunks, since it is cut at multiples of this length.
const SPAN_LEN: usize = 16 * CHUNK_LEN;

/// From here on several threads are sooner done than one.
const MIN_PARALLEL_LEN: usize = 4 * SPAN_LEN;
