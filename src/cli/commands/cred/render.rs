//! `cred render`: a template with credentials in it becomes a file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::values::Values;
use crate::ErrorKind;
use crate::base::{SecretText, Temporary, parent_dir};
use crate::cli::args::cred::RenderArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::template::{Fault, Piece, Template, What};
use crate::cli::{credential_store, human};

pub(in crate::cli) fn run(args: &RenderArgs, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    let text = read(&args.template)?;
    let template = Template::parse(&text).map_err(|fault| of_fault(&args.template, fault))?;
    let rendered = fill(args, &template, context)?;
    write(&args.output, &rendered).map_err(|error| {
        Failure::new(ErrorKind::Io, format!("writing `{}`: {error}", args.output.display()))
    })?;
    let count = template.pieces.iter().filter(|piece| matches!(piece, Piece::Value { .. })).count();
    context.terminal.say(&format!("rendered {} with {count} values", human::path(&args.output)));
    Ok(Exit::Done)
}

fn fill(args: &RenderArgs, template: &Template, context: &Context) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // Nothing to look up, no key needed.
    let store = template.pieces.iter().any(|piece| matches!(piece, Piece::Value { .. }));
    let store = store.then(|| credential_store::open(&args.stores, context)).transpose()?;
    let mut values = store.as_ref().map(|store| Values::new(store));
    let mut filled: Vec<Filled> = Vec::with_capacity(template.pieces.len());
    for piece in &template.pieces {
        filled.push(match (piece, &mut values) {
            (Piece::Value { target, line }, Some(values)) => {
                let value = values.get(target).map_err(|failure| at_line(&args.template, *line, failure))?;
                Filled::Value(value)
            }
            (Piece::Text(text), _) => Filled::Text(text),
            (Piece::Value { .. }, None) => unreachable!("a store is opened where there is a value"),
        });
    }
    // Room for all of it at once: a vector that grows leaves copies behind.
    let len = filled.iter().map(|piece| piece.bytes().len()).sum();
    let mut rendered = Zeroizing::new(Vec::with_capacity(len));
    for piece in &filled {
        rendered.extend_from_slice(piece.bytes());
    }
    Ok(rendered)
}

enum Filled<'t> {
    Text(&'t [u8]),
    Value(SecretText),
}

impl Filled<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Value(value) => value.expose(),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::at(path, error);
    let mut text = Vec::new();
    if path.as_os_str() == "-" {
        crate::cli::interrupt::killable(|| io::stdin().lock().read_to_end(&mut text))?.map_err(failed)?;
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut text)).map_err(failed)?;
    }
    Ok(text)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = Temporary::create_in(parent_dir(path))?;
    temporary.file().write_all(bytes)?;
    temporary.file().sync_all()?;
    temporary.persist_over(path).map(drop)
}

fn of_fault(path: &Path, Fault { line, what }: Fault) -> Failure {
    let failure = match what {
        What::Name(error) => error.into(),
        What::Unclosed(open) => {
            Failure::usage(format!("what begins with `{open}` does not end in this line"))
        }
    };
    at_line(path, line, failure).hint("write $$ for a dollar sign and {{{{ for two braces")
}

fn at_line(path: &Path, line: usize, failure: Failure) -> Failure {
    let message = format!("`{}`, line {line}: {}", path.display(), failure.message);
    Failure { message, ..failure }
}
