//! Asks a person, on the terminal itself: standard input may be a pipe.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use super::failure::Failure;
use super::{hint, interrupt};
use crate::ErrorKind;
use crate::base::SecretText;

/// Whether there is somebody to ask: a terminal to read from, and one to see the question on.
pub(super) fn can_ask() -> bool {
    io::stderr().is_terminal() && File::open(INPUT).is_ok_and(|terminal| terminal.is_terminal())
}

/// Asks for a line that everybody may see.
pub(super) fn question(text: &str) -> Result<String, Failure> {
    let ask = || -> io::Result<String> {
        let mut output = OpenOptions::new().write(true).open(OUTPUT)?;
        write!(output, "{text} ")?;
        let mut answer = String::new();
        BufReader::new(File::open(INPUT)?).read_line(&mut answer)?;
        if answer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(answer.trim().to_owned())
    };
    interrupt::killable(ask)?.map_err(|error| unanswered(&error, no_key))
}

/// Asks for a secret, which is not shown.
pub(super) fn secret(text: &str) -> Result<SecretText, Failure> {
    hidden(text, no_key)
}

/// Asks for a secret twice, until both are the same.
pub(super) fn new_secret(text: &str) -> Result<SecretText, Failure> {
    twice(text, no_key)
}

/// The same for the secret of a credential.
pub(super) fn new_value(text: &str) -> Result<SecretText, Failure> {
    twice(text, || Failure::usage("no secret was given"))
}

fn hidden(text: &str, none: fn() -> Failure) -> Result<SecretText, Failure> {
    let typed = rpassword::prompt_password(format!("{text}: ")).map_err(|error| unanswered(&error, none))?;
    if typed.is_empty() {
        return Err(none());
    }
    Ok(SecretText::new(typed.into_bytes()))
}

fn twice(text: &str, none: fn() -> Failure) -> Result<SecretText, Failure> {
    loop {
        let first = hidden(text, none)?;
        let second = hidden("The same again", none)?;
        if first.expose() == second.expose() {
            return Ok(first);
        }
        let _ = writeln!(io::stderr().lock(), "They differ; try again.");
    }
}

fn unanswered(error: &io::Error, none: fn() -> Failure) -> Failure {
    match (error.kind(), interrupt::signal()) {
        (io::ErrorKind::Interrupted, Some(signal)) => interrupt::Interrupted(signal).into(),
        (io::ErrorKind::UnexpectedEof, _) => none(),
        _ => Failure::new(ErrorKind::Io, format!("asking on the terminal: {error}")),
    }
}

fn no_key() -> Failure {
    Failure::new(ErrorKind::NoKey, "no key was given").hint(hint::KEY_SOURCES)
}

const INPUT: &str = if cfg!(windows) { "CONIN$" } else { "/dev/tty" };
const OUTPUT: &str = if cfg!(windows) { "CONOUT$" } else { "/dev/tty" };
