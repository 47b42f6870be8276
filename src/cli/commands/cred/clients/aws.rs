//! `credential_process` of the SDKs and tools of AWS.

use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::args::cred::HelperAwsArgs;
use crate::cli::context::Context;
use crate::cli::credential_store;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::credentials::{CredentialStore, Error, Kind, Name, Selector};

pub(super) fn run(args: &HelperAwsArgs, context: &Context) -> Result<Exit, Failure> {
    let name: Name = args.name.parse()?;
    let store = credential_store::open(&args.stores, context)?;
    let credential = store.get(&name, Selector::CURRENT)?;
    if credential.record.kind != Kind::Aws {
        let message = format!("`{name}` is of the type {}, not aws", credential.record.kind);
        return Err(Failure::usage(message));
    }
    let field = |name| -> Result<Zeroizing<String>, Failure> {
        let value = credential.field(name)?;
        let text = std::str::from_utf8(value.expose())
            .map_err(|_| Failure::usage(format!("`{}/{name}` is not UTF-8", credential.record.name)))?;
        Ok(Zeroizing::new(text.to_owned()))
    };
    let token = match credential.field("session_token") {
        Ok(_) => Some(field("session_token")?),
        Err(Error::NoField { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let document = Document {
        version: 1,
        access_key_id: &field("access_key_id")?,
        secret_access_key: &field("secret_access_key")?,
        session_token: token.as_ref().map(|token| token.as_str()),
        expiration: credential.version.expires.map(|end| end.to_string()),
    };
    // Room for all of it at once: a vector that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *text, &document).expect("text and numbers serialize");
    text.push(b'\n');
    context.terminal.print_bytes(&text)?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'c> {
    version: u32,
    access_key_id: &'c str,
    secret_access_key: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

const ROOM: usize = 16 * 1024;
