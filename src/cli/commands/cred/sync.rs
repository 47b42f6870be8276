//! `cred sync`: a folder with a file for each credential.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::values::Values;
use crate::ErrorKind;
use crate::cli::args::cred::SyncArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{self, JsonPath};
use crate::cli::projected_dir::{Files, Projected, ProjectedDir, file_name};
use crate::cli::{credential_store, human};
use crate::credentials::{CredentialStore, Error, Name};

pub(in crate::cli) fn run(args: &SyncArgs, context: &Context) -> Result<Exit, Failure> {
    let named: BTreeSet<Name> = args.names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let store = credential_store::open(&args.stores, context)?;
    let names = if named.is_empty() { all(&store, context)? } else { named };
    let failed = |error: std::io::Error| Failure::at(&args.dir, error);
    // Locked before the reading: of two that run at once the later one has the later values.
    let dir = ProjectedDir::open(&args.dir).map_err(failed)?;
    let mut values = Values::new(&store);
    let mut files = Files::new();
    for name in &names {
        let value = values.credential(name)?.field("secret")?;
        files.insert(file_name(name), value);
    }
    if let Some(name) = dir.foreign(&files).map_err(failed)? {
        let path = args.dir.join(name);
        return Err(Failure::new(ErrorKind::AlreadyExists, format!("`{}` is not ours", path.display()))
            .hint("name another folder, or move that file away"));
    }
    let projected = dir.project(&files).map_err(failed)?;
    tell(&args.dir, &names, projected, context)?;
    Ok(Exit::Done)
}

/// All that are given now.
fn all(store: &dyn CredentialStore, context: &Context) -> Result<BTreeSet<Name>, Failure> {
    let listing = store.list()?;
    for problem in listing.problems {
        match problem {
            // What is not there has nothing that could be given.
            Error::Unavailable { .. } => context.terminal.detail(&problem.to_string()),
            _ => return Err(problem.into()),
        }
    }
    let now = store.now();
    let mut names = BTreeSet::new();
    for entry in listing.entries.into_iter().filter(|entry| entry.record.active) {
        match entry.record.expires.filter(|end| *end <= now) {
            Some(end) => {
                context.terminal.note(&format!("left out `{}`: it expired at {end}", entry.record.name));
            }
            None => {
                names.insert(entry.record.name);
            }
        }
    }
    Ok(names)
}

fn tell(dir: &Path, names: &BTreeSet<Name>, projected: Projected, context: &Context) -> Result<(), Failure> {
    let changed = projected == Projected::Changed;
    if context.json {
        let names = names.iter().map(Name::as_str).collect();
        return context.terminal.print(&json::line(&Synced {
            verb: context.verb,
            dir: JsonPath::from(dir),
            names,
            changed,
        }));
    }
    let what = if changed { "wrote" } else { "nothing new in" };
    context.terminal.say(&format!("{what} {} ({} credentials)", human::path(dir), names.len()));
    Ok(())
}

#[derive(Serialize)]
struct Synced<'n> {
    verb: &'static str,
    #[serde(flatten)]
    dir: JsonPath,
    names: Vec<&'n str>,
    changed: bool,
}
