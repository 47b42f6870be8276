//! Cuts a buffer that stands for a part of a file where the file's own pieces end.

use std::iter;

/// Cuts `buffer`, whose first byte stands for the one at `offset`, at every multiple of `piece_len` that
/// lies within. Whatever is cut at a divisor of `piece_len` itself is never cut across.
///
/// # Panics
/// When `piece_len` is 0.
pub fn pieces_mut(
    buffer: &mut [u8],
    offset: u64,
    piece_len: usize,
) -> impl Iterator<Item = (u64, &mut [u8])> + Send {
    let mut rest = Some((offset, buffer));
    iter::from_fn(move || {
        let (offset, buffer) = rest.take().filter(|(_, buffer)| !buffer.is_empty())?;
        let len = buffer.len().min(until_multiple(offset, piece_len));
        let (piece, later) = buffer.split_at_mut(len);
        rest = Some((offset + len as u64, later));
        Some((offset, piece))
    })
}

/// How far it is from `offset` to the next multiple of `piece_len`; `piece_len` where it is one.
#[allow(clippy::cast_possible_truncation, reason = "a remainder by a usize fits")]
fn until_multiple(offset: u64, piece_len: usize) -> usize {
    piece_len - (offset % piece_len as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_multiples_of_the_file_and_not_of_the_buffer() {
        let mut buffer = [0; 10];
        let pieces: Vec<_> = pieces_mut(&mut buffer, 6, 4).map(|(at, piece)| (at, piece.len())).collect();
        assert_eq!(pieces, [(6, 2), (8, 4), (12, 4)]);
        assert_eq!(pieces_mut(&mut buffer[..2], 4, 4).count(), 1);
        assert_eq!(pieces_mut(&mut [], 6, 4).count(), 0);
    }
}
