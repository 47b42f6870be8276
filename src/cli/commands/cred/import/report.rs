//! What became of what was found.

use serde::Serialize;

use crate::cli::commands::cred::keep::Kept;
use crate::cli::commands::cred::shown::JsonCredential;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::human;
use crate::cli::json::{self, JsonError};
use crate::credentials::Name;

/// What became of all of it.
pub(super) struct Report<'c> {
    pub(super) taken: Vec<Taken<'c>>,
    pub(super) passed_over: Vec<String>,
    pub(super) failures: Vec<Failure>,
}

/// A credential that is in a store now.
pub(super) enum Taken<'c> {
    Kept(Box<Kept<'c>>),
    AlreadyThere(Name),
}

/// Tells it, and how the program ends by it.
pub(super) fn tell(context: &Context, report: &Report<'_>) -> Result<Exit, Failure> {
    let terminal = &context.terminal;
    report.passed_over.iter().for_each(|words| terminal.note(words));
    report.failures.iter().for_each(|failure| terminal.fail(failure));
    let (mut kept, mut already_there) = (Vec::new(), Vec::new());
    for taken in &report.taken {
        match taken {
            Taken::Kept(credential) => {
                let Kept { entry, store } = &**credential;
                terminal.say(&format!("kept {} in the {}", entry.record.name, store.name()));
                kept.push(JsonCredential::new(store.name(), entry));
            }
            Taken::AlreadyThere(name) => already_there.push(name.as_str()),
        }
    }
    terminal.say(&sentence(kept.len(), already_there.len(), report.failures.len()));
    if context.json {
        let document = Document {
            verb: context.verb,
            credentials: kept,
            already_there,
            failed: report.failures.iter().map(JsonError::from).collect(),
        };
        terminal.print(&json::line(&document))?;
    }
    Ok(Exit::gravest(report.failures.iter().map(|failure| Exit::of(failure.kind))))
}

fn sentence(kept: usize, already_there: usize, failed: usize) -> String {
    if kept + already_there + failed == 0 {
        return "there is no credential in it".into();
    }
    let mut parts = vec![format!("took over {}", human::count(kept, "credential"))];
    if already_there > 0 {
        parts.push(format!("{already_there} already there"));
    }
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    parts.join(", ")
}

#[derive(Serialize)]
struct Document<'r> {
    verb: &'static str,
    credentials: Vec<JsonCredential<'r>>,
    already_there: Vec<&'r str>,
    failed: Vec<JsonError>,
}
