//! A credential on its way out, and the parts that it has for other programs.

use crate::base::SecretText;
use crate::cli::failure::Failure;
use crate::credentials::{Credential, Entry, Kind, Record};

/// A credential to be exported; without its secret unless that was asked for.
pub(super) struct Exported {
    pub(super) entry: Entry,
    pub(super) store: String,
    pub(super) credential: Option<Credential>,
}

/// One value of it.
pub(super) struct Part {
    /// What it is called beside others; nothing if it is the only one.
    pub(super) name: &'static str,
    /// `None`: it is secret, and secrets were not asked for.
    pub(super) value: Option<SecretText>,
}

impl Exported {
    pub(super) fn record(&self) -> &Record {
        &self.entry.record
    }

    /// The values that other programs want.
    pub(super) fn parts(&self) -> Result<Vec<Part>, Failure> {
        let record = self.record();
        let open = |name, text: Option<&String>| {
            Some(Part { name, value: Some(SecretText::new(text?.clone().into_bytes())) })
        };
        let parts = match record.kind {
            Kind::Aws => [
                open("access_key_id", record.username.as_ref()),
                Some(self.secret("secret_access_key", "secret_access_key")?),
                self.token(),
                open("region", record.extra.get("region")),
            ],
            Kind::HttpBasic => [
                open("username", record.username.as_ref()),
                Some(self.secret("password", "secret")?),
                None,
                None,
            ],
            _ => [Some(self.secret("", "secret")?), None, None, None],
        };
        Ok(parts.into_iter().flatten().collect())
    }

    fn secret(&self, name: &'static str, field: &str) -> Result<Part, Failure> {
        let value = self.credential.as_ref().map(|credential| credential.field(field)).transpose()?;
        Ok(Part { name, value })
    }

    /// Which only temporary access keys have.
    fn token(&self) -> Option<Part> {
        let value = self.credential.as_ref()?.field("session_token").ok()?;
        Some(Part { name: "session_token", value: Some(value) })
    }
}

/// A value for a form that holds text only.
pub(super) fn as_text<'v>(value: &'v SecretText, record: &Record) -> Result<&'v str, Failure> {
    let text = std::str::from_utf8(value.expose()).ok().filter(|text| !text.contains('\0'));
    text.ok_or_else(|| {
        Failure::usage(format!("`{}` is no text, which is all that this form holds", record.name))
            .hint("use --format json or --format k8s")
    })
}
