//! Whether two files hold the same bytes.

use std::fs::File;
use std::io;

use zeroize::Zeroizing;

use super::Error;
use crate::base::{Progress, ReadAt};
use crate::envelope::{self, SealedReader};

/// Whether the sealed file holds just the bytes of `plain`; every chunk of it is authenticated.
pub(super) fn holds<S: ReadAt>(
    reader: &SealedReader<S>,
    plain: &File,
    progress: &dyn Progress,
) -> Result<bool, Error> {
    let plain_len = plain.metadata().map_err(envelope::Error::Io)?.len();
    reader.equals(plain, plain_len, progress).map_err(Error::from)
}

/// Whether both files have the same bytes.
pub(super) fn same_files(a: &File, b: &File) -> io::Result<bool> {
    let len = a.metadata()?.len();
    if len != b.metadata()?.len() {
        return Ok(false);
    }
    let mut buffers = [Zeroizing::new(vec![0; BUFFER_LEN]), Zeroizing::new(vec![0; BUFFER_LEN])];
    let mut offset = 0;
    while offset < len {
        let [of_a, of_b] = &mut buffers;
        let filled = a.read_full_at(of_a, offset)?;
        if filled != b.read_full_at(of_b, offset)? || filled == 0 || of_a[..filled] != of_b[..filled] {
            return Ok(false);
        }
        offset += filled as u64;
    }
    Ok(true)
}

const BUFFER_LEN: usize = 256 * 1024;
