//! `cred list`: a table of what is kept.

use serde::Serialize;

use super::gather::gather;
use super::shown::JsonCredential;
use crate::cli::args::cred::ListArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::{credential_store, human, json, table};
use crate::credentials::{CredentialStore, Entry, Filter, Label, Moment};

pub(in crate::cli) fn run(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let chain = credential_store::open(&args.stores, context)?;
    let now = chain.now();
    let filter = Filter {
        kind: args.kind,
        tag: args.tag.clone(),
        service: args.service.clone(),
        environment: args.env.clone(),
        due_by: args.due.then_some(now),
    };
    let mut found = gather(&chain);
    found.entries.retain(|_, (entry, _)| entry.matches(&filter));
    for problem in &found.problems {
        context.terminal.fail(problem);
    }
    if context.json {
        let entries = found.entries.values();
        context.terminal.print(&json::line(&Document {
            verb: context.verb,
            credentials: entries.map(|(entry, store)| JsonCredential::new(store, entry)).collect(),
            problems: found.problems.iter().map(json::JsonError::from).collect(),
        }))?;
    } else if found.entries.is_empty() {
        context.terminal.say(if args.due { "nothing is due" } else { "there is no such credential" });
    } else {
        let rows = found.entries.values().map(|(entry, store)| row(entry, store, now));
        context.terminal.print(&table::render(HEADER, rows, &[4], Terminal::columns()))?;
    }
    Ok(Exit::gravest(found.problems.iter().map(|problem| Exit::of(problem.kind))))
}

fn row(entry: &Entry, store: &str, now: Moment) -> Vec<String> {
    let record = &entry.record;
    let current = entry.history.labelled(Label::Current);
    // What is only read does not tell how old it is.
    let since = current.map(|version| version.current_since.unwrap_or(version.created));
    let since = since.filter(|since| since.time() > std::time::UNIX_EPOCH);
    let elapsed = since.map(|since| now.time().duration_since(since.time()).unwrap_or_default());
    let tags: Vec<_> = record.tags.iter().map(String::as_str).collect();
    [
        record.name.to_string(),
        record.kind.to_string(),
        record.username.clone().unwrap_or_default(),
        store.to_owned(),
        current.map_or_else(String::new, |version| version.number.to_string()),
        elapsed.map_or_else(String::new, human::age),
        standing(entry, now),
        tags.join(" "),
    ]
    .map(|cell| human::printable(&cell))
    .to_vec()
}

/// Whether it is given, and when it is due.
fn standing(entry: &Entry, now: Moment) -> String {
    let day = |moment: Moment| moment.to_string()[..10].to_owned();
    if !entry.record.active {
        return "deactivated".into();
    }
    if let Some(end) = entry.record.expires.filter(|end| *end <= now) {
        return format!("expired {}", day(end));
    }
    match entry.due() {
        Some(due) if due <= now => format!("DUE since {}", day(due)),
        Some(due) => format!("due {}", day(due)),
        None => "ok".into(),
    }
}

#[derive(Serialize)]
struct Document<'e> {
    verb: &'static str,
    credentials: Vec<JsonCredential<'e>>,
    problems: Vec<json::JsonError>,
}

const HEADER: &[&str] = &["name", "type", "user", "store", "version", "age", "standing", "tags"];
