//! `completions`: made from the parser's own definition.

use clap::CommandFactory;

use crate::cli::args::{Cli, CompletionsArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;

pub(in crate::cli) fn run(args: &CompletionsArgs, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "modelcrypt", &mut script);
    context.terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
