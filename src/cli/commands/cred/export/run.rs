//! Gathers what is to be exported, and prints it whole or not at all.

use zeroize::Zeroizing;

use super::exported::Exported;
use super::{aws_profiles, dotenv, json_document, kubernetes};
use crate::ErrorKind;
use crate::cli::args::cred::{ExportArgs, ExportFormat};
use crate::cli::commands::cred::gather::gather;
use crate::cli::commands::cred::shown;
use crate::cli::context::Context;
use crate::cli::credential_store;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::credentials::{Chain, CredentialStore, Name, Selector};
use crate::keys::Permissions;

pub(in crate::cli::commands::cred) fn run(args: &ExportArgs, context: &Context) -> Result<Exit, Failure> {
    if context.json && args.format != ExportFormat::Json {
        return Err(Failure::usage("--json and another --format are two forms at once"));
    }
    if args.reveal && args.stores.key.permissions() == Permissions::Private {
        refuse_loose_output()?;
    }
    let names = args.names.iter().map(|name| name.parse()).collect::<Result<Vec<Name>, _>>()?;
    let chain = credential_store::open(&args.stores, context)?;
    let names = if names.is_empty() { all(&chain, context)? } else { names };
    let exported =
        names.iter().map(|name| export(&chain, name, args.reveal)).collect::<Result<Vec<_>, _>>()?;
    let text = Zeroizing::new(match args.format {
        ExportFormat::Json => json_document::write(context.verb, &exported),
        ExportFormat::Env => dotenv::write(&exported)?,
        ExportFormat::K8s => kubernetes::write(&exported)?,
        ExportFormat::Aws => aws_profiles::write(&exported)?,
    });
    context.terminal.print(&text)?;
    if !args.reveal && !exported.is_empty() {
        context.terminal.note("the secrets are left out: pass --reveal to have them");
    }
    Ok(Exit::Done)
}

/// Refuses to write secrets into a file that others may read.
fn refuse_loose_output() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        let failed =
            |error: rustix::io::Errno| Failure::new(ErrorKind::Io, format!("standard output: {error}"));
        let stat = rustix::fs::fstat(std::io::stdout()).map_err(failed)?;
        let is_file = rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::RegularFile;
        let mode = stat.st_mode & 0o777;
        if is_file && mode & 0o077 != 0 {
            let message = format!("others may read the file that the secrets are to go to (mode {mode:04o})");
            return Err(Failure::new(ErrorKind::PolicyViolation, message)
                .hint("make it with `umask 077`, or pass --allow-loose-permissions"));
        }
    }
    Ok(())
}

/// The names of all that are given now.
fn all(chain: &Chain, context: &Context) -> Result<Vec<Name>, Failure> {
    let gathered = gather(chain);
    if let Some(problem) = gathered.problems.into_iter().next() {
        return Err(problem);
    }
    let now = chain.now();
    let mut names = Vec::new();
    for (name, (entry, _)) in gathered.entries {
        match entry.select(Selector::CURRENT, now) {
            Ok(_) => names.push(name),
            Err(error) => context.terminal.note(&format!("left out: {error}")),
        }
    }
    Ok(names)
}

fn export(chain: &Chain, name: &Name, reveal: bool) -> Result<Exported, Failure> {
    let (entry, store) = shown::entry(chain, name)?;
    let credential = if reveal { Some(chain.store(store)?.get(name, Selector::CURRENT)?) } else { None };
    Ok(Exported { entry, store: store.to_owned(), credential })
}
