//! From arguments to exit code.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;

use super::args::{Cli, Verb};
use super::context::Context;
use super::exit_code::Exit;
use super::failure::Failure;
use super::{commands, hardening, interrupt, json};

/// Runs the program on `args`, whose first is its name, and returns the exit code. Takes over SIGINT and
/// SIGTERM for good.
#[must_use]
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    hardening::apply();
    interrupt::watch();
    let exit = match Cli::try_parse_from(as_typed(args)) {
        Ok(cli) => run(&cli),
        Err(error) => {
            // Help and version come this way too, with exit code 0.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Done }
        }
    };
    exit.number()
}

/// Called as Docker calls its credential helpers, by a file name, the program is one.
fn as_typed(args: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut args = args.into_iter();
    let name = args.next();
    let is_helper =
        name.as_ref().is_some_and(|name| Path::new(name).file_stem() == Some(DOCKER_HELPER.as_ref()));
    let verb = if is_helper { &["cred", "helper", "docker"][..] } else { &[] };
    name.into_iter().chain(verb.iter().map(OsString::from)).chain(args)
}

fn run(cli: &Cli) -> Exit {
    let context = Context::new(cli.verb.name(), &cli.output);
    match dispatch(&cli.verb, &context) {
        Ok(exit) => exit,
        Err(failure) => {
            tell(&failure, &context);
            Exit::of(failure.kind)
        }
    }
}

fn tell(failure: &Failure, context: &Context) {
    context.terminal.fail(failure);
    if context.json {
        // What cannot be written to standard output has been told on standard error.
        let _ = context.terminal.print(&json::line(&json::FailedVerb::new(context.verb, failure)));
    }
}

fn dispatch(verb: &Verb, context: &Context) -> Result<Exit, Failure> {
    match verb {
        Verb::Keygen(args) => commands::keygen::run(args, context),
        Verb::Encrypt(args) => commands::encrypt::run(args, context),
        Verb::Decrypt(args) => commands::decrypt::run(args, context),
        Verb::Verify(args) => commands::verify::run(args, context),
        Verb::Status(args) => commands::status::run(args, context),
        Verb::Inspect(args) => commands::inspect::run(args, context),
        Verb::Rewrap(args) => commands::rewrap::run(args, context),
        Verb::Reencrypt(args) => commands::reencrypt::run(args, context),
        Verb::Cat(args) => commands::cat::run(args, context),
        #[cfg(unix)]
        Verb::Run(args) => commands::run::run(args, context),
        Verb::Sweep(args) => commands::sweep::run(args, context),
        Verb::Bench => commands::bench::run(context),
        Verb::Presign(args) => commands::presign::run(args, context),
        Verb::SignUrl(args) => commands::sign_url::run(args, context),
        Verb::VerifyUrl(args) => commands::verify_url::run(args, context),
        Verb::Cred(args) => commands::cred::run(args, context),
        Verb::Mask(args) => commands::mask::run(args, context),
        Verb::Scan(args) => commands::scan::run(args, context),
        Verb::Completions(args) => commands::completions::run(args, context),
        Verb::Man(args) => commands::man::run(args, context),
    }
}

const DOCKER_HELPER: &str = "docker-credential-modelcrypt";
