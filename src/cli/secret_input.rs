//! A secret as it comes in: from a file, a variable, standard input or a person.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::args::cred::SecretArgs;
use super::failure::Failure;
use super::prompt;
use crate::ErrorKind;
use crate::base::SecretText;

/// The secret from where it is said to be; asked for as `what` on a terminal.
pub(super) fn read(args: &SecretArgs, what: &str) -> Result<SecretText, Failure> {
    let secret = if let Some(path) = &args.from_file {
        read_file(path, MAX_LEN)?
    } else if let Some(name) = &args.from_env {
        from_variable(name)?
    } else {
        return new(what);
    };
    given(secret)
}

/// The secret on standard input, or as somebody types it there, twice.
pub(super) fn new(what: &str) -> Result<SecretText, Failure> {
    if io::stdin().is_terminal() { prompt::new_value(what) } else { given(from_stdin(MAX_LEN)?) }
}

fn given(secret: SecretText) -> Result<SecretText, Failure> {
    if secret.expose().is_empty() {
        return Err(Failure::usage("the secret is empty").hint(SOURCES));
    }
    Ok(secret)
}

/// A file with secrets in it; `-` is standard input.
pub(super) fn file_of_secrets(path: &Path) -> Result<SecretText, Failure> {
    read_file(path, MAX_FILE_LEN)
}

pub(super) fn from_stdin(max_len: usize) -> Result<SecretText, Failure> {
    let failed = |error: io::Error| Failure::new(ErrorKind::Io, format!("reading standard input: {error}"));
    // The descriptor itself: the buffer of `io::stdin` would keep a copy.
    #[cfg(unix)]
    let input = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let input = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    let file = File::from(input.map_err(failed)?);
    super::interrupt::killable(|| text(file, max_len))?.map_err(failed)?.ok_or_else(|| too_long(max_len))
}

fn read_file(path: &Path, max_len: usize) -> Result<SecretText, Failure> {
    if path.as_os_str() == "-" {
        return from_stdin(max_len);
    }
    let failed = |error: io::Error| Failure::at(path, error);
    text(File::open(path).map_err(failed)?, max_len).map_err(failed)?.ok_or_else(|| too_long(max_len))
}

/// The variable, whose name is not repeated where it may be the secret itself.
pub(super) fn from_variable(name: &str) -> Result<SecretText, Failure> {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && name.len() <= 64;
    let shown = if is_name { name } else { "…" };
    let value = env::var_os(name)
        .filter(|_| is_name)
        .ok_or_else(|| Failure::new(ErrorKind::NotFound, format!("the variable `{shown}` is not set")))?;
    Ok(trimmed(SecretText::new(value.into_encoded_bytes())))
}

/// `None`: it is longer than `max_len`.
fn text(input: impl Read, max_len: usize) -> io::Result<Option<SecretText>> {
    // Room for all of it at once: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(max_len + 1));
    input.take(max_len as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max_len {
        return Ok(None);
    }
    Ok(Some(trimmed(SecretText::new(std::mem::take(&mut *bytes)))))
}

/// What `echo` adds to one line of text goes; a key in PEM, or bytes that are no text, stay as they are.
fn trimmed(secret: SecretText) -> SecretText {
    let bytes = secret.expose();
    let is_line = std::str::from_utf8(bytes).is_ok() && memchr::memchr_iter(b'\n', bytes).count() == 1;
    if is_line { secret.without_final_newline() } else { secret }
}

fn too_long(max_len: usize) -> Failure {
    Failure::usage(format!("it is longer than {} KiB", max_len / 1024))
}

/// What a store takes, and a newline.
const MAX_LEN: usize = 64 * 1024 + 2;
const MAX_FILE_LEN: usize = 1024 * 1024;
const SOURCES: &str = "pipe the secret in, or pass --from-file FILE or --from-env VAR";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_loses_its_newline_and_all_else_stays() {
        for (read, kept) in [
            (&b"secret\n"[..], &b"secret"[..]),
            (b"secret\r\n", b"secret"),
            (b"secret", b"secret"),
            (b" secret ", b" secret "),
            (b"two\nlines\n", b"two\nlines\n"),
            (b"\xff\n", b"\xff\n"),
            (b"\n", b""),
        ] {
            assert_eq!(text(read, MAX_LEN).unwrap().unwrap().expose(), kept);
        }
    }

    #[test]
    fn endless_input_is_not_read_to_its_end() {
        assert!(text(io::repeat(b'a'), MAX_LEN).unwrap().is_none());
    }
}
