//! `man`: pages made from the parser's own definition.

use std::path::Path;

use clap::CommandFactory;

use crate::ErrorKind;
use crate::cli::args::{Cli, ManArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;

pub(in crate::cli) fn run(args: &ManArgs, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    match &args.dir {
        Some(dir) => write_all(dir)?,
        None => context.terminal.print(&main_page()?)?,
    }
    Ok(Exit::Done)
}

fn main_page() -> Result<String, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::new(ErrorKind::Io, error.to_string()))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn write_all(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), dir))
        .map_err(|error| Failure::new(ErrorKind::Io, format!("writing to `{}`: {error}", dir.display())))
}
