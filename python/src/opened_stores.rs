//! The stores of credentials behind a `CredentialStore`: keyring, vault, environment, manifest, as they were asked for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use modelcrypt::credentials::audit::{Actor, AuditLog, Audited};
use modelcrypt::credentials::stores::absent::Absent;
use modelcrypt::credentials::stores::env::Environment;
use modelcrypt::credentials::stores::vault::Vault;
use modelcrypt::credentials::{Chain, CredentialStore, Error, read_manifest};
use modelcrypt::keys::{self, Permissions};
use pyo3::prelude::*;

use crate::fork_gate::{self, Entered};
use crate::key::MasterKey;

/// Stores that are opened when they are first needed, and again after a fork.
pub(crate) struct Stores {
    pub(crate) wanted: Wanted,
    /// Of the vault; there is none before there is a vault.
    key: OnceLock<Py<MasterKey>>,
    /// Locked within the fork's gate only.
    state: Mutex<State>,
}

/// What was asked for.
pub(crate) struct Wanted {
    pub(crate) vault: PathBuf,
    pub(crate) order: Vec<Place>,
    pub(crate) manifest: Option<PathBuf>,
    pub(crate) prefix: String,
    pub(crate) actor: Actor,
    pub(crate) checkpoints: Option<PathBuf>,
    pub(crate) permissions: Permissions,
}

/// A store that can be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Keyring,
    Vault,
    Environment,
}

/// Stores that are open.
pub(crate) struct Opened {
    /// What is not there stands in it and says why.
    pub(crate) reading: Chain,
    /// Without what is not there: a change of what is elsewhere need not wait for it.
    pub(crate) changing: Chain,
    has_vault: bool,
}

/// Whether a vault that is not there is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    LeftOut,
    Made,
}

enum State {
    LetGo,
    Open(Arc<Opened>),
    Closed,
}

impl Stores {
    pub(crate) fn new(wanted: Wanted) -> Arc<Self> {
        Arc::new(Self { wanted, key: OnceLock::new(), state: Mutex::new(State::LetGo) })
    }

    /// Whether work cannot begin without a key.
    pub(crate) fn needs_key(&self, missing: Missing) -> bool {
        self.key.get().is_none()
            && self.wanted.needs_vault()
            && (missing == Missing::Made || self.wanted.vault.exists())
    }

    pub(crate) fn unlock(&self, key: Py<MasterKey>) {
        // One that is there already is as good.
        let _ = self.key.set(key);
    }

    /// Does `work` with the stores. Without the GIL; `work` never takes it, and asks for no other work on stores.
    pub(crate) fn run<T>(
        self: &Arc<Self>,
        missing: Missing,
        work: impl FnOnce(&Opened) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let gate = fork_gate::enter().ok_or_else(|| {
            let reason = "nothing is opened while the process forks".into();
            Error::Unavailable { store: "chain".into(), reason }
        })?;
        let opened = self.opened(missing, &gate)?;
        let result = work(&opened);
        // Within the gate: with the last reference the vault is closed.
        drop(opened);
        result
    }

    /// Closes what is open; it is opened again when it is needed. Within the gate.
    pub(crate) fn let_go(&self) {
        let mut state = self.lock();
        if matches!(*state, State::Open(_)) {
            *state = State::LetGo;
        }
    }

    /// Closes for good. Without the GIL.
    pub(crate) fn close(&self) {
        // When this thread is about to fork, nothing is open and nobody else has the state.
        let _gate = fork_gate::enter();
        *self.lock() = State::Closed;
    }

    fn opened(self: &Arc<Self>, missing: Missing, gate: &Entered) -> Result<Arc<Opened>, Error> {
        let mut state = self.lock();
        let lacks_vault = |opened: &Opened| {
            let is_wanted = self.wanted.needs_vault() && !opened.has_vault;
            is_wanted && (missing == Missing::Made || self.wanted.vault.exists())
        };
        match &*state {
            State::Closed => {
                return Err(Error::Invalid { field: "store".into(), reason: "it was closed" });
            }
            State::Open(opened) if !lacks_vault(opened) => return Ok(Arc::clone(opened)),
            State::Open(_) | State::LetGo => {}
        }
        let opened = Arc::new(self.open(missing)?);
        *state = State::Open(Arc::clone(&opened));
        drop(state);
        fork_gate::watch(gate, self);
        Ok(opened)
    }

