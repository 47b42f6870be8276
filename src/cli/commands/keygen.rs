//! `keygen`: a fresh master key, on standard output or in a new file.

use serde::Serialize;

use crate::cli::args::KeygenArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{self, JsonPath};
use crate::cli::key_file;
use crate::keys::{KeySource, MasterKey};

pub(in crate::cli) fn run(args: &KeygenArgs, context: &Context) -> Result<Exit, Failure> {
    let key = MasterKey::generate()?;
    let key_id = key.id().expect("a key that was generated is raw").to_string();
    let to_file = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    let text = key.to_text().expect("a key that was generated is raw");
    let text = std::str::from_utf8(text.expose()).expect("the text of a raw key is ASCII");
    if let Some(path) = to_file {
        // The place where every verb looks need not be made by hand.
        if KeySource::default_file().as_deref() == Some(path) {
            key_file::make_folder(path)?;
        }
        key_file::write_new(path, &key)?;
    }
    let made = Made {
        verb: context.verb,
        key_id: &key_id,
        key: if to_file.is_none() { Some(text) } else { None },
        path: to_file.map(JsonPath::from),
    };
    context.terminal.print(&match (context.json, to_file) {
        (true, _) => json::line(&made),
        (false, Some(_)) => key_id.clone() + "\n",
        (false, None) => text.to_owned() + "\n",
    })?;
    if to_file.is_some() {
        context.terminal.note("back the key up: without it nobody opens what it seals");
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Made<'k> {
    verb: &'static str,
    key_id: &'k str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'k str>,
    #[serde(flatten)]
    path: Option<JsonPath>,
}
