//! As JSON: all that is known.

use data_encoding::BASE64;
use serde::Serialize;

use super::exported::Exported;
use crate::cli::commands::cred::shown::JsonCredential;
use crate::cli::json;

pub(super) fn write(verb: &'static str, exported: &[Exported]) -> String {
    let credentials = exported.iter().map(|exported| {
        let secret = exported.credential.as_ref().map(|credential| credential.secret.expose());
        let text = secret.and_then(|secret| std::str::from_utf8(secret).ok());
        JsonExported {
            credential: JsonCredential::new(&exported.store, &exported.entry),
            secret: text,
            secret_b64: secret.filter(|_| text.is_none()).map(|secret| BASE64.encode(secret)),
        }
    });
    json::line(&Document { verb, credentials: credentials.collect() })
}

#[derive(Serialize)]
struct Document<'e> {
    verb: &'static str,
    credentials: Vec<JsonExported<'e>>,
}

#[derive(Serialize)]
struct JsonExported<'e> {
    #[serde(flatten)]
    credential: JsonCredential<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_b64: Option<String>,
}
