//! Values under Fernet: `NAME=token` lines, or a JSON object of names and tokens.

use std::collections::BTreeMap;

use super::dotenv;
use super::found::{Found, Item};
use crate::ErrorKind;
use crate::cli::failure::Failure;
use crate::cli::secret_input;
use crate::credentials::Kind;
use crate::crypto::FernetKey;

/// The keys in the variable `name`, with commas between them: the first that opens a value counts.
pub(super) fn keys(name: &str) -> Result<Vec<FernetKey>, Failure> {
    let text = secret_input::from_variable(name).map_err(|failure| Failure {
        kind: crate::cli::failure::FailureKind::Library(ErrorKind::NoKey),
        ..failure.hint("export it with the Fernet key, or name another one with --fernet-key-env")
    })?;
    let keys = text.expose().split(|byte| *byte == b',').map(|key| FernetKey::parse(key.trim_ascii()));
    keys.collect::<Option<_>>().ok_or_else(|| {
        Failure::usage(format!("`{name}` holds something else than Fernet keys"))
            .hint("a Fernet key is 32 bytes in base64url: 44 characters")
    })
}

/// The values in `text`, opened.
pub(super) fn parse(text: &str, keys: &[FernetKey]) -> Result<Found, Failure> {
    let mut found = if text.trim_start().starts_with('{') { object(text)? } else { dotenv::parse(text) };
    let mut opened = Vec::new();
    for item in found.items {
        let secret = keys.iter().find_map(|key| key.open(item.secret.expose()).ok());
        match secret {
            Some(secret) => opened.push(Item { secret, ..item }),
            None => found.failures.push(Failure::new(
                ErrorKind::WrongKey,
                format!("`{}` is no Fernet token of this key", item.name),
            )),
        }
    }
    found.items = opened;
    Ok(found)
}

fn object(text: &str) -> Result<Found, Failure> {
    let tokens: BTreeMap<String, String> = serde_json::from_str(text)
        .map_err(|error| Failure::usage(format!("line {}: it is no JSON object of texts", error.line())))?;
    let item = |(name, token): (String, String)| {
        Item::new(name, Kind::Custom, crate::base::SecretText::new(token.into_bytes()))
    };
    Ok(Found { items: tokens.into_iter().map(item).collect(), ..Found::default() })
}
