//! As a Secret of Kubernetes.

use std::collections::BTreeMap;
use std::fmt::Write;

use data_encoding::BASE64;

use super::exported::Exported;
use crate::cli::failure::Failure;

pub(super) fn write(exported: &[Exported]) -> Result<String, Failure> {
    let mut entries: BTreeMap<String, Option<String>> = BTreeMap::new();
    for credential in exported {
        let name = credential.record().name.as_str();
        for part in credential.parts()? {
            let key = key(name, part.name);
            let value = part.value.map(|value| BASE64.encode(value.expose()));
            if entries.insert(key.clone(), value).is_some() {
                let message = format!("two credentials have the key `{key}` in a Secret");
                return Err(Failure::usage(message).hint("name those that you want"));
            }
        }
    }
    let mut text = String::from(HEAD);
    if entries.values().any(Option::is_some) {
        text.push_str("data:\n");
    }
    for (key, value) in &entries {
        let _ = match value {
            // Quoted: a key may look like a number.
            Some(value) => writeln!(text, "  \"{key}\": {value}"),
            None => writeln!(text, "# {key} is left out"),
        };
    }
    Ok(text)
}

/// Letters, digits, `-`, `_` and `.`: what a key there may have.
fn key(name: &str, part: &str) -> String {
    let separator = if part.is_empty() { "" } else { "." };
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    format!("{name}{separator}{part}").chars().map(plain).collect()
}

const HEAD: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: modelcrypt-credentials
type: Opaque
";
