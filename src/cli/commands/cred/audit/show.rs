//! `cred audit show`: who did what.

use std::time::SystemTime;

use serde::Serialize;

use crate::cli::args::cred::ShowArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::{credential_store, human, json, table};
use crate::credentials::Moment;
use crate::credentials::audit::{Line, Outcome};

pub(super) fn run(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let vault = credential_store::open_vault(&args.key, context)?;
    let since = args.since.and_then(|when| when.before(SystemTime::now())).map(Moment::from);
    let is_wanted = |line: &Line| {
        args.name.as_ref().is_none_or(|name| line.name.as_ref() == Some(name))
            && (!args.failed || line.outcome == Outcome::Failed)
            && since.is_none_or(|since| line.time >= since)
    };
    let mut lines = credential_store::audit_log(&vault).lines()?;
    lines.retain(is_wanted);
    if let Some(limit) = args.limit {
        lines.drain(..lines.len().saturating_sub(limit));
    }
    if context.json {
        context.terminal.print(&json::line(&Document { verb: context.verb, lines: &lines }))?;
    } else if lines.is_empty() {
        context.terminal.say("nothing of that is on record");
    } else {
        context.terminal.print(&table::render(HEADER, lines.iter().map(row), &[0], Terminal::columns()))?;
    }
    Ok(Exit::Done)
}

fn row(line: &Line) -> Vec<String> {
    let outcome = match line.outcome {
        Outcome::Ok => "ok",
        Outcome::Begun => "begun",
        _ => "FAILED",
    };
    [
        line.seq.to_string(),
        line.time.to_string(),
        line.actor.clone(),
        line.action.clone(),
        line.store.clone(),
        line.name.clone().unwrap_or_default(),
        line.version.map_or_else(String::new, |version| version.to_string()),
        outcome.to_owned(),
        line.reason.clone().unwrap_or_default(),
    ]
    .map(|cell| human::printable(&cell))
    .to_vec()
}

#[derive(Serialize)]
struct Document<'l> {
    verb: &'static str,
    lines: &'l [Line],
}

const HEADER: &[&str] = &["line", "time", "actor", "action", "store", "name", "version", "outcome", "reason"];
