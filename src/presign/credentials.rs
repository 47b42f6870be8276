//! The credential that signs for S3.

use std::fmt;
use std::time::SystemTime;

use super::Error;
use crate::base::SecretText;
use crate::crypto::{Backend, Sha256};

/// An access key of AWS, or of a server that speaks S3, with its secret.
pub struct AwsCredentials {
    access_key_id: String,
    secret: SecretText,
    token: Option<SecretText>,
    expires_at: Option<SystemTime>,
}

/// Tells credentials apart without telling anything about them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub(super) [u8; 32]);

impl AwsCredentials {
    /// Takes an access key id and the secret access key. A credential that came with a session token needs
    /// [`with_token`](Self::with_token) too.
    pub fn new(access_key_id: &str, secret: SecretText) -> Result<Self, Error> {
        let is_id = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
        if access_key_id.is_empty() || !access_key_id.bytes().all(is_id) {
            return Err(Error::Credential(
                "access key id is empty or has characters that no access key id has",
            ));
        }
        if !is_text(&secret) {
            return Err(Error::Credential("secret access key is empty or has spaces or control characters"));
        }
        Ok(Self { access_key_id: access_key_id.to_owned(), secret, token: None, expires_at: None })
    }

    /// The same with the session token of a temporary credential.
    pub fn with_token(mut self, token: SecretText) -> Result<Self, Error> {
        if !is_text(&token) {
            return Err(Error::Credential("session token is empty or has spaces or control characters"));
        }
        self.token = Some(token);
        Ok(self)
    }

    /// The same with an end: no URL is signed for longer than its credential lives.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// The public half.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// When it ends, if that is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    pub(super) fn secret(&self) -> &[u8] {
        self.secret.expose()
    }

    pub(super) fn token(&self) -> Option<&str> {
        let token = self.token.as_ref()?;
        Some(std::str::from_utf8(token.expose()).expect("checked when it was taken: ASCII"))
    }

    /// Takes all of it into a hash that stays in memory.
    pub(super) fn hash_into(&self, hash: &mut Sha256) {
        let expires_at = self.expires_at.map(|time| format!("{time:?}")).unwrap_or_default();
        let token = self.token.as_ref().map_or(&b""[..], |token| token.expose());
        for field in [self.access_key_id.as_bytes(), self.secret.expose(), token, expires_at.as_bytes()] {
            hash.update(&(field.len() as u64).to_be_bytes());
            hash.update(field);
        }
    }
}

impl Fingerprint {
    /// Of what `fields` holds, each with its length.
    #[must_use]
    pub fn of(fields: &[&[u8]]) -> Self {
        let mut hash = Sha256::new(Backend::default());
        for field in fields {
            hash.update(&(field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        Self(hash.finish())
    }
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AwsCredentials({})", self.access_key_id)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

/// What was pasted with a newline or a space signs nothing that a server accepts.
fn is_text(secret: &SecretText) -> bool {
    !secret.expose().is_empty() && secret.expose().iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.into())
    }

    #[test]
    fn what_was_pasted_wrongly_is_no_credential() {
        for id in ["", "AKID ", "AK/ID", "AKID\n"] {
            assert!(AwsCredentials::new(id, secret("s")).is_err(), "{id:?}");
        }
        for text in ["", "se cret", "secret\n", "sécret"] {
            assert!(AwsCredentials::new("AKID", secret(text)).is_err(), "{text:?}");
            let credentials = AwsCredentials::new("AKID", secret("s")).unwrap();
            assert!(credentials.with_token(secret(text)).is_err(), "{text:?}");
        }
    }
}
