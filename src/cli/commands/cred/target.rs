//! `NAME/FIELD`.

use crate::credentials::{Error, Name};

/// A credential, and which field of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Target {
    pub(in crate::cli) name: Name,
    pub(in crate::cli) field: String,
}

impl Target {
    /// Takes `NAME[/FIELD]` apart. Not by clap, which would repeat what may be a secret in the wrong place.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, Error> {
        let (name, field) = text.split_once('/').unwrap_or((text, SECRET));
        if field.is_empty() {
            return Err(Error::Invalid { field: "field".into(), reason: "it is empty" });
        }
        Ok(Self { name: name.parse()?, field: field.to_owned() })
    }
}

/// The field that is meant where none is named.
const SECRET: &str = "secret";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_field_the_secret_is_meant() {
        let parsed = |text| Target::parse(text).map(|target| (target.name.to_string(), target.field));
        assert_eq!(parsed("db").unwrap(), ("db".into(), "secret".into()));
        assert_eq!(parsed("db/password").unwrap(), ("db".into(), "password".into()));
        assert_eq!(parsed("db/a/b").unwrap(), ("db".into(), "a/b".into()));
        for wrong in ["", "/", "db/", "/password", "a b"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
