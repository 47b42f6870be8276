//! Standard output and standard error: results to one, all else to the other.

use std::io::{self, IsTerminal, Write};

use super::args::{Colour, OutputArgs};
use super::failure::Failure;
use super::human::printable;

/// Where words go.
#[derive(Debug)]
pub(super) struct Terminal {
    verbosity: Verbosity,
    colour: bool,
    is_watched: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

impl Terminal {
    pub(super) fn new(args: &OutputArgs) -> Self {
        let is_watched = io::stderr().is_terminal();
        let verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        let colour = match args.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_watched && wants_colour(),
        };
        Self { verbosity, colour, is_watched }
    }

    /// Writes a result to standard output. A reader that has gone away is no error: it has what it wanted.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        self.print_bytes(text.as_bytes())
    }

    /// Writes a result that may be no text.
    #[allow(clippy::unused_self, reason = "reads as what it is")]
    pub(super) fn print_bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new(crate::ErrorKind::Io, format!("writing to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Tells a failure and what to type next.
    pub(super) fn fail(&self, failure: &Failure) {
        self.error(failure);
        if let Some(hint) = &failure.hint {
            self.hint(hint);
        }
    }

    /// Tells a failure.
    pub(super) fn error(&self, failure: &Failure) {
        write_line(&format!("{} {}", self.painted("error:", RED), failure.printable()));
    }

    /// Tells what to type next.
    pub(super) fn hint(&self, hint: &str) {
        write_line(&format!("{} {}", self.painted("hint:", CYAN), printable(hint)));
    }

    /// Tells something that stops nothing.
    pub(super) fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            write_line(&format!("{} {}", self.painted("note:", YELLOW), printable(text)));
        }
    }

    /// Tells what only those want to know who ask for more.
    pub(super) fn detail(&self, text: &str) {
        if self.verbosity == Verbosity::Verbose {
            write_line(&printable(text));
        }
    }

    /// Tells how it went.
    pub(super) fn say(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            write_line(&printable(text));
        }
    }

    /// Whether somebody watches the progress.
    pub(super) fn shows_progress(&self) -> bool {
        self.is_watched && self.verbosity >= Verbosity::Normal
    }

    /// Whether each file gets a line.
    pub(super) fn shows_files(&self) -> bool {
        self.verbosity == Verbosity::Verbose || self.shows_progress()
    }

    /// Columns of standard output, if it is a terminal.
    pub(super) fn columns() -> Option<u16> {
        #[cfg(unix)]
        {
            let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
            Some(size.ws_col).filter(|&columns| columns >= 20)
        }
        #[cfg(not(unix))]
        {
            None
        }
    }

    fn painted(&self, word: &str, colour: &str) -> String {
        if self.colour { format!("\x1b[1;{colour}m{word}\x1b[0m") } else { word.into() }
    }
}

// Nobody can be told that standard error is closed.
fn write_line(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn wants_colour() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    cfg!(unix) && !set("NO_COLOR") && !dumb
}

const RED: &str = "31";
const YELLOW: &str = "33";
const CYAN: &str = "36";
