//! As a `.env` file, which a shell takes too.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::exported::{Exported, as_text};
use crate::cli::failure::Failure;
use crate::credentials::{Kind, Record};

pub(super) fn write(exported: &[Exported]) -> Result<String, Failure> {
    let mut text = String::new();
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for credential in exported {
        let record = credential.record();
        for part in credential.parts()? {
            let variable = variable(record, part.name);
            if let Some(other) = taken.insert(variable.clone(), record.name.as_str()) {
                let message = format!("`{other}` and `{}` are both the variable {variable}", record.name);
                return Err(Failure::usage(message).hint("name those that you want"));
            }
            let _ = match &part.value {
                Some(value) => writeln!(text, "{variable}={}", quoted(as_text(value, record)?)),
                None => writeln!(text, "# {variable} is left out"),
            };
        }
    }
    Ok(text)
}

/// `AWS_ACCESS_KEY_ID` of the credential `aws`; a variable that was taken over gets its name back.
fn variable(record: &Record, part: &str) -> String {
    let name = record.name.as_str();
    if record.kind == Kind::EnvVar && is_variable(name) {
        return name.to_owned();
    }
    if record.kind == Kind::Huggingface && ["huggingface", "hf"].contains(&name) {
        return "HF_TOKEN".into();
    }
    let separator = if part.is_empty() { "" } else { "_" };
    let whole = format!("{name}{separator}{part}");
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let variable: String = whole.chars().map(plain).collect();
    if is_variable(&variable) { variable } else { format!("_{variable}") }
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// As shells and readers of such files both take it.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    if !value.contains('\'') {
        return format!("'{value}'");
    }
    let mut text = String::with_capacity(value.len() + 16);
    text.push('"');
    for c in value.chars() {
        if "\"\\$`".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_need_it() {
        for (value, written) in [
            ("plain-1", "plain-1"),
            ("two words", "'two words'"),
            ("a#b", "'a#b'"),
            ("$x", "'$x'"),
            ("it's $5", "\"it's \\$5\""),
            ("", "''"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(quoted(value), written);
        }
    }

    #[test]
    fn names_become_variables() {
        let now = std::time::SystemTime::now();
        let of = |name: &str, kind, part| variable(&Record::new(name.parse().unwrap(), kind, now), part);
        assert_eq!(of("aws", Kind::Aws, "access_key_id"), "AWS_ACCESS_KEY_ID");
        assert_eq!(of("my-db.prod", Kind::DbDsn, ""), "MY_DB_PROD");
        assert_eq!(of("hf", Kind::Huggingface, ""), "HF_TOKEN");
        assert_eq!(of("mixed_Case", Kind::EnvVar, ""), "mixed_Case");
        assert_eq!(of("1x", Kind::ApiKey, ""), "_1X");
    }
}