    fn open(&self, missing: Missing) -> Result<Opened, Error> {
        let wanted = &self.wanted;
        let vault = self.vault(missing)?;
        let log = vault.as_ref().map(|vault| {
            let log = AuditLog::of(Arc::clone(vault));
            Arc::new(match &wanted.checkpoints {
                Some(path) => log.checkpoints_at(path),
                None => log,
            })
        });
        let mut stores = Stored::default();
        for place in &wanted.order {
            match (place, &vault, &log) {
                (Place::Keyring, ..) => stores.add("keyring", keyring(log.as_ref(), &wanted.actor)),
                (Place::Vault, Some(vault), Some(log)) => {
                    let audited = Audited::new(Arc::clone(vault), Arc::clone(log), wanted.actor.clone());
                    stores.add("vault", Ok(Arc::new(audited)));
                }
                (Place::Vault, ..) => stores.add("vault", Err(no_vault(&wanted.vault))),
                (Place::Environment, ..) => {
                    let environment =
                        Environment::new().prefix(&wanted.prefix).permissions(wanted.permissions);
                    stores.add("environment", Ok(Arc::new(environment)));
                }
            }
        }
        if let Some(path) = &wanted.manifest {
            stores.add("manifest", Ok(Arc::new(read_manifest(path, wanted.permissions)?)));
        }
        let Stored { reading, changing } = stores;
        Ok(Opened {
            reading: Chain::new(reading),
            changing: Chain::new(changing),
            has_vault: vault.is_some(),
        })
    }

    fn vault(&self, missing: Missing) -> Result<Option<Arc<Vault>>, Error> {
        let path = &self.wanted.vault;
        if !self.wanted.needs_vault() || (missing == Missing::LeftOut && !path.exists()) {
            return Ok(None);
        }
        let key = self.key.get().ok_or(keys::Error::NoKey)?.get().master();
        let vault =
            if missing == Missing::Made { Vault::open_or_create(path, key) } else { Vault::open(path, key) };
        vault.map(Arc::new).map(Some)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wanted {
    /// Accesses to the keyring are put on record beside the vault.
    fn needs_vault(&self) -> bool {
        self.order.iter().any(|place| *place != Place::Environment)
    }
}

impl Place {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "keyring" => Self::Keyring,
            "vault" => Self::Vault,
            "environment" => Self::Environment,
            _ => return None,
        })
    }
}

impl Opened {
    /// The store that new credentials go to: the one that is named, else the vault, else the first that can be
    /// written.
    pub(crate) fn home(&self, named: Option<&str>) -> Result<&dyn CredentialStore, Error> {
        match named {
            Some(name) => self.changing.store(name),
            None => self.changing.store("vault").or_else(|_| self.changing.writer()),
        }
    }
}

/// Stores in their order.
#[derive(Default)]
struct Stored {
    reading: Vec<Box<dyn CredentialStore>>,
    changing: Vec<Box<dyn CredentialStore>>,
}

impl Stored {
    fn add(&mut self, name: &str, store: Result<Arc<dyn CredentialStore>, Error>) {
        match store {
            Ok(store) => {
                self.reading.push(Box::new(Arc::clone(&store)));
                self.changing.push(Box::new(store));
            }
            Err(error) => self.reading.push(Box::new(Absent::because(name, &error))),
        }
    }
}

/// The keyring, if it answers and there is a log for its accesses to be put on record in.
#[cfg(feature = "keyring")]
fn keyring(log: Option<&Arc<AuditLog>>, actor: &Actor) -> Result<Arc<dyn CredentialStore>, Error> {
    use modelcrypt::credentials::stores::keyring::KeyringStore;

    if fork_gate::keyring_is_lost() {
        return Err(no_keyring("a process that was forked off does not ask it"));
    }
    fork_gate::ask_keyring();
    let keyring = KeyringStore::of_user()?;
    keyring.probe()?;
    let log =
        log.ok_or_else(|| no_keyring("its accesses are put on record beside the vault, and there is none"))?;
    Ok(Arc::new(Audited::new(keyring, Arc::clone(log), actor.clone())))
}

#[cfg(not(feature = "keyring"))]
fn keyring(_: Option<&Arc<AuditLog>>, _: &Actor) -> Result<Arc<dyn CredentialStore>, Error> {
    Err(no_keyring("this package was built without it"))
}

fn no_keyring(reason: &str) -> Error {
    Error::Unavailable { store: "keyring".into(), reason: reason.into() }
}

fn no_vault(path: &Path) -> Error {
    Error::Unavailable { store: "vault".into(), reason: format!("there is none at `{}`", path.display()) }
}
