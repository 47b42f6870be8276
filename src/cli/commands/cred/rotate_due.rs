//! `cred rotate --due`: all that are due, one after the other, by the commands that they keep.

use serde::Serialize;

use super::rotation::rotate;
use super::shown::JsonCredential;
use crate::ErrorKind;
use crate::cli::args::cred::RotateArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{self, JsonError};
use crate::cli::{credential_store, human, interrupt};
use crate::credentials::{Access, CredentialStore, Entry, Name, due};

pub(super) fn run(args: &RotateArgs, context: &Context) -> Result<Exit, Failure> {
    let chain = credential_store::open_to_change(&args.stores, context)?;
    let mut report = Report::default();
    for store in chain.stores().filter(|store| store.access() == Access::ReadWrite) {
        let by = store.now().plus(args.before.map(|life| life.0).unwrap_or_default());
        let entries = match due(store, by) {
            Ok(entries) => entries,
            // What is due in the others does not wait for it.
            Err(error) => {
                let problem = Failure::from(error);
                context.terminal.fail(&problem);
                report.problems.push(problem);
                continue;
            }
        };
        for entry in entries {
            if let Some(signal) = interrupt::signal() {
                return Err(interrupt::Interrupted(signal).into());
            }
            let name = entry.record.name.clone();
            let rotated = rotate_one(args, store, &entry);
            match &rotated {
                Ok(_) => context.terminal.say(&format!("rotated {name}")),
                Err(failure) => context.terminal.fail(failure),
            }
            report.outcomes.push(Outcome { name, store, rotated });
        }
    }
    tell(context, &report)
}

/// What became of all of them.
#[derive(Default)]
struct Report<'c> {
    outcomes: Vec<Outcome<'c>>,
    /// Stores that cannot be asked.
    problems: Vec<Failure>,
}

/// What became of one.
struct Outcome<'c> {
    name: Name,
    store: &'c dyn CredentialStore,
    rotated: Result<Entry, Failure>,
}

fn rotate_one(args: &RotateArgs, store: &dyn CredentialStore, entry: &Entry) -> Result<Entry, Failure> {
    let name = &entry.record.name;
    if entry.record.rotate_command.is_none() {
        let message = format!("`{name}` is due and keeps no command that makes a new secret");
        return Err(Failure::new(ErrorKind::PolicyViolation, message)
            .hint(format!("`modelcrypt cred rotate {name} --stdin`, or keep one: `modelcrypt cred edit {name} --rotate-command CMD`")));
    }
    rotate(args, store, name)
        .map_err(|failure| Failure { message: format!("{name}: {}", failure.message), ..failure })
}

fn tell(context: &Context, Report { outcomes, problems }: &Report<'_>) -> Result<Exit, Failure> {
    let failures = outcomes.iter().filter_map(|outcome| outcome.rotated.as_ref().err());
    let exit = Exit::gravest(failures.chain(problems).map(|failure| Exit::of(failure.kind)));
    let done = outcomes.iter().filter(|outcome| outcome.rotated.is_ok()).count();
    let failed = outcomes.len() - done;
    context.terminal.say(&match (outcomes.len(), failed) {
        (0, _) => "nothing is due".to_owned(),
        (_, 0) => format!("rotated {}", human::count(done, "credential")),
        _ => format!("rotated {}, {failed} failed", human::count(done, "credential")),
    });
    if context.json {
        let rotated = outcomes.iter().filter_map(|outcome| {
            let entry = outcome.rotated.as_ref().ok()?;
            Some(JsonCredential::new(outcome.store.name(), entry))
        });
        let failed = outcomes.iter().filter_map(|outcome| {
            let failure = outcome.rotated.as_ref().err()?;
            Some(NotRotated {
                name: outcome.name.as_str(),
                store: outcome.store.name(),
                error: failure.into(),
            })
        });
        let document = Document {
            verb: context.verb,
            credentials: rotated.collect(),
            failed: failed.collect(),
            problems: problems.iter().map(JsonError::from).collect(),
        };
        context.terminal.print(&json::line(&document))?;
    }
    Ok(exit)
}

#[derive(Serialize)]
struct Document<'o> {
    verb: &'static str,
    credentials: Vec<JsonCredential<'o>>,
    failed: Vec<NotRotated<'o>>,
    problems: Vec<JsonError>,
}

#[derive(Serialize)]
struct NotRotated<'o> {
    name: &'o str,
    store: &'o str,
    error: JsonError,
}
