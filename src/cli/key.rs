//! Which key counts: the one that is named, else the one at hand, else the one that is typed.

use std::path::{Path, PathBuf};

use super::args::{KeyArgs, NewKeyArgs, SourceArgs};
use super::context::Context;
use super::failure::Failure;
use super::{key_file, prompt};
use crate::keys::{self, KeySource, MasterKey, Permissions};

/// A key, and the file it came from.
pub(super) struct Key {
    pub(super) master: MasterKey,
    /// Never to be sealed.
    pub(super) path: Option<PathBuf>,
}

/// Whether files are there that a key opens already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// None, and nothing to seal either: no key is needed.
    Idle,
    /// None: any key will do.
    Fresh,
    /// Some: it must be theirs.
    Sealed,
}

/// The key that sealed files are opened with; asked for once if there is none at hand.
pub(super) fn existing(args: &KeyArgs, context: &Context) -> Result<Key, Failure> {
    #[cfg(unix)]
    if let Some(handed_over) = super::child::handed_over() {
        let failed = |error| Failure::new(crate::ErrorKind::Io, format!("reading the key: {error}"));
        return Ok(Key { master: MasterKey::parse(handed_over.map_err(failed)?)?, path: None });
    }
    match source(args, context)? {
        Some(source) => load(&source),
        None if prompt::can_ask() => typed("Key or passphrase"),
        None => Err(keys::Error::NoKey.into()),
    }
}

/// The key that files are sealed under; `None` if there is none at hand and nothing to seal. With somebody to
/// ask, one is made or typed; `standing` is asked first.
pub(super) fn for_sealing(
    args: &KeyArgs,
    context: &Context,
    standing: impl FnOnce() -> Result<Standing, Failure>,
) -> Result<Option<Key>, Failure> {
    if let Some(source) = source(args, context)? {
        return load(&source).map(Some);
    }
    let standing = standing()?;
    if standing == Standing::Idle {
        return Ok(None);
    }
    if !prompt::can_ask() {
        return Err(keys::Error::NoKey.into());
    }
    if standing == Standing::Fresh {
        return offer(context).map(Some);
    }
    context.terminal.note("some files are sealed already: the others must go under the same key");
    typed("Key or passphrase of the sealed files").map(Some)
}

/// The key for looking: none is asked for, and one at hand that cannot be used is a notice.
pub(super) fn for_looking(args: &KeyArgs, context: &Context) -> Result<Option<Key>, Failure> {
    if let Some(source) = named(&args.source, args.permissions()) {
        return load(&source).map(Some);
    }
    let Some(source) = at_hand(args, context)? else { return Ok(None) };
    match load(&source) {
        Ok(key) => Ok(Some(key)),
        Err(failure) => {
            context.terminal.note(&format!("shown without a key: {}", failure.message));
            Ok(None)
        }
    }
}

/// The file of the key that would be used, if it is one: a dry run reads no key.
pub(super) fn path(args: &KeyArgs, context: &Context) -> Result<Option<PathBuf>, Failure> {
    Ok(source(args, context)?.and_then(|source| source.path().map(Path::to_owned)))
}

/// The key to come, if one is named.
pub(super) fn new(args: &NewKeyArgs, permissions: Permissions) -> Result<Option<Key>, Failure> {
    named(&args.as_sources(), permissions).map(|source| load(&source)).transpose()
}

pub(super) fn source(args: &KeyArgs, context: &Context) -> Result<Option<KeySource>, Failure> {
    match named(&args.source, args.permissions()) {
        Some(source) => Ok(Some(source)),
        None => at_hand(args, context),
    }
}

fn at_hand(args: &KeyArgs, context: &Context) -> Result<Option<KeySource>, Failure> {
    Ok(KeySource::ambient(context.configured_key()?.as_deref(), args.permissions()))
}

fn named(args: &SourceArgs, permissions: Permissions) -> Option<KeySource> {
    if let Some(path) = &args.key_file {
        Some(KeySource::File(path.clone(), permissions))
    } else if let Some(path) = &args.passphrase_file {
        Some(KeySource::PassphraseFile(path.clone(), permissions))
    } else if let Some(command) = &args.key_command {
        Some(KeySource::Command(command.clone()))
    } else if let Some(name) = &args.keyring {
        Some(KeySource::Keyring(name.clone()))
    } else {
        args.key_env.clone().map(KeySource::Variable)
    }
}

fn load(source: &KeySource) -> Result<Key, Failure> {
    Ok(Key { master: source.load()?, path: source.path().map(Path::to_owned) })
}

fn typed(text: &str) -> Result<Key, Failure> {
    Ok(Key { master: MasterKey::parse(prompt::secret(text)?)?, path: None })
}

fn offer(context: &Context) -> Result<Key, Failure> {
    if let Some(path) = KeySource::default_file() {
        let shown = super::human::path(&path);
        let question = format!("There is no key yet. Make one in {shown}? (n: type a passphrase) [Y/n]");
        loop {
            match prompt::question(&question)?.to_ascii_lowercase().as_str() {
                "" | "y" | "yes" => return make(&path, context),
                "n" | "no" => break,
                _ => {}
            }
        }
    }
    Ok(Key { master: MasterKey::parse(prompt::new_secret("Passphrase")?)?, path: None })
}

fn make(path: &Path, context: &Context) -> Result<Key, Failure> {
    let master = MasterKey::generate()?;
    key_file::make_folder(path)?;
    key_file::write_new(path, &master)?;
    context.terminal.note(&format!(
        "made the key {}: back it up now, without it nobody opens what it seals",
        path.display()
    ));
    Ok(Key { master, path: Some(path.to_owned()) })
}
