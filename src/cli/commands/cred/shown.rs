//! A credential as `--json` and the tables show it: everything but its secret.

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::credentials::{Entry, Moment, Record, Version};

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

/// What a verb has done with one credential: a sentence for people, the credential as it is now for programs.
pub(super) fn tell(context: &Context, sentence: &str, store: &str, entry: &Entry) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Document<'e> {
        verb: &'static str,
        credential: JsonCredential<'e>,
    }
    context.terminal.say(sentence);
    if context.json {
        let document = Document { verb: context.verb, credential: JsonCredential::new(store, entry) };
        context.terminal.print(&json::line(&document))?;
    }
    Ok(())
}
