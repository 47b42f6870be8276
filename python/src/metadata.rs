//! What is known of a credential: from Python as edits of a record, to Python as a `modelcrypt.credentials.Record`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use modelcrypt::credentials::{Credential, Entry, Moment, Record, Version};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;

use crate::text::Text;

/// Changes of a record, field by field.
pub(crate) struct Metadata {
    edits: Vec<Edit>,
    /// The end of the secret, if that was given.
    pub(crate) expires: Option<Moment>,
}

impl Metadata {
    /// Puts what was given in the place of what is there.
    pub(crate) fn apply(&self, record: &mut Record) {
        self.edits.iter().for_each(|edit| edit(record));
    }
}

impl FromPyObject<'_, '_> for Metadata {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let mut metadata = Self { edits: Vec::new(), expires: None };
        for (name, value) in object.cast::<PyDict>()?.iter() {
            metadata.edits.push(match &*name.extract::<String>()? {
                "username" => text(&value, |record, text| record.username = text)?,
                "description" => text(&value, |record, text| record.description = text)?,
                "service" => text(&value, |record, text| record.service = text)?,
                "environment" => text(&value, |record, text| record.environment = text)?,
                "rotate_command" => text(&value, |record, text| record.rotate_command = text)?,
                "verify_command" => text(&value, |record, text| record.verify_command = text)?,
                "extra" => {
                    let pairs = value.extract::<Vec<(Text, Text)>>()?;
                    let extra: BTreeMap<_, _> =
                        pairs.iter().map(|(key, value)| (owned(key), owned(value))).collect();
                    Box::new(move |record| record.extra.clone_from(&extra))
                }
                "tags" => {
                    let tags: BTreeSet<_> = value.extract::<Vec<Text>>()?.iter().map(owned).collect();
                    Box::new(move |record| record.tags.clone_from(&tags))
                }
                "expires" => {
                    let end = value.extract::<Option<SystemTime>>()?.map(Moment::from);
                    metadata.expires = end;
                    Box::new(move |record| record.expires = end)
                }
                "rotate_every" => {
                    let every = value.extract::<Option<Duration>>()?;
                    Box::new(move |record| record.rotate_every = every)
                }
                _ => return Err(PyTypeError::new_err("a credential has no such field")),
            });
        }
        Ok(metadata)
    }
}

/// The `modelcrypt.credentials.Record` of an entry in `store`.
pub(crate) fn record<'py>(py: Python<'py>, store: &str, entry: &Entry) -> PyResult<Bound<'py, PyAny>> {
    let (due, versions) = (entry.due(), entry.history.versions());
    record_from(py, Told { store, record: &entry.record, due, versions }.to_json())
}

/// What is told of a credential that was handed out, with the version that it is.
pub(crate) fn told_of(store: &str, credential: &Credential) -> String {
    let Credential { record, version, .. } = credential;
    let due = record.due(version.current_since.unwrap_or(version.created));
    Told { store, record, due, versions: std::slice::from_ref(version) }.to_json()
}

/// The `modelcrypt.credentials.Record` of what is told.
pub(crate) fn record_from(py: Python<'_>, told: String) -> PyResult<Bound<'_, PyAny>> {
    py.import("modelcrypt._records")?.getattr("record_of")?.call1((told,))
}

/// As `--json` tells it.
#[derive(Serialize)]
struct Told<'e> {
    store: &'e str,
    #[serde(flatten)]
    record: &'e Record,
    due: Option<Moment>,
    versions: &'e [Version],
}

impl Told<'_> {
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text, numbers and times serialize")
    }
}

type Edit = Box<dyn Fn(&mut Record) + Send + Sync>;

fn text(value: &Bound<'_, PyAny>, put: fn(&mut Record, Option<String>)) -> PyResult<Edit> {
    let text = value.extract::<Option<Text>>()?.as_ref().map(owned);
    Ok(Box::new(move |record| put(record, text.clone())))
}

fn owned(text: &Text) -> String {
    text.as_str().to_owned()
}
