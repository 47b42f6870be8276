//! As a credentials file of AWS: a profile for each access key.

use std::fmt::Write;

use super::exported::{Exported, as_text};
use crate::cli::failure::Failure;
use crate::credentials::Kind;

pub(super) fn write(exported: &[Exported]) -> Result<String, Failure> {
    let mut text = String::new();
    for credential in exported.iter().filter(|credential| credential.record().kind == Kind::Aws) {
        let record = credential.record();
        let _ = writeln!(text, "[{}]", profile(record.name.as_str()));
        for part in credential.parts()? {
            let key = if part.name == "region" { "region".into() } else { format!("aws_{}", part.name) };
            let _ = match &part.value {
                Some(value) => writeln!(text, "{key} = {}", as_text(value, record)?),
                None => writeln!(text, "# {key} is left out"),
            };
        }
        if let Some(endpoint) = record.extra.get("endpoint") {
            let _ = writeln!(text, "endpoint_url = {endpoint}");
        }
    }
    Ok(text)
}

/// The profile that `cred import aws` makes this name of.
fn profile(name: &str) -> &str {
    if name == "aws" { "default" } else { name.strip_prefix("aws:").unwrap_or(name) }
}
