//! `CredentialStore`: the stores of credentials, as Python asks them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use modelcrypt::base::SecretText;
use modelcrypt::credentials::audit::Actor;
use modelcrypt::credentials::stores::env;
use modelcrypt::credentials::{CredentialStore as _, Entry, Error, Filter, Name, Selector, name_for_url};
use modelcrypt::keys::Permissions;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::asked::{found, gathered, handed, keep};
use crate::error::{raised, raised_at};
use crate::key::MasterKey;
use crate::metadata::{self, Metadata};
use crate::opened_stores::{Missing, Opened, Place, Stores, Wanted};
use crate::pool;
use crate::rotation::{self, NewSecret};
use crate::secret::{SECRET, Secret};
use crate::text::Text;
use crate::value::Value;

/// Keyring, vault, environment and manifest, as one.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct CredentialStore(Arc<Stores>);

/// Records, and the errors of what could not be read.
type Listed<'py> = (Vec<Bound<'py, PyAny>>, Vec<Bound<'py, PyAny>>);

/// Which credentials are listed: type, tag, service, environment, due by then.
type Wish = (Option<Text>, Option<Text>, Option<Text>, Option<Text>, Option<SystemTime>);

#[pymethods]
impl CredentialStore {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "each is an argument that somebody passes")]
    fn new(
        py: Python<'_>,
        vault: Option<PathBuf>,
        order: Vec<Text>,
        manifest: Option<PathBuf>,
        prefix: Text,
        actor: (Text, Text),
        checkpoints: Option<PathBuf>,
        allow_loose: bool,
    ) -> PyResult<Self> {
        let homeless = || {
            let reason = "you have no home folder, and so no data folder".into();
            Error::Unavailable { store: "vault".into(), reason }
        };
        let unknown = || {
            let reason = "a store is keyring, vault or environment";
            Error::Invalid { field: "order".into(), reason }
        };
        let made = || {
            let vault = absolute(vault.or_else(env::vault_path).ok_or_else(homeless)?);
            let (manifest, checkpoints) = (manifest.map(absolute), checkpoints.map(absolute));
            let order: Option<Vec<_>> = order.iter().map(|name| Place::parse(name.as_str())).collect();
            let order = order.ok_or_else(unknown)?;
            let (name, correlation) = (actor.0.as_str().to_owned(), actor.1.as_str().to_owned());
            let permissions = if allow_loose { Permissions::Loose } else { Permissions::Private };
            Ok(Wanted {
                vault,
                order,
                manifest,
                prefix: prefix.as_str().to_owned(),
                actor: Actor { name, correlation },
                checkpoints,
                permissions,
            })
        };
        made().map(|wanted| Self(Stores::new(wanted))).map_err(|error: Error| raised(py, error))
    }

    /// Where the vault is, or is made.
    #[getter]
    fn vault(&self) -> PathBuf {
        self.0.wanted.vault.clone()
    }

    /// Whether work cannot begin without a key.
    fn needs_key(&self, is_made: bool) -> bool {
        self.0.needs_key(if is_made { Missing::Made } else { Missing::LeftOut })
    }

    fn unlock(&self, key: Py<MasterKey>) {
        self.0.unlock(key);
    }

    /// Opens what is there.
    fn open(&self, py: Python<'_>) -> PyResult<()> {
        self.run(py, |_| Ok(()))
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.close());
    }

    fn get(&self, py: Python<'_>, name: Text, field: Text, version: Option<Text>) -> PyResult<Secret> {
        self.run(py, |opened| {
            let name = parsed(&name)?;
            let selector =
                version.as_ref().map_or(Ok(Selector::CURRENT), |version| version.as_str().parse())?;
            handed(&opened.reading, &name, field.as_str(), selector)
        })
    }

    fn for_url(&self, py: Python<'_>, url: Text) -> PyResult<Secret> {
        if url.as_str().starts_with("hf://")
            && let Some(found) = env::hub_token()
        {
            return Secret::of(found, SECRET, "environment".into()).map_err(|error| raised(py, error));
        }
        self.run_on_threads(py, |opened| {
            let name = name_for_url(&opened.reading, url.as_str())?;
            handed(&opened.reading, &name, SECRET, Selector::CURRENT)
        })
    }

    /// The values of `NAME/FIELD` for each variable, each credential read once.
    fn values<'py>(
        &self,
        py: Python<'py>,
        wanted: Vec<(String, Text, Text)>,
    ) -> PyResult<Vec<(String, Bound<'py, PyBytes>)>> {
        let values: Vec<SecretText> = self.run(py, |opened| {
            let mut read = BTreeMap::new();
            let values = wanted.iter().map(|(_, name, field)| {
                let name = parsed(name)?;
                let credential = match read.entry(name.clone()) {
                    Slot::Occupied(read) => read.into_mut(),
                    Slot::Vacant(place) => place.insert(opened.reading.get(&name, Selector::CURRENT)?),
                };
                let value = credential.field(field.as_str())?;
                if value.expose().contains(&0) {
                    let reason = "it holds a zero byte, which no variable takes";
                    return Err(Error::Invalid { field: name.to_string(), reason });
                }
                Ok(value)
            });
            values.collect()
        })?;
        let names = wanted.into_iter().map(|(variable, ..)| variable);
        Ok(names.zip(values).map(|(name, value)| (name, PyBytes::new(py, value.expose()))).collect())
    }

    fn record<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Bound<'py, PyAny>> {
        let (entry, store) = self.run(py, |opened| found(&opened.reading, &parsed(&name)?))?;
        metadata::record(py, &store, &entry)
    }

    fn list<'py>(&self, py: Python<'py>, wish: Wish) -> PyResult<Listed<'py>> {
        let (entries, problems) = self.run_on_threads(py, |opened| {
            let (kind, tag, service, environment, due_by) = &wish;
            let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned());
            let filter = Filter {
                kind: kind.as_ref().map(|kind| kind.as_str().parse()).transpose()?,
                tag: text(tag),
                service: text(service),
                environment: text(environment),
                due_by: due_by.map(Into::into),
            };
            Ok(gathered(&opened.reading, &filter))
        })?;
        let records = entries.values().map(|(entry, store)| metadata::record(py, store, entry));
        let problems =
            problems.into_iter().map(|error| raised(py, error).into_value(py).into_bound(py).into_any());
        Ok((records.collect::<PyResult<_>>()?, problems.collect()))
    }

    /// Keeps a new credential, or a new version of the one that is there, in one transaction.
    fn set<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        kind: Option<Text>,
        metadata: Metadata,
        secret: &Value,
        home: Option<Text>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let kept = self.run_making(py, |opened| {
            let kind = kind.as_ref().map(|kind| kind.as_str().parse()).transpose()?;
            let home = home.as_ref().map(Text::as_str);
            keep(opened, &parsed(&name)?, kind, &metadata, secret.to_owned_text(), home)
        });
        let (entry, store) = kept?;
        metadata::record(py, &store, &entry)
    }

    fn edit<'py>(&self, py: Python<'py>, name: Text, metadata: Metadata) -> PyResult<Bound<'py, PyAny>> {
        self.change(py, &name, |store, name| store.edit(name, &mut |record| metadata.apply(record)))
    }

    fn rollback<'py>(&self, py: Python<'py>, name: Text, to: Option<u32>) -> PyResult<Bound<'py, PyAny>> {
        self.change(py, &name, |store, name| store.rollback(name, to))
    }

    fn discard<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Bound<'py, PyAny>> {
        self.change(py, &name, |store, name| store.discard(name))
    }

    fn deactivate<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Bound<'py, PyAny>> {
        self.change(py, &name, |store, name| store.deactivate(name))
    }

    fn restore<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Bound<'py, PyAny>> {
        self.change(py, &name, |store, name| store.restore(name))
    }

    fn purge(&self, py: Python<'_>, name: Text) -> PyResult<()> {
        self.run(py, |opened| {
            let name = parsed(&name)?;
            opened.changing.holder(&name)?.purge(&name)
        })
    }

    #[allow(clippy::too_many_arguments, reason = "each is an argument that somebody passes")]
    fn rotate<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        secret: NewSecret,
        verify: Option<Py<PyAny>>,
        grace: Option<Duration>,
        expires: Option<SystemTime>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let name = parsed(&name).map_err(|error| raised(py, error))?;
        let (entry, store) = rotation::rotate(py, &self.0, &name, &secret, verify.as_ref(), grace, expires)?;
        metadata::record(py, &store, &entry)
    }

    #[allow(clippy::unused_self, reason = "Python calls it as a method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(pyo3::exceptions::PyTypeError::new_err("a store is not pickled: open it in the other process"))
    }
}

