//! `mask`: a text, with its secrets taken out.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::base::SecretText;
use crate::cli::args::MaskArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::masked_output::Stream;
use crate::cli::raw;
use crate::mask::Masker;
use crate::{Error, ErrorKind};

pub(in crate::cli) fn run(args: &MaskArgs, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    let masker = Masker::new();
    if let Some(path) = &args.known_from {
        register(&masker, path)?;
    }
    interrupt::let_signals_kill()?;
    let named = args.file.as_deref().filter(|path| path.as_os_str() != "-");
    let of_input = |error| Failure::at(named.unwrap_or(Path::new("standard input")), Error::Io(error));
    let mut input = match named {
        Some(path) => File::open(path),
        None => raw::stdin(),
    }
    .map_err(of_input)?;
    let output = masker.writer(raw::stdout().map_err(of_output)?);
    // A file has no prompts, and is masked alike however fast it is read.
    let is_file = input.metadata().is_ok_and(|metadata| metadata.is_file());
    let output = if is_file { Stream::of_lines(output) } else { Stream::live(output) };
    let mut piece = Zeroizing::new(vec![0; PIECE_LEN]);
    loop {
        let len = match input.read(&mut piece) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // What was held back is not lost with the rest of a file that cannot be read.
                let _ = output.end();
                return Err(of_input(error));
            }
        };
        if let Err(error) = output.write(&piece[..len]) {
            return end(error);
        }
    }
    output.end().map(|()| Exit::Done).or_else(end)
}

/// Registers each line of the file at `path`.
fn register(masker: &Masker, path: &Path) -> Result<(), Failure> {
    let text = std::fs::read(path).map_err(|error| Failure::at(path, Error::Io(error)))?;
    let text = Zeroizing::new(text);
    // Editors of some systems begin a text with a mark, which is no part of the first secret.
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text);
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        masker.register(&SecretText::new(line.to_vec())).map_err(|error| {
            let failure = Failure::from(Error::from(error));
            Failure { message: format!("{}:{}: {}", path.display(), index + 1, failure.message), ..failure }
        })?;
    }
    Ok(())
}

/// A reader that has gone away has what it wanted.
fn end(error: io::Error) -> Result<Exit, Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(Exit::Done) } else { Err(of_output(error)) }
}

#[allow(clippy::needless_pass_by_value, reason = "stands where a closure takes it over")]
fn of_output(error: io::Error) -> Failure {
    Failure::new(ErrorKind::Io, format!("writing to standard output: {error}"))
}

/// Read at once, at most.
const PIECE_LEN: usize = 256 << 10;
