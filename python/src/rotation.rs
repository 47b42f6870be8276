//! The rotation of one credential, with functions of Python, or the commands that it keeps.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use modelcrypt::base::SecretText;
use modelcrypt::credentials::{
    Access, Action, Apply, Credential, CredentialStore, Entry, Error, Listing, Moment, Name, Refusal,
    Rotation, Selector, check_by_command, generate, secret_of_command,
};
use pyo3::prelude::*;

use crate::error::raised;
use crate::metadata;
use crate::opened_stores::{Missing, Opened, Stores};
use crate::secret::{SECRET, Secret};
use crate::value::Value;

/// Where the new secret comes from.
#[derive(FromPyObject)]
pub(crate) enum NewSecret {
    /// It is at hand.
    Given(Py<Value>),
    /// It is made of so many letters and digits.
    Generated(usize),
    /// By a function; `None`: by the command that the credential keeps.
    Made(Option<Py<PyAny>>),
}

/// Creates, verifies, switches; gives the entry and the store that has it.
pub(crate) fn rotate(
    py: Python<'_>,
    stores: &Arc<Stores>,
    name: &Name,
    secret: &NewSecret,
    verify: Option<&Py<PyAny>>,
    grace: Option<Duration>,
    expires: Option<SystemTime>,
) -> PyResult<(Entry, String)> {
    let raised_there = Mutex::new(None);
    let rotated = py.detach(|| {
        let store = Held::find(stores, name)?;
        let record = store.entry(name)?.record;
        let mut rotation = Rotation::new(&store, name.clone());
        if let Some(grace) = grace {
            rotation = rotation.grace(grace);
        }
        if let Some(end) = expires {
            rotation = rotation.expires(end.into());
        }
        let keep = |error: PyErr| {
            *raised_there.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        };
        let mut check = |pending: &Credential| match (verify, &record.verify_command) {
            (Some(function), _) => ask(&store, function, pending).unwrap_or_else(|error| {
                keep(error);
                Err(Refusal::Unanswered("the function that checks it raised an exception".into()))
            }),
            (None, Some(command)) => check_by_command(&silenced(command), pending),
            (None, None) => Ok(()),
        };
        let mut make = |entry: &Entry| match (secret, &record.rotate_command) {
            (NewSecret::Made(Some(function)), _) => made(&store.name, function, entry).map_err(|error| {
                keep(error);
                "the function that makes it raised an exception".into()
            }),
            (_, Some(command)) => secret_of_command(&silenced(command), entry),
            (_, None) => Err("the credential keeps no command that makes a secret".into()),
        };
        let new = match secret {
            NewSecret::Given(value) => modelcrypt::credentials::NewSecret::Given(value.get().to_owned_text()),
            NewSecret::Generated(len) => modelcrypt::credentials::NewSecret::Given(generate(*len)?),
            NewSecret::Made(None) if record.rotate_command.is_none() => {
                let reason = "it keeps no command that makes a secret";
                return Err(Error::Rotation { name: name.to_string(), reason });
            }
            NewSecret::Made(_) => modelcrypt::credentials::NewSecret::Made(&mut make),
        };
        let entry = rotation.run(new, &mut check)?;
        Ok((entry, store.name.clone()))
    });
    rotated.map_err(|error: Error| {
        let there = raised_there.into_inner().unwrap_or_else(PoisonError::into_inner);
        there.unwrap_or_else(|| raised(py, error))
    })
}

/// Asks a function about the pending secret, which is wiped when it has answered: `False` refuses it.
fn ask(store: &Held<'_>, function: &Py<PyAny>, pending: &Credential) -> PyResult<Result<(), Refusal>> {
    let selector = Selector::Number(pending.version.number);
    let handed = store
        .get(&pending.record.name, selector)
        .and_then(|credential| Secret::of(credential, SECRET, store.name.clone()));
    Python::attach(|py| {
        let secret = Py::new(py, handed.map_err(|error| raised(py, error))?)?;
        let answer = function.bind(py).call1((&secret,));
        secret.get().wipe(py)?;
        // None is what a function gives that has nothing to object to.
        let is_refused = answer?.is(pyo3::types::PyBool::new(py, false));
        Ok(if is_refused { Err(Refusal::Refused("it was refused".into())) } else { Ok(()) })
    })
}

fn made(store: &str, function: &Py<PyAny>, entry: &Entry) -> PyResult<SecretText> {
    Python::attach(|py| {
        let record = metadata::record(py, store, entry)?;
        Value::of(&function.bind(py).call1((record,))?)
    })
}

/// The same command without what it says on standard error, where a shell that traces shows secrets.
fn silenced(command: &str) -> String {
    if cfg!(windows) { format!("({command}) 2>nul") } else { format!("exec 2>/dev/null\n{command}") }
}

/// The store that has a credential, entered anew for each step: what runs in between may fork.
struct Held<'s> {
    stores: &'s Arc<Stores>,
    name: String,
}

impl<'s> Held<'s> {
    fn find(stores: &'s Arc<Stores>, name: &Name) -> Result<Self, Error> {
        let holder = |opened: &Opened| Ok(opened.changing.holder(name)?.name().to_owned());
        Ok(Self { stores, name: stores.run(Missing::LeftOut, holder)? })
    }

    fn with<T>(&self, work: impl FnOnce(&dyn CredentialStore) -> Result<T, Error>) -> Result<T, Error> {
        self.stores.run(Missing::LeftOut, |opened| work(opened.changing.store(&self.name)?))
    }
}

impl CredentialStore for Held<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn access(&self) -> Access {
        self.with(|store| Ok(store.access())).unwrap_or(Access::ReadOnly)
    }

    fn now(&self) -> Moment {
        self.with(|store| Ok(store.now())).unwrap_or_else(|_| SystemTime::now().into())
    }

    fn entry(&self, name: &Name) -> Result<Entry, Error> {
        self.with(|store| store.entry(name))
    }

    fn list(&self) -> Result<Listing, Error> {
        self.with(|store| store.list())
    }

    fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error> {
        self.with(|store| store.read(name, selector, now))
    }

    fn change(&self, name: &Name, action: Action, apply: Apply<'_>) -> Result<Entry, Error> {
        self.with(|store| store.change(name, action, apply))
    }

    fn purge(&self, name: &Name) -> Result<(), Error> {
        self.with(|store| store.purge(name))
    }
}
