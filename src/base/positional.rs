//! Reads and writes at a position, so that many threads share one file without a cursor.

use std::fs::File;
use std::io;

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::pieces_mut;

/// Something that can be read at any offset by many threads at once.
pub trait ReadAt: Sync {
    /// Reads up to `buffer.len()` bytes at `offset`; 0 means the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads until `buffer` is full or the end comes; returns how much was read.
    fn read_full_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Fills `buffer`, or fails with [`io::ErrorKind::UnexpectedEof`].
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        if self.read_full_at(buffer, offset)? < buffer.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// Fills `buffer` on the threads of the current pool, or fails with [`io::ErrorKind::UnexpectedEof`] or
    /// the first error that any of them met. For buffers of many megabytes; a small one is read as by
    /// [`read_exact_at`](Self::read_exact_at).
    fn par_read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        if buffer.len() <= PIECE_LEN {
            return self.read_exact_at(buffer, offset);
        }
        pieces_mut(buffer, offset, PIECE_LEN)
            .par_bridge()
            .try_for_each(|(offset, piece)| self.read_exact_at(piece, offset))
    }
}

/// Something that can be written at any offset by many threads at once.
pub trait WriteAt: Sync {
    /// Writes some of `bytes` at `offset` and says how much.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut written = 0;
        while written < bytes.len() {
            match self.write_at(&bytes[written..], offset + written as u64) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A file that can be read and written in place and made to last.
pub trait Durable: ReadAt + WriteAt {
    /// Returns once all that was written is on the medium. A failure is final: what is there is not known.
    fn sync(&self) -> io::Result<()>;
}

impl Durable for File {
    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}

impl ReadAt for File {
    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }
}

impl WriteAt for File {
    #[cfg(unix)]
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::write_at(self, bytes, offset)
    }

    #[cfg(windows)]
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_write(self, bytes, offset)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }

    fn par_read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).par_read_exact_at(buffer, offset)
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.get(start..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// What one thread reads at a time.
const PIECE_LEN: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    struct OneByteAtATime<'a>(&'a [u8]);

    impl ReadAt for OneByteAtATime<'_> {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read_at(&mut buffer[..count], offset)
        }
    }

    #[test]
    fn short_reads_are_joined() {
        let mut buffer = [0; 3];
        OneByteAtATime(b"abcdef").read_exact_at(&mut buffer, 2).unwrap();
        assert_eq!(&buffer, b"cde");
    }

    #[test]
    fn an_early_end_is_an_error() {
        let error = b"abc"[..].read_exact_at(&mut [0; 3], 1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn many_threads_fill_one_buffer_or_see_the_end() {
        let bytes: Vec<u8> = (0..=250).cycle().take(3 * PIECE_LEN).collect();
        let mut buffer = vec![0; 2 * PIECE_LEN + 7];
        bytes.par_read_exact_at(&mut buffer, 100).unwrap();
        assert_eq!(buffer, bytes[100..][..buffer.len()]);
        let error = bytes.par_read_exact_at(&mut buffer, bytes.len() as u64 / 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
