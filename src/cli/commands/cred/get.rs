//! `cred get`: one value, to whom it may be shown.

use std::io::{self, IsTerminal};

use data_encoding::BASE64;
use serde::Serialize;
use zeroize::Zeroizing;

use super::target::Target;
use crate::ErrorKind;
use crate::cli::args::cred::GetArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, json};

pub(in crate::cli) fn run(args: &GetArgs, context: &Context) -> Result<Exit, Failure> {
    let target = Target::parse(&args.address)?;
    let is_seen = io::stdout().is_terminal();
    if !args.reveal && (context.json || is_seen) {
        let place = if context.json { "in JSON" } else { "on a terminal" };
        let message = format!("a secret is not shown {place} unless that is asked for");
        return Err(Failure::new(ErrorKind::PolicyViolation, message)
            .hint("pass --reveal, or send it through a pipe to the program that needs it"));
    }
    let chain = credential_store::open(&args.stores, context)?;
    let answer = chain.answer(&target.name, args.version)?;
    for miss in &answer.misses {
        context.terminal.detail(&format!("not from the {}: {}", miss.store, miss.reason));
    }
    context.terminal.detail(&format!("from the {}", answer.store));
    let value = answer.credential.field(&target.field)?;
    if !context.json {
        context.terminal.print_bytes(value.expose())?;
        // Only people need to see where it ends.
        if is_seen {
            context.terminal.print("\n")?;
        }
        return Ok(Exit::Done);
    }
    let text = std::str::from_utf8(value.expose()).ok();
    let document = Document {
        verb: context.verb,
        name: target.name.as_str(),
        field: &target.field,
        store: &answer.store,
        version: answer.credential.version.number,
        value: text,
        value_b64: if text.is_none() { Some(BASE64.encode(value.expose())) } else { None },
    };
    context.terminal.print(&Zeroizing::new(json::line(&document)))?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Document<'c> {
    verb: &'static str,
    name: &'c str,
    field: &'c str,
    store: &'c str,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_b64: Option<String>,
}
