//! What a credential may be called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;

/// The name of a credential: 1 to 128 bytes of letters, digits and `.` `_` `-` `@` `:` `+`, of which the first is a
/// letter, a digit or `_`.
///
/// So that it can stand in `NAME/FIELD`, in a template, on a command line and, as one file, in a folder, and is
/// never shown as something that it is not.
///
/// ```
/// use modelcrypt::credentials::Name;
/// assert!("hf:models.read-only".parse::<Name>().is_ok());
/// assert!("../etc/passwd".parse::<Name>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Name {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let invalid = |reason| Error::Invalid { field: "name".into(), reason };
        let first = text.chars().next().ok_or_else(|| invalid("it is empty"))?;
        if text.len() > MAX_NAME_LEN {
            return Err(invalid("it is longer than 128 bytes"));
        }
        if !first.is_alphanumeric() && first != '_' {
            return Err(invalid("it begins with something else than a letter, a digit or `_`"));
        }
        if !text.chars().all(|c| c.is_alphanumeric() || "._-@:+".contains(c)) {
            return Err(invalid("it holds something else than letters, digits and `._-@:+`"));
        }
        Ok(Self(text))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const MAX_NAME_LEN: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ordinary_names() {
        for name in ["a", "_x", "aws:prod", "hf.token-2", "josé@host+1", &"n".repeat(128)] {
            assert_eq!(name.parse::<Name>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn refuses_what_could_be_taken_for_something_else() {
        let names = ["", "a/b", "-x", ".", "..", "a b", "a\nb", "a\0", "a\u{202e}b", "${a}", "a\\b"];
        for name in names.into_iter().map(str::to_owned).chain([" a".into(), "n".repeat(129)]) {
            assert!(matches!(name.parse::<Name>(), Err(Error::Invalid { .. })), "{name:?}");
        }
    }
}
