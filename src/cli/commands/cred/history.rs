//! `cred history`: the versions of a credential.

use super::shown;
use crate::cli::args::cred::HistoryArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::{credential_store, table};
use crate::credentials::{Moment, Name, Version};

pub(in crate::cli) fn run(args: &HistoryArgs, context: &Context) -> Result<Exit, Failure> {
    let name: Name = args.name.parse()?;
    let chain = credential_store::open(&args.stores, context)?;
    let (entry, store) = shown::entry(&chain, &name)?;
    if context.json {
        shown::print(context, store, &entry)?;
    } else {
        let rows = entry.history.versions().iter().map(row);
        context.terminal.print(&table::render(HEADER, rows, &[0], Terminal::columns()))?;
    }
    Ok(Exit::Done)
}

fn row(version: &Version) -> Vec<String> {
    let moment = |moment: Option<Moment>| moment.map_or_else(|| "-".to_owned(), |moment| moment.to_string());
    vec![
        version.number.to_string(),
        version.label.map_or_else(|| "retired".to_owned(), |label| label.to_string()),
        version.created.to_string(),
        moment(version.current_since),
        moment(version.valid_until.into_iter().chain(version.expires).min()),
    ]
}

const HEADER: &[&str] = &["version", "label", "created", "current since", "given until"];
