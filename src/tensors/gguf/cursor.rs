//! Reads a GGUF header from front to back: numbers in the file's byte order, and never past its end.

use super::super::Error;
use crate::base::ReadAt;

/// The order of the bytes of every number in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

/// A place in a file, and some of the bytes that follow it.
pub(super) struct Cursor<'s, S: ?Sized> {
    source: &'s S,
    endian: Endian,
    /// No byte from here on is read.
    end: u64,
    /// The next byte.
    at: u64,
    /// Bytes of the file, of which the first `at - window_start` have been taken.
    window: Vec<u8>,
    window_start: u64,
    /// What is being read, for the error if it ends early.
    what: &'static str,
}

impl<'s, S: ReadAt + ?Sized> Cursor<'s, S> {
    pub(super) fn new(source: &'s S, endian: Endian, at: u64, end: u64) -> Self {
        Self { source, endian, end, at, window: Vec::new(), window_start: at, what: "the header" }
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn endian(&self) -> Endian {
        self.endian
    }

    /// Names what is read from here on.
    pub(super) fn expect(&mut self, what: &'static str) {
        self.what = what;
    }

    /// Bytes up to the end.
    pub(super) fn remaining(&self) -> u64 {
        self.end - self.at
    }

    /// Steps over `len` bytes without reading them.
    pub(super) fn skip(&mut self, len: u64) -> Result<(), Error> {
        if len > self.remaining() {
            return Err(Error::Truncated(self.what));
        }
        self.at += len;
        Ok(())
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, Error> {
        let bytes = self.array()?;
        Ok(match self.endian {
            Endian::Little => u16::from_le_bytes(bytes),
            Endian::Big => u16::from_be_bytes(bytes),
        })
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        let bytes = self.array()?;
        Ok(match self.endian {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        })
    }

    pub(super) fn u64(&mut self) -> Result<u64, Error> {
        let bytes = self.array()?;
        Ok(match self.endian {
            Endian::Little => u64::from_le_bytes(bytes),
            Endian::Big => u64::from_be_bytes(bytes),
        })
    }

    /// The bytes of a string, which lie within the file: its length is held against that first.
    pub(super) fn text(&mut self) -> Result<Vec<u8>, Error> {
        let len = self.u64()?;
        if len > self.remaining() {
            return Err(Error::Truncated(self.what));
        }
        let len = usize::try_from(len).map_err(|_| Error::Truncated(self.what))?;
        let mut text = vec![0; len];
        self.fill(&mut text)?;
        Ok(text)
    }

    /// Steps over a string.
    pub(super) fn skip_text(&mut self) -> Result<(), Error> {
        let len = self.u64()?;
        self.skip(len)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        let len = bytes.len();
        if len as u64 > self.remaining() {
            return Err(Error::Truncated(self.what));
        }
        if len > WINDOW_LEN {
            self.source.read_exact_at(bytes, self.at).map_err(Error::Read)?;
        } else {
            self.cover(len)?;
            let start = self.taken();
            bytes.copy_from_slice(&self.window[start..start + len]);
        }
        self.at += len as u64;
        Ok(())
    }

    /// Has the next `len` bytes, which are there, in the window.
    fn cover(&mut self, len: usize) -> Result<(), Error> {
        if self.at - self.window_start + len as u64 <= self.window.len() as u64 {
            return Ok(());
        }
        let wanted = usize::try_from(self.remaining()).unwrap_or(usize::MAX).min(WINDOW_LEN);
        self.window.resize(wanted, 0);
        self.window_start = self.at;
        let read = self.source.read_full_at(&mut self.window, self.at).map_err(Error::Read)?;
        self.window.truncate(read);
        if read < len { Err(Error::Truncated(self.what)) } else { Ok(()) }
    }

    fn taken(&self) -> usize {
        usize::try_from(self.at - self.window_start).expect("within the window")
    }
}

/// Bytes that are read at a time.
const WINDOW_LEN: usize = 64 * 1024;
