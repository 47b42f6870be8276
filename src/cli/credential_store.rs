//! The stores that the verbs of `cred` work on: the keyring, the vault, the environment and a manifest's files.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;

use super::args::KeyArgs;
use super::args::cred::{StoreArgs, StoreName};
use super::context::Context;
use super::failure::Failure;
use super::human;
use super::key::{self, Key, Standing};
use crate::ErrorKind;
use crate::credentials::audit::{Actor, AuditLog, Audited};
use crate::credentials::stores::absent::Absent;
use crate::credentials::stores::env::{self as ambient, Environment};
#[cfg(feature = "keyring")]
use crate::credentials::stores::keyring::KeyringStore;
use crate::credentials::stores::vault::Vault;
use crate::credentials::{Chain, CredentialStore, Error, read_manifest};

/// Opens the stores to read from them; what is not there says why it does not answer. Without a vault nobody is
/// asked for a key.
pub(super) fn open(args: &StoreArgs, context: &Context) -> Result<Chain, Failure> {
    chain(vault_if_there(args, context)?, args, context, Missing::Told)
}

/// Opens the stores to change what is in them.
pub(super) fn open_to_change(args: &StoreArgs, context: &Context) -> Result<Chain, Failure> {
    chain(vault_if_there(args, context)?, args, context, Missing::LeftOut)
}

/// Opens the stores to keep something new; a vault that is not there is made, and so is its key.
pub(super) fn open_to_keep(args: &StoreArgs, context: &Context) -> Result<Chain, Failure> {
    let vault = match vault_if_there(args, context)? {
        Some(vault) => vault,
        None => make_vault(&args.key, context)?,
    };
    chain(Some(vault), args, context, Missing::LeftOut)
}

/// The store that new credentials go to: the one that is named, else the vault, so that it is the same on every
/// machine.
pub(super) fn home<'c>(chain: &'c Chain, args: &StoreArgs) -> Result<&'c dyn CredentialStore, Error> {
    chain.store(args.store.unwrap_or(StoreName::Vault).as_str())
}

/// Opens the vault, which must be there.
pub(super) fn open_vault(args: &KeyArgs, context: &Context) -> Result<Arc<Vault>, Failure> {
    let path = vault_path()?;
    if !is_there(&path)? {
        return Err(no_vault(&path).into());
    }
    vault_with(&key::existing(args, context)?)
}

/// Opens the vault, which must be there, with a key that is at hand.
pub(super) fn vault_with(key: &Key) -> Result<Arc<Vault>, Failure> {
    let path = vault_path()?;
    if !is_there(&path)? {
        return Err(no_vault(&path).into());
    }
    Vault::open(&path, &key.master).map(Arc::new).map_err(|error| match error {
        Error::Key(_) => Failure::from(error).of_file(&path).hint(OTHER_KEY),
        error => error.into(),
    })
}

/// The log of every access to the vault and the keyring.
pub(super) fn audit_log(vault: &Arc<Vault>) -> AuditLog {
    let log = AuditLog::of(Arc::clone(vault));
    match variable(CHECKPOINTS) {
        Some(path) => log.checkpoints_at(PathBuf::from(path)),
        None => log,
    }
}

/// Who is put on record: what `$MODELCRYPT_ACTOR` claims, else the verb.
pub(super) fn actor(context: &Context) -> Result<Actor, Failure> {
    let text = |name| variable(name).map(|text| text.to_string_lossy().into_owned());
    let name = text("MODELCRYPT_ACTOR").unwrap_or_else(|| format!("modelcrypt {}", context.verb));
    let correlation = text("MODELCRYPT_CORRELATION_ID").map_or_else(fresh_id, Ok)?;
    Ok(Actor { name, correlation })
}

fn fresh_id() -> Result<String, Error> {
    let mut id = [0; 8];
    crate::base::fill_random(&mut id).map_err(Error::Random)?;
    Ok(HEXLOWER.encode(&id))
}

/// Where the vault is.
pub(super) fn vault_path() -> Result<PathBuf, Failure> {
    ambient::vault_path().ok_or_else(|| {
        Failure::new(ErrorKind::NotFound, "you have no home folder, and so no data folder")
            .hint("export MODELCRYPT_VAULT with the path of the vault")
    })
}

