//! `cred set`: keeps a credential, or gives it a new secret.

use super::metadata::Metadata;
use super::shown;
use crate::cli::args::cred::SetArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, secret_input};
use crate::credentials::{Action, Changed, Entry, Error, Kind, Label, Name, Record, check};

pub(in crate::cli) fn run(args: &SetArgs, context: &Context) -> Result<Exit, Failure> {
    let name: Name = args.name.parse()?;
    let metadata = Metadata::parse(&args.metadata)?;
    let store = credential_store::open_for_writing(&args.stores, context)?;
    let found = match store.entry(&name) {
        Ok(entry) => Some(entry),
        Err(Error::NotFound(_) | Error::NobodyAnswered { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if let (Some(found), Some(kind)) = (&found, args.kind)
        && found.record.kind != kind
    {
        let message = format!("`{name}` is of the type {}, which stays", found.record.kind);
        return Err(Failure::usage(message).hint("choose another name, or purge it first"));
    }
    let secret = secret_input::read(&args.secret, &format!("Secret of {name}"))?;
    let action = if found.is_some() { Action::Put } else { Action::Create };
    let now = store.now();
    let kind = args.kind.unwrap_or(Kind::Custom);
    let apply = |found: Option<Entry>| {
        let mut entry = found.unwrap_or_else(|| Entry::new(Record::new(name.clone(), kind, now)));
        let mut record = entry.record.clone();
        metadata.apply(&mut record, now);
        entry.edit(record, now)?;
        check(&entry.record, &secret)?;
        let number = entry.stage(now, metadata.expires(now))?;
        entry.switch(number, now, None)?;
        Ok(Changed { entry, secret: Some((number, secret)) })
    };
    let entry = store.change(&name, action, Box::new(apply))?;
    let number = entry.history.labelled(Label::Current).map_or(0, |version| version.number);
    if !entry.record.active {
        context
            .terminal
            .note(&format!("`{name}` is deactivated: `modelcrypt cred restore {name}` gives it again"));
    }
    shown::tell(
        context,
        &format!("kept {name}, version {number}, in the {}", store.name()),
        store.name(),
        &entry,
    )?;
    Ok(Exit::Done)
}
