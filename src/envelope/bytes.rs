//! Small secrets in memory, in the format of a file.

use std::io;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{Error, Opener, Sealer, Source};
use crate::base::{ReadAt, SecretText, Silent, WriteAt};
use crate::format::Geometry;
use crate::keys::MasterKey;

/// Seals a small document: the result is a whole sealed file, 16 KiB and a little longer than `plaintext`.
///
/// ```
/// use modelcrypt::envelope::{open_bytes, seal_bytes};
/// use modelcrypt::keys::MasterKey;
/// let key = MasterKey::generate()?;
/// let sealed = seal_bytes(&key, b"token")?;
/// assert_eq!(open_bytes(&key, &sealed)?.expose(), b"token");
/// # Ok::<(), modelcrypt::envelope::Error>(())
/// ```
pub fn seal_bytes(key: &MasterKey, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    let plaintext_len = plaintext.len() as u64;
    let sink = Memory::new(Geometry::of_plaintext(plaintext_len)?.sealed_len())?;
    Sealer::new(key)?.seal(&plaintext, Source { plaintext_len, ..Source::default() }, &sink, &Silent)?;
    Ok(sink.0.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Opens what [`seal_bytes`] made, or any sealed file that is in memory.
pub fn open_bytes(key: &MasterKey, sealed: &[u8]) -> Result<SecretText, Error> {
    let reader = Opener::new(sealed, sealed.len() as u64)?.unlock(key)?;
    let mut plaintext = Zeroizing::new(vec![0; in_memory(reader.len())?]);
    reader.read_exact_at(&mut plaintext, 0)?;
    Ok(SecretText::new(std::mem::take(&mut *plaintext)))
}

struct Memory(Mutex<Vec<u8>>);

impl Memory {
    fn new(len: u64) -> Result<Self, Error> {
        Ok(Self(Mutex::new(vec![0; in_memory(len)?])))
    }
}

impl WriteAt for Memory {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        memory[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

fn in_memory(len: u64) -> Result<usize, Error> {
    usize::try_from(len).map_err(|_| Error::Io(io::ErrorKind::OutOfMemory.into()))
}
