//! `inspect`: what the header of one sealed file says; with a key, what is sealed in it too.

use std::cmp::Ordering;
use std::fs::File;
use std::path::Path;

use data_encoding::HEXLOWER;

use super::cat;
use crate::cli::args::InspectArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::key::{self, Key};
use crate::cli::view::{self, View};
use crate::cli::{interrupt, json};
use crate::envelope::{self, Metadata, Opener};
use crate::format::Geometry;
use crate::{ErrorKind, engine};

pub(in crate::cli) fn run(args: &InspectArgs, context: &Context) -> Result<Exit, Failure> {
    let opener = cat::open(&args.file)?;
    if args.sha256 {
        return print_sha256(args, opener, context);
    }
    let key = key::for_looking(&args.key, context)?;
    interrupt::let_signals_kill()?;
    let mut view = View::new(context.verb, &args.file, &opener);
    let failure = match unlock(opener, key.as_ref()) {
        Ok(metadata) => {
            view.metadata = metadata;
            None
        }
        // A key that happened to be at hand need not be this file's.
        Err(error) if is_wrong_key(&error) && !args.key.is_named() => {
            view.notices.push("the key at hand does not open it".into());
            None
        }
        Err(error) => Some(Failure::at(&args.file, error)),
    };
    let exit = failure.as_ref().map_or(Exit::Done, |failure| Exit::of(failure.kind));
    if view.metadata.is_none() && exit != Exit::Corrupt {
        view.notices.push("without its key nothing of this is authenticated".into());
    }
    let text = if context.json { json::line(&view.document(failure.as_ref())) } else { view.text() };
    context.terminal.print(&text)?;
    for notice in &view.notices {
        context.terminal.note(notice);
    }
    if let Some(failure) = &failure {
        context.terminal.fail(failure);
    }
    Ok(exit)
}

fn unlock(opener: Opener<File>, key: Option<&Key>) -> Result<Option<Metadata>, envelope::Error> {
    check_len(&opener)?;
    let Some(key) = key else { return Ok(None) };
    Ok(Some(opener.unlock(&key.master)?.metadata().clone()))
}

/// Nothing proves the length without a key, but a file that belies its own header is not whole.
fn check_len(opener: &Opener<File>) -> Result<(), envelope::Error> {
    let Some(plaintext_len) = opener.header().core.plaintext_len else { return Ok(()) };
    match opener.sealed_len().cmp(&Geometry::of_plaintext(plaintext_len)?.sealed_len()) {
        Ordering::Less => Err(engine::Error::Truncated.into()),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(engine::Error::Trailing.into()),
    }
}

fn is_wrong_key(error: &envelope::Error) -> bool {
    matches!(error, envelope::Error::Key(crate::keys::Error::NoSlotOpens))
}

fn print_sha256(args: &InspectArgs, opener: Opener<File>, context: &Context) -> Result<Exit, Failure> {
    let key = key::existing(&args.key, context)?;
    interrupt::let_signals_kill()?;
    let reader = opener.unlock(&key.master).map_err(|error| Failure::at(&args.file, error))?;
    let Some(sha256) = reader.metadata().sha256 else { return Err(no_sha256(&args.file)) };
    let sha256 = HEXLOWER.encode(&sha256);
    context.terminal.print(&if context.json {
        json::line(&view::PlaintextHash::new(context.verb, &args.file, &sha256))
    } else {
        sha256 + "\n"
    })?;
    Ok(Exit::Done)
}

fn no_sha256(path: &Path) -> Failure {
    let text = "no SHA-256 was sealed with it: it came from a stream, or was sealed with --checksum none";
    Failure::new(ErrorKind::Unavailable, format!("{}: {text}", path.display()))
        .hint(format!("`modelcrypt cat {} | sha256sum` computes it", crate::cli::human::quoted(path)))
}