impl CredentialStore {
    fn run<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Opened) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        let done = py.detach(|| self.0.run(Missing::LeftOut, work));
        done.map_err(|error| self.raised(py, error))
    }

    fn run_making<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Opened) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        let done = py.detach(|| self.0.run(Missing::Made, work));
        done.map_err(|error| self.raised(py, error))
    }

    /// On the package's own threads: a list of many is parsed on all of them. The gate stays with this one: a thread of
    /// the pool that waits for the others begins other work of the pool.
    fn run_on_threads<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Opened) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        let pool = pool::current(None)?;
        let done = py.detach(|| self.0.run(Missing::LeftOut, |opened| pool.install(|| work(opened))));
        done.map_err(|error| self.raised(py, error))
    }

    fn change<'py>(
        &self,
        py: Python<'py>,
        name: &Text,
        change: impl FnOnce(&dyn modelcrypt::CredentialStore, &Name) -> Result<Entry, Error> + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (entry, store) = self.run(py, |opened| {
            let name = parsed(name)?;
            let store = opened.changing.holder(&name)?;
            Ok((change(store, &name)?, store.name().to_owned()))
        })?;
        metadata::record(py, &store, &entry)
    }

    /// What is wrong with a key is wrong with the key of this vault.
    fn raised(&self, py: Python<'_>, error: Error) -> PyErr {
        match error {
            Error::Key(_) => raised_at(py, error, &self.0.wanted.vault),
            error => raised(py, error),
        }
    }
}

impl Drop for CredentialStore {
    /// A vault is closed within the gate, which is not waited for with the GIL.
    fn drop(&mut self) {
        let stores = &self.0;
        let _ = Python::try_attach(|py| py.detach(|| stores.close()));
    }
}

/// It is opened again after a fork, wherever the program is by then.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

fn parsed(name: &Text) -> Result<Name, Error> {
    name.as_str().parse()
}
