//! The protocol of Docker's credential helpers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::logins::{self, Login};
use crate::ErrorKind;
use crate::base::SecretText;
use crate::cli::args::cred::{DockerAction, HelperDockerArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, secret_input};
use crate::credentials::{CredentialStore, Selector};

pub(super) fn run(args: &HelperDockerArgs, context: &Context) -> Result<Exit, Failure> {
    let done = match args.action {
        DockerAction::Get => get(args, context),
        DockerAction::Store => store(args, context),
        DockerAction::Erase => erase(args, context),
        DockerAction::List => list(args, context),
        DockerAction::Version => version(context),
    };
    if let Err(failure) = &done {
        // Docker reads what went wrong from here, and knows some of it by its words.
        context.terminal.print(&format!("{}\n", failure.message))?;
    }
    done.map(|()| Exit::Done)
}

fn get(args: &HelperDockerArgs, context: &Context) -> Result<(), Failure> {
    let server = server()?;
    let store = credential_store::open(&args.stores, context)?;
    let entry = logins::find(&store, &server, None)?;
    let entry = entry.ok_or_else(|| Failure::new(ErrorKind::NotFound, NOT_FOUND))?;
    let credential = store.get(&entry.record.name, Selector::CURRENT)?;
    let secret = std::str::from_utf8(credential.secret.expose())
        .map_err(|_| Failure::usage(format!("`{}` is not UTF-8", entry.record.name)))?;
    let username = credential.record.username.as_deref().unwrap_or_default();
    print(context, &Answer { server_url: &server, username, secret })
}

fn store(args: &HelperDockerArgs, context: &Context) -> Result<(), Failure> {
    let input = secret_input::from_stdin(MAX_INPUT_LEN)?;
    let given: Given = serde_json::from_slice(input.expose())
        .map_err(|_| Failure::usage("standard input is not an object with ServerURL, Username and Secret"))?;
    let secret = SecretText::new(given.secret.into_bytes());
    for (text, missing) in [(&given.server_url, NO_SERVER), (&given.username, NO_USERNAME)] {
        if text.is_empty() {
            return Err(Failure::usage(missing));
        }
    }
    let store = credential_store::open_to_keep(&args.stores, context)?;
    let home = credential_store::home(&store, &args.stores)?;
    let (service, username) = (&*given.server_url, &*given.username);
    let login = Login { service, username, secret, expires: None, family: "docker" };
    logins::keep(&store, home, login, true)
}

fn erase(args: &HelperDockerArgs, context: &Context) -> Result<(), Failure> {
    let server = server()?;
    let store = credential_store::open_to_change(&args.stores, context)?;
    let entry = logins::find(&store, &server, None)?;
    let entry = entry.ok_or_else(|| Failure::new(ErrorKind::NotFound, NOT_FOUND))?;
    store.deactivate(&entry.record.name)?;
    Ok(())
}

fn list(args: &HelperDockerArgs, context: &Context) -> Result<(), Failure> {
    let store = credential_store::open(&args.stores, context)?;
    let entries = logins::all(&store)?;
    let active = entries.iter().filter(|entry| entry.record.active);
    let users: BTreeMap<&str, &str> = active
        .filter_map(|entry| {
            Some((entry.record.service.as_deref()?, entry.record.username.as_deref().unwrap_or_default()))
        })
        .collect();
    print(context, &users)
}

fn version(context: &Context) -> Result<(), Failure> {
    context.terminal.print(concat!("docker-credential-modelcrypt ", env!("CARGO_PKG_VERSION"), "\n"))
}

/// The address of the server, from standard input.
fn server() -> Result<String, Failure> {
    let input = secret_input::from_stdin(MAX_INPUT_LEN)?;
    let text = std::str::from_utf8(input.expose()).map_err(|_| Failure::usage("the server is not UTF-8"))?;
    let server = text.trim();
    if server.is_empty() { Err(Failure::usage(NO_SERVER)) } else { Ok(server.to_owned()) }
}

fn print(context: &Context, document: &impl Serialize) -> Result<(), Failure> {
    // Room for all of it at once: a vector that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *text, document).expect("text serializes");
    text.push(b'\n');
    context.terminal.print_bytes(&text)
}

#[derive(Serialize)]
struct Answer<'c> {
    #[serde(rename = "ServerURL")]
    server_url: &'c str,
    #[serde(rename = "Username")]
    username: &'c str,
    #[serde(rename = "Secret")]
    secret: &'c str,
}

#[derive(Deserialize)]
struct Given {
    #[serde(rename = "ServerURL")]
    server_url: String,
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

// The words that Docker looks for.
const NOT_FOUND: &str = "credentials not found in native keychain";
const NO_SERVER: &str = "no credentials server URL";
const NO_USERNAME: &str = "no credentials username";
/// A secret of the greatest length, with each byte escaped.
const MAX_INPUT_LEN: usize = 512 * 1024;
const ROOM: usize = 128 * 1024;
