//! HTTP methods (RFC 9110).

use std::borrow::Cow;
use std::fmt;

use super::Error;

/// An HTTP method: upper-case letters, for methods are case-sensitive and no server knows others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Method(Cow<'static, str>);

impl Method {
    /// Reads.
    pub const GET: Self = Self(Cow::Borrowed("GET"));
    /// Asks for what a read would answer, without the content.
    pub const HEAD: Self = Self(Cow::Borrowed("HEAD"));
    /// Writes.
    pub const PUT: Self = Self(Cow::Borrowed("PUT"));
    /// Begins and completes uploads in parts.
    pub const POST: Self = Self(Cow::Borrowed("POST"));
    /// Deletes.
    pub const DELETE: Self = Self(Cow::Borrowed("DELETE"));

    /// Takes any other.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() || text.len() > MAX_LEN {
            return Err(Error::Method("does not have 1 to 20 letters"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(Error::Method("has something in it that is no upper-case letter"));
        }
        Ok(Self(Cow::Owned(text.to_owned())))
    }

    /// As it stands in a request.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const MAX_LEN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_upper_case_letters() {
        assert_eq!(Method::parse("GET").unwrap(), Method::GET);
        for wrong in ["", "get", "GET ", "GET,PUT", "GÉT", "PUT\n", "ABCDEFGHIJKLMNOPQRSTU"] {
            assert!(Method::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
