//! A credential as `--json` and the tables show it: everything but its secret.

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::credentials::{Chain, Entry, Error, Moment, Name, Record, Version};

/// One credential.
#[derive(Serialize)]
pub(super) struct JsonCredential<'e> {
    store: &'e str,
    #[serde(flatten)]
    record: &'e Record,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<Moment>,
    versions: &'e [Version],
}

impl<'e> JsonCredential<'e> {
    pub(super) fn new(store: &'e str, entry: &'e Entry) -> Self {
        Self { store, record: &entry.record, due: entry.due(), versions: entry.history.versions() }
    }
}

/// What is known of `name` in the first store that has it, and which that is. Unlike
/// [`holder`](Chain::holder) it passes over a store that is not there.
pub(super) fn entry<'c>(chain: &'c Chain, name: &Name) -> Result<(Entry, &'c str), Error> {
    let mut misses = Vec::new();
    for store in chain.stores() {
        let reason = match store.entry(name) {
            Ok(entry) => return Ok((entry, store.name())),
            Err(Error::NotFound(_)) => "it is not there".to_owned(),
            Err(Error::Unavailable { reason, .. }) => reason,
            Err(error) => return Err(error),
        };
        misses.push((store.name().to_owned(), reason));
    }
    Err(Error::NobodyAnswered { name: name.to_string(), misses })
}

/// What a verb has done with one credential: a sentence for people, the credential as it is now for programs.
pub(super) fn tell(context: &Context, sentence: &str, store: &str, entry: &Entry) -> Result<(), Failure> {
    context.terminal.say(sentence);
    if context.json { print(context, store, entry) } else { Ok(()) }
}

/// One credential for programs.
pub(super) fn print(context: &Context, store: &str, entry: &Entry) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Document<'e> {
        verb: &'static str,
        credential: JsonCredential<'e>,
    }
    let document = Document { verb: context.verb, credential: JsonCredential::new(store, entry) };
    context.terminal.print(&json::line(&document))
}
