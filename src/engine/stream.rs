//! Payloads through pipes: no positions, no lengths, one chunk at a time.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use super::{Error, PayloadCipher};
use crate::base::Progress;
use crate::format::geometry::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::format::limits::MAX_PLAINTEXT_LEN;

/// Seals all that `input` has and writes prefix and chunks to `output`. Returns the plaintext's length.
pub fn seal_stream(
    cipher: &PayloadCipher,
    input: &mut dyn Read,
    output: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<u64, Error> {
    output.write_all(cipher.prefix()).map_err(Error::Write)?;
    let mut plaintext = Zeroizing::new([0; CHUNK_LEN]);
    let mut sealed = vec![0; SEALED_CHUNK_LEN];
    for index in 0.. {
        stop_if_cancelled(progress)?;
        let filled = read_full(input, &mut *plaintext)?;
        let plaintext_len = index * CHUNK_LEN as u64 + filled as u64;
        if plaintext_len > MAX_PLAINTEXT_LEN {
            return Err(Error::TooLong);
        }
        let sealed = &mut sealed[..filled + TAG_LEN];
        cipher.seal_chunk(index, &plaintext[..filled], sealed);
        output.write_all(sealed).map_err(Error::Write)?;
        progress.advance(filled as u64);
        if filled < CHUNK_LEN {
            return Ok(plaintext_len);
        }
    }
    unreachable!("an endless count")
}

/// Opens the chunks that `input` has behind the payload's prefix and writes them to `output` as they
/// authenticate: that the input was cut short shows only at its end, as [`Error::Truncated`]. Returns the
/// plaintext's length.
pub fn open_stream(
    cipher: &PayloadCipher,
    input: &mut dyn Read,
    output: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<u64, Error> {
    let mut sealed = vec![0; SEALED_CHUNK_LEN];
    let mut plaintext = Zeroizing::new([0; CHUNK_LEN]);
    for index in 0.. {
        stop_if_cancelled(progress)?;
        let filled = read_full(input, &mut sealed)?;
        let plaintext_len = filled.checked_sub(TAG_LEN).ok_or(Error::Truncated)?;
        let last = filled < SEALED_CHUNK_LEN;
        let plaintext = &mut plaintext[..plaintext_len];
        // A short chunk that fails is what is left of a full one, more often than not.
        cipher
            .open_chunk(index, &sealed[..filled], plaintext)
            .map_err(|error| if last { Error::Truncated } else { error })?;
        output.write_all(plaintext).map_err(Error::Write)?;
        progress.advance(plaintext_len as u64);
        if last {
            return Ok(index * CHUNK_LEN as u64 + plaintext_len as u64);
        }
    }
    unreachable!("an endless count")
}

fn read_full(input: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Read(error)),
        }
    }
    Ok(filled)
}

fn stop_if_cancelled(progress: &dyn Progress) -> Result<(), Error> {
    if progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
}
