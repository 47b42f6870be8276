//! Sealed files through pipes.

use std::io::{self, Read, Write};

use super::Error;
use super::opener::{authenticate, payload_context};
use crate::base::Progress;
use crate::crypto::Backend;
use crate::engine::{self, PayloadCipher};
use crate::format::geometry::PREFIX_LEN;
use crate::format::limits::HEADER_LEN;
use crate::format::{self, HeaderPair};
use crate::keys::{self, MasterKey};

/// Opens the sealed file that comes out of `input` and writes its plaintext to `output`, each chunk once it
/// has authenticated. That the input was cut short, or too long, shows only at its end, when all else has
/// been written: a caller must heed the error. Returns the plaintext's length.
pub fn open_stream(
    key: &MasterKey,
    input: &mut dyn Read,
    output: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<u64, Error> {
    let mut bytes = Vec::new();
    input.take(HEADER_LEN).read_to_end(&mut bytes)?;
    let pair = HeaderPair::parse(&bytes)?;
    let header = &pair.newest.header;
    let file_key = keys::unwrap(key, &header.slots, &header.core)?;
    authenticate(&file_key, &pair)?;
    let mut prefix = [0; PREFIX_LEN];
    input.read_exact(&mut prefix).map_err(truncated)?;
    let input_key = file_key.payload_input_key(&header.core);
    let cipher =
        PayloadCipher::from_prefix(Backend::default(), &input_key, &prefix, &payload_context(header))?;
    let opened_len = engine::open_stream(&cipher, input, output, progress)?;
    match header.core.plaintext_len {
        Some(plaintext_len) if plaintext_len != opened_len => {
            Err(format::Error::Malformed("the payload does not have the length that the header says").into())
        }
        _ => Ok(opened_len),
    }
}

fn truncated(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { engine::Error::Truncated.into() } else { error.into() }
}
