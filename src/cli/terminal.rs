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
    stderr_is_terminal: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

impl Terminal {
    pub(super) fn new(args: &OutputArgs) -> Self {
        let stderr_is_terminal = io::stderr().is_terminal();
        let verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        let colour = match args.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => stderr_is_terminal && wants_colour(),
        };
        Self { verbosity, colour, stderr_is_terminal }
    }

    /// Writes a result to standard output. A reader that has gone away is no error: it has what it wanted.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new(crate::ErrorKind::Io, format!("writing to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Tells a failure.
    pub(super) fn error(&self, failure: &Failure) {
        self.write(&format!("{} {}", self.painted("error:", RED), failure.printable()));
    }

    /// Tells what to type next.
    pub(super) fn hint(&self, hint: &str) {
        self.write(&format!("{} {}", self.painted("hint:", CYAN), printable(hint)));
    }

    /// Tells something that stops nothing.
    pub(super) fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.write(&format!("{} {}", self.painted("note:", YELLOW), printable(text)));
        }
    }

    /// Tells how it went.
    pub(super) fn say(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.write(&printable(text));
        }
    }

    /// Whether somebody watches the progress.
    pub(super) fn shows_progress(&self) -> bool {
        self.stderr_is_terminal && self.verbosity >= Verbosity::Normal
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

    // Nobody can be told that standard error is closed.
    fn write(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    fn painted(&self, word: &str, colour: &str) -> String {
        if self.colour { format!("\x1b[1;{colour}m{word}\x1b[0m") } else { word.into() }
    }
}

fn wants_colour() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    cfg!(unix) && !set("NO_COLOR") && !dumb
}

const RED: &str = "31";
const YELLOW: &str = "33";
const CYAN: &str = "36";
