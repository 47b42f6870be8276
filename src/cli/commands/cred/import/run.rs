//! From a file to the store.

use super::found::{Found, Item};
use super::report::{self, Report, Taken};
use super::{aws_profiles, dotenv, fernet};
use crate::base::SecretText;
use crate::cli::args::cred::{ImportArgs, ImportFileArgs, ImportFrom};
use crate::cli::commands::cred::keep::{self, Keeping};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, human, interrupt, secret_input};
use crate::credentials::{Chain, CredentialStore, Error, Kind, Name, Record, Selector};

pub(in crate::cli::commands::cred) fn run(args: &ImportArgs, context: &Context) -> Result<Exit, Failure> {
    let (file, found) = match &args.from {
        ImportFrom::Aws(file) => (file, aws_profiles::parse(text(&read(file, context)?)?)),
        ImportFrom::Hf(file) => (file, token(read(file, context)?)),
        ImportFrom::Env(file) => (file, dotenv::parse(text(&read(file, context)?)?)),
        ImportFrom::Fernet(args) => {
            let keys = fernet::keys(&args.fernet_key_env)?;
            (&args.file, fernet::parse(text(&read(&args.file, context)?)?, &keys)?)
        }
    };
    let chain = credential_store::open_to_keep(&file.stores, context)?;
    let mut report = Report { failures: found.failures, passed_over: found.passed_over, taken: Vec::new() };
    for item in found.items {
        if let Some(signal) = interrupt::signal() {
            return Err(interrupt::Interrupted(signal).into());
        }
        let name = item.name.clone();
        match take(item, file, &chain) {
            Ok(taken) => report.taken.push(taken),
            Err(failure) => {
                let message = if failure.message.contains(&format!("`{name}`")) {
                    failure.message
                } else {
                    format!("{name}: {}", failure.message)
                };
                report.failures.push(Failure { message, ..failure });
            }
        }
    }
    report::tell(context, &report)
}

fn take<'c>(item: Item, args: &ImportFileArgs, chain: &'c Chain) -> Result<Taken<'c>, Failure> {
    let name: Name = item.name.parse()?;
    let found = keep::find(chain, &name, Some(item.kind))?;
    if let Some(store) = found {
        if is_same(store, &name, &item)? {
            return Ok(Taken::AlreadyThere(name));
        }
        if !args.replace {
            return Err(Failure::from(Error::AlreadyExists(name.to_string()))
                .hint("pass --replace to make a new version of it"));
        }
    }
    let describe = |record: &mut Record| {
        record.tags.extend(args.tag.iter().cloned());
        if item.username.is_some() {
            record.username.clone_from(&item.username);
        }
        record.extra.extend(item.extra.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    };
    let keeping = Keeping { name, kind: Some(item.kind), expires: None, describe: &describe };
    keep::keep(chain, &args.stores, found, &keeping, item.secret).map(Box::new).map(Taken::Kept)
}

/// Whether the store gives the same already.
fn is_same(store: &dyn CredentialStore, name: &Name, item: &Item) -> Result<bool, Failure> {
    match store.get(name, Selector::CURRENT) {
        Ok(held) => {
            let is_same_user = item.username.is_none() || held.record.username == item.username;
            let is_same_secret = crate::crypto::constant_time_eq(held.secret.expose(), item.secret.expose());
            Ok(is_same_user && is_same_secret)
        }
        Err(Error::Inactive(_) | Error::Expired { .. } | Error::NoVersion { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The token file of the Hub.
fn token(text: SecretText) -> Found {
    let item = Item::new("huggingface", Kind::Huggingface, text);
    Found { items: vec![item], ..Found::default() }
}

/// Reads the file. That others could read it too is said: what was in it may be theirs already.
fn read(args: &ImportFileArgs, context: &Context) -> Result<SecretText, Failure> {
    #[cfg(unix)]
    if args.stores.key.permissions() == crate::keys::Permissions::Private
        && let Ok(metadata) = args.file.metadata()
        && metadata.is_file()
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            let path = human::path(&args.file);
            context.terminal.note(&format!(
                "others may get at {path} (mode {mode:04o}): `chmod 600` it, and rotate what it holds"
            ));
        }
    }
    secret_input::file_of_secrets(&args.file)
}

fn text(bytes: &SecretText) -> Result<&str, Failure> {
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| Failure::usage("the file is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
