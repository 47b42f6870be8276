//! `keygen`: a fresh master key, on standard output, in a new file or in the keyring.

use serde::Serialize;

use crate::cli::args::KeygenArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{self, JsonPath};
use crate::cli::key_file;
use crate::keys::{self, KeySource, MasterKey};

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
    if let Some(name) = &args.keyring {
        keys::write_keyring_key(name, &key)?;
    }
    let is_kept = to_file.is_some() || args.keyring.is_some();
    let made = Made {
        verb: context.verb,
        key_id: &key_id,
        key: if is_kept { None } else { Some(text) },
        path: to_file.map(JsonPath::from),
        keyring: args.keyring.as_deref(),
    };
    context.terminal.print(&match (context.json, is_kept) {
        (true, _) => json::line(&made),
        (false, true) => key_id.clone() + "\n",
        (false, false) => text.to_owned() + "\n",
    })?;
    if is_kept {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    keyring: Option<&'k str>,
}
