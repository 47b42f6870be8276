//! What `--json` prints; `docs/cli.md` tells of every field.

use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::exit_code::Exit;
use super::failure::Failure;

/// One object, on one line.
pub(super) fn line(document: &impl Serialize) -> String {
    let text = serde_json::to_string(document).expect("text, numbers and lists serialize");
    text + "\n"
}

/// A path: as text, and byte for byte where it is no text.
#[derive(Debug, Serialize)]
pub(super) struct JsonPath {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_b64: Option<String>,
}

impl From<&Path> for JsonPath {
    fn from(path: &Path) -> Self {
        let exact = || BASE64URL_NOPAD.encode(path.as_os_str().as_encoded_bytes());
        let path_b64 = if path.to_str().is_some() { None } else { Some(exact()) };
        Self { path: path.to_string_lossy().into_owned(), path_b64 }
    }
}

/// A failure.
#[derive(Debug, Serialize)]
pub(super) struct JsonError {
    kind: &'static str,
    message: String,
    hint: Option<String>,
}

impl From<&Failure> for JsonError {
    fn from(failure: &Failure) -> Self {
        Self { kind: failure.kind.word(), message: failure.message.clone(), hint: failure.hint.clone() }
    }
}

/// A verb that failed as a whole.
#[derive(Debug, Serialize)]
pub(super) struct FailedVerb {
    verb: &'static str,
    files: [(); 0],
    notices: [(); 0],
    error: JsonError,
    summary: ExitOnly,
}

#[derive(Debug, Serialize)]
struct ExitOnly {
    exit_code: u8,
}

impl FailedVerb {
    pub(super) fn new(verb: &'static str, failure: &Failure) -> Self {
        let exit_code = Exit::of(failure.kind).number();
        Self { verb, files: [], notices: [], error: failure.into(), summary: ExitOnly { exit_code } }
    }
}
