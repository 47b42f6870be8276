//! `cat`: plaintext of one sealed file on standard output, whole or a range.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use zeroize::Zeroizing;

use super::pipe;
use crate::base::ReadAt;
use crate::cli::args::{CatArgs, Range};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{human, interrupt, key, raw};
use crate::envelope::{self, Opener, SealedReader};
use crate::{ErrorKind, engine};

pub(in crate::cli) fn run(args: &CatArgs, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    let at = |error: envelope::Error| Failure::at(&args.file, error);
    let opener = open(&args.file)?;
    let key = key::existing(&args.key, context)?;
    interrupt::let_signals_kill()?;
    let reader = opener.unlock(&key.master).map_err(at)?;
    let (start, len) = within(args.range, reader.len())?;
    copy(&reader, start, len, &args.file)
}

/// The sealed file at `path`; a link that somebody named is resolved.
pub(super) fn open(path: &Path) -> Result<Opener<std::fs::File>, Failure> {
    let at = |error: envelope::Error| Failure::at(path, error);
    let is_link = path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    if is_link {
        let target = path.canonicalize().map_err(|error| at(error.into()))?;
        return Opener::open(&target).map_err(at);
    }
    Opener::open(path).map_err(|error| {
        let sealed = PathBuf::from([path.as_os_str(), OsStr::new(".enc")].join(OsStr::new("")));
        let failure = at(error);
        if path.exists() || !sealed.exists() {
            failure
        } else {
            failure.hint(format!("did you mean {}?", human::quoted(&sealed)))
        }
    })
}

/// Start and length of what is there of a range.
fn within(range: Option<Range>, plaintext_len: u64) -> Result<(u64, u64), Failure> {
    let Some(Range { start, len }) = range else { return Ok((0, plaintext_len)) };
    let Some(left) = plaintext_len.checked_sub(start) else {
        return Err(Failure::usage(format!("the range starts behind the end, which is at {plaintext_len}")));
    };
    Ok((start, len.unwrap_or(left).min(left)))
}

fn copy(reader: &SealedReader<std::fs::File>, start: u64, len: u64, path: &Path) -> Result<Exit, Failure> {
    let piece_len = usize::try_from(len).unwrap_or(usize::MAX).min(PIECE_LEN);
    let mut buffer = Zeroizing::new(vec![0; piece_len]);
    let mut output = raw::stdout()
        .map_err(|error| Failure::new(ErrorKind::Io, format!("writing to standard output: {error}")))?;
    let (mut offset, end) = (start, start + len);
    while offset < end {
        let wanted = usize::try_from(end - offset).unwrap_or(usize::MAX).min(piece_len);
        let piece = &mut buffer[..wanted];
        read(reader, piece, offset).map_err(|error| Failure::at(path, crate::Error::Io(error)))?;
        if let Err(error) = output.write_all(piece) {
            return pipe::end(Err(engine::Error::Write(error).into()));
        }
        offset += wanted as u64;
    }
    Ok(Exit::Done)
}

/// Fills `piece`; the threads of the pool share a large one.
fn read(reader: &SealedReader<std::fs::File>, piece: &mut [u8], offset: u64) -> std::io::Result<()> {
    if piece.len() <= SHARE_LEN {
        return reader.read_exact_at(piece, offset);
    }
    let shares = piece.par_chunks_mut(SHARE_LEN).enumerate();
    shares.try_for_each(|(index, share)| reader.read_exact_at(share, offset + (index * SHARE_LEN) as u64))
}

/// Plaintext that is in memory at once, at most.
const PIECE_LEN: usize = 4 << 20;

/// Plaintext that one thread opens at a time: a number of whole chunks.
const SHARE_LEN: usize = 256 << 10;
