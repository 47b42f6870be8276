//! The types of credentials.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;

/// What a credential is, and so how it is checked and handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A private key, or a password, of SSH.
    Ssh,
    /// User name and password of HTTP's basic authentication (RFC 7617).
    HttpBasic,
    /// A bearer token (RFC 6750).
    BearerToken,
    /// The address of a database with user and password in it.
    DbDsn,
    /// A key of an API.
    ApiKey,
    /// An access key of AWS or of a server that speaks S3.
    Aws,
    /// A token of the Hugging Face Hub.
    Huggingface,
    /// An access or refresh token of OAuth (RFC 6749).
    OauthToken,
    /// A JSON Web Token (RFC 7519).
    Jwt,
    /// The key file of a Google service account.
    ServiceAccountJson,
    /// What webhooks are signed with.
    WebhookSecret,
    /// A certificate with its private key, as PEM.
    TlsCertificate,
    /// A key that something is encrypted with.
    EncryptionKey,
    /// The value of an environment variable.
    EnvVar,
    /// Anything else.
    Custom,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Ssh,
        Self::HttpBasic,
        Self::BearerToken,
        Self::DbDsn,
        Self::ApiKey,
        Self::Aws,
        Self::Huggingface,
        Self::OauthToken,
        Self::Jwt,
        Self::ServiceAccountJson,
        Self::WebhookSecret,
        Self::TlsCertificate,
        Self::EncryptionKey,
        Self::EnvVar,
        Self::Custom,
    ];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::HttpBasic => "http_basic",
            Self::BearerToken => "bearer_token",
            Self::DbDsn => "db_dsn",
            Self::ApiKey => "api_key",
            Self::Aws => "aws",
            Self::Huggingface => "huggingface",
            Self::OauthToken => "oauth_token",
            Self::Jwt => "jwt",
            Self::ServiceAccountJson => "service_account_json",
            Self::WebhookSecret => "webhook_secret",
            Self::TlsCertificate => "tls_certificate",
            Self::EncryptionKey => "encryption_key",
            Self::EnvVar => "env_var",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        known.ok_or(Error::Invalid { field: "type".into(), reason: "it is none of the known types" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_written_alike_in_text_and_in_json() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse::<Kind>().unwrap(), *kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(Kind::ALL.len(), 15);
        assert!("password".parse::<Kind>().is_err());
    }
}
