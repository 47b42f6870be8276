//! A URL that is a secret while it lives.

use std::fmt;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::fields::Fields;
use super::method::Method;
use crate::base::to_rfc3339;

/// A signed URL. Whoever has it may use it, so that it prints without its signature, is wiped on drop, and is read
/// through a visible [`expose`](Self::expose).
pub struct SignedUrl {
    text: Zeroizing<String>,
    methods: Vec<Method>,
    headers: Fields,
    signed_at: SystemTime,
    expires_at: SystemTime,
}

impl SignedUrl {
    pub(super) fn new(
        text: Zeroizing<String>,
        methods: Vec<Method>,
        headers: Fields,
        signed_at: SystemTime,
        expires_at: SystemTime,
    ) -> Self {
        Self { text, methods, headers, signed_at, expires_at }
    }

    /// The URL itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What it may be used for.
    #[must_use]
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The headers that were signed beside `host`: they have to be sent exactly so.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter()
    }

    /// When it was signed, or from when on it is valid: to the second.
    #[must_use]
    pub fn signed_at(&self) -> SystemTime {
        self.signed_at
    }

    /// The first second in which it is no longer valid.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// How long it is valid from `now` on; nothing if it is not or not yet.
    #[must_use]
    pub fn life_left(&self, now: SystemTime) -> Duration {
        if now < self.signed_at {
            return Duration::ZERO;
        }
        self.expires_at.duration_since(now).unwrap_or_default()
    }
}

impl fmt::Display for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((before, query)) = self.text.split_once('?') else { return f.write_str(&self.text) };
        write!(f, "{before}?")?;
        for (index, parameter) in query.split('&').enumerate() {
            let separator = if index == 0 { "" } else { "&" };
            match parameter.split_once('=') {
                Some((name, value)) if is_shown(name) => write!(f, "{separator}{name}={value}")?,
                Some((name, _)) => write!(f, "{separator}{name}={MASK}")?,
                None => write!(f, "{separator}{MASK}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedUrl")
            .field("url", &format_args!("{self}"))
            .field("methods", &self.methods)
            .field("headers", &self.headers)
            .field("expires_at", &to_rfc3339(self.expires_at))
            .finish_non_exhaustive()
    }
}

/// Whether the value of a parameter is known to be harmless. What nobody knows is masked.
fn is_shown(name: &str) -> bool {
    SHOWN.contains(&name)
}

const SHOWN: &[&str] = &[
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "mc-exp",
    "mc-kid",
    "mc-m",
    "mc-nbf",
    "mc-v",
    "partNumber",
    "uploads",
    "versionId",
];
const MASK: &str = "***";
