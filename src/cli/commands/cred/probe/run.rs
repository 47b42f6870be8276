//! The verb: choose, ask, tell.

use serde::Serialize;

use super::answer::Answer;
use super::choose::{Chosen, choose};
use super::{hub, postgres, s3, web};
use crate::cli::args::cred::TestArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{human, interrupt, json};
use crate::credentials::Kind;
use crate::mask::Masker;

pub(in crate::cli) fn run(args: &TestArgs, context: &Context) -> Result<Exit, Failure> {
    let chosen = choose(args, context)?;
    let patience = args.patience();
    let masker = Masker::new();
    let (name, secret) = match &chosen {
        Chosen::Kept(credential) => (credential.record.name.to_string(), &credential.secret),
        Chosen::Token(token, place) => (place.clone(), token),
    };
    // One that is too short to be told from other text is in no answer that is shown: see `said`.
    let is_known = masker.register(secret).is_ok();
    if let Chosen::Kept(credential) = &chosen {
        for part in ["password", "secret_access_key", "session_token"] {
            let _ = credential.field(part).map(|part| masker.register(&part));
        }
    }
    // Nothing is to be tidied up: a signal may end it while it waits.
    interrupt::let_signals_kill()?;
    let answer = match &chosen {
        Chosen::Token(token, _) => hub::ask(None, token, patience),
        Chosen::Kept(credential) => match credential.record.kind {
            Kind::Aws => s3::ask(credential, patience),
            Kind::Huggingface => hub::ask(
                credential.record.extra.get("endpoint").map(String::as_str),
                &credential.secret,
                patience,
            ),
            Kind::DbDsn => postgres::ask(credential, patience),
            _ => web::ask(credential, patience),
        },
    }?;
    let said = if is_known { masker.text(&answer.said).into_owned() } else { String::new() };
    tell(&name, &Answer { said, ..answer }, context)
}

fn tell(name: &str, answer: &Answer, context: &Context) -> Result<Exit, Failure> {
    let Answer { server, is_good, said } = answer;
    if context.json {
        let tested = Tested { verb: context.verb, name, server, ok: *is_good, said };
        context.terminal.print(&json::line(&tested))?;
    } else {
        let word = if *is_good { "works" } else { "does not work" };
        let line = human::printable(&format!("{name} {word}: {server}: {said}"));
        context.terminal.print(&format!("{line}\n"))?;
    }
    Ok(if *is_good { Exit::Done } else { Exit::Failed })
}

#[derive(Serialize)]
struct Tested<'a> {
    verb: &'static str,
    name: &'a str,
    server: &'a str,
    ok: bool,
    said: &'a str,
}