fn make_vault(args: &KeyArgs, context: &Context) -> Result<Arc<Vault>, Failure> {
    let path = vault_path()?;
    let key = key::for_sealing(args, context, || Ok(Standing::Fresh))?;
    let key = key.ok_or(crate::keys::Error::NoKey)?;
    let vault = Vault::open_or_create(&path, &key.master)?;
    context.terminal.note(&format!("made the vault {}", human::path(&path)));
    Ok(Arc::new(vault))
}

/// What becomes of a keyring that does not answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// It stays in the chain and says why.
    Told,
    /// It is no part of the chain: a change of what is elsewhere need not wait for it.
    LeftOut,
}

fn vault_if_there(args: &StoreArgs, context: &Context) -> Result<Option<Arc<Vault>>, Failure> {
    if is_there(&vault_path()?)? { open_vault(&args.key, context).map(Some) } else { Ok(None) }
}

/// Keyring, vault, environment, manifest; or the one that is named.
fn chain(
    vault: Option<Arc<Vault>>,
    args: &StoreArgs,
    context: &Context,
    missing: Missing,
) -> Result<Chain, Failure> {
    let mut stores: Vec<Box<dyn CredentialStore>> = Vec::new();
    let log = vault.as_ref().map(|vault| Arc::new(audit_log(vault)));
    if args.store != Some(StoreName::Vault) {
        match keyring(log.as_ref(), context)? {
            Ok(keyring) => stores.push(keyring),
            Err(error) if args.store == Some(StoreName::Keyring) => return Err(error.into()),
            Err(error) if missing == Missing::Told => {
                stores.push(Box::new(Absent::because("keyring", &error)));
            }
            Err(error) => context.terminal.detail(&error.to_string()),
        }
    }
    if args.store != Some(StoreName::Keyring) {
        stores.push(match (vault, log) {
            (Some(vault), Some(log)) => Box::new(Audited::new(vault, log, actor(context)?)),
            _ => Box::new(Absent::because("vault", &no_vault(&vault_path()?))),
        });
    }
    if args.store.is_none() {
        stores.push(Box::new(Environment::new().permissions(args.key.permissions())));
        if let Some(path) = &args.manifest {
            stores.push(Box::new(read_manifest(path, args.key.permissions())?));
        }
    }
    Ok(Chain::new(stores))
}

/// The keyring, if it answers and there is a log for its accesses to be put on record in.
#[cfg(feature = "keyring")]
fn keyring(
    log: Option<&Arc<AuditLog>>,
    context: &Context,
) -> Result<Result<Box<dyn CredentialStore>, Error>, Failure> {
    let opened = KeyringStore::of_user().and_then(|keyring| keyring.probe().map(|()| keyring));
    let keyring = match (opened, log) {
        (Ok(keyring), Some(log)) => Audited::new(keyring, Arc::clone(log), actor(context)?),
        (Ok(_), None) => {
            let reason = "its accesses are put on record beside the vault, and there is none".into();
            return Ok(Err(Error::Unavailable { store: "keyring".into(), reason }));
        }
        (Err(error), _) => return Ok(Err(error)),
    };
    Ok(Ok(Box::new(keyring)))
}

#[cfg(not(feature = "keyring"))]
#[allow(clippy::unnecessary_wraps, reason = "the shape of the other one")]
fn keyring(
    _: Option<&Arc<AuditLog>>,
    _: &Context,
) -> Result<Result<Box<dyn CredentialStore>, Error>, Failure> {
    let reason = "this program was built without it".into();
    Ok(Err(Error::Unavailable { store: "keyring".into(), reason }))
}

/// Whether there is a vault. One that was there, as its log says, and one that cannot be looked for are not just
/// absent: what is weaker must not answer in its place.
fn is_there(path: &Path) -> Result<bool, Failure> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::at(path, error)),
        Err(_) if AuditLog::path_of(path).symlink_metadata().is_err() => Ok(false),
        Err(_) => {
            let what = format!("`{}` is gone, and its audit log is still there", path.display());
            Err(Error::Tampered { store: "vault".into(), what }.into())
        }
    }
}

fn no_vault(path: &Path) -> Error {
    Error::Unavailable { store: "vault".into(), reason: format!("there is none at `{}`", path.display()) }
}

fn variable(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A second place for the checkpoints of the audit log, best one on another machine.
const CHECKPOINTS: &str = "MODELCRYPT_CHECKPOINTS";
const OTHER_KEY: &str = "give the key that the vault was made with: --key-file FILE, --passphrase-file FILE, \
     --key-command CMD, --keyring NAME or --key-env VAR, or export MODELCRYPT_VAULT with the path of another vault";
