//! `encrypt -` and `decrypt -`: from standard input to standard output.

use std::io::{self, IsTerminal};
use std::path::Path;

use crate::cli::args::{KeyArgs, PathArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::key::{self, Standing};
use crate::cli::raw;
use crate::envelope::{self, Sealer, open_stream};
use crate::format::limits::DEFAULT_ITERATIONS;
use crate::{ErrorKind, Silent, engine};

/// Whether the only path is `-`. One among others is refused.
pub(super) fn is_meant(paths: &PathArgs) -> Result<bool, Failure> {
    let is_dash = |path: &Path| path.as_os_str() == "-";
    match paths.paths.as_slice() {
        [only] => Ok(is_dash(only)),
        several if several.iter().any(|path| is_dash(path)) => {
            Err(Failure::usage("`-` stands alone").hint("a file of that name is `./-`"))
        }
        _ => Ok(false),
    }
}

/// Fails for the first flag that was given and means nothing to a pipe.
pub(super) fn refuse(flags: &[(&str, bool)]) -> Result<(), Failure> {
    match flags.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Failure::usage(format!("{flag} means nothing with `-`"))),
        None => Ok(()),
    }
}

pub(super) fn seal(key: &KeyArgs, iterations: Option<u32>, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    if io::stdout().is_terminal() {
        return Err(Failure::usage("sealed bytes are not written to a terminal")
            .hint("`modelcrypt encrypt - < FILE > FILE.enc`"));
    }
    let configured = context.policy()?.and_then(|policy| policy.iterations);
    let iterations = iterations.or(configured).unwrap_or(DEFAULT_ITERATIONS);
    let key = key::for_sealing(key, context, || Ok(Standing::Fresh))?;
    let key = key.expect("a stream is something to seal");
    interrupt::let_signals_kill()?;
    let sealed = Sealer::with_iterations(&key.master, iterations)
        .and_then(|sealer| sealer.seal_stream(&mut raw::stdin()?, &mut raw::stdout()?, &Silent));
    end(sealed.map(drop))
}

pub(super) fn open(key: &KeyArgs, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    if io::stdin().is_terminal() {
        return Err(
            Failure::usage("nobody types sealed bytes").hint("`modelcrypt decrypt - < FILE.enc > FILE`")
        );
    }
    let key = key::existing(key, context)?;
    interrupt::let_signals_kill()?;
    let opened = raw::stdin()
        .and_then(|input| Ok((input, raw::stdout()?)))
        .map_err(envelope::Error::from)
        .and_then(|(mut input, mut output)| open_stream(&key.master, &mut input, &mut output, &Silent));
    end(opened.map(drop))
}

/// Ends a verb that writes bytes: a reader that has gone away has what it wanted.
pub(super) fn end(done: Result<(), envelope::Error>) -> Result<Exit, Failure> {
    use engine::Error as E;
    use envelope::Error::{Io, Payload};
    match done {
        Ok(()) => Ok(Exit::Done),
        Err(Payload(E::Write(error)) | Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Exit::Done)
        }
        Err(Payload(E::Write(error))) => {
            Err(Failure::new(ErrorKind::Io, format!("writing to standard output: {error}")))
        }
        Err(error @ Payload(E::Chunk(_) | E::Truncated)) => {
            let failure = Failure::at(Path::new("standard input"), error);
            Err(failure.hint("throw away what was written: it is authentic but not whole"))
        }
        Err(error) => Err(Failure::at(Path::new("standard input"), error)),
    }
}
