//! What can be wrong with a URL that is to be signed or was.

use std::sync::Arc;
use std::time::Duration;

/// Why there is no signed URL, or why one is refused.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not the address of a server.
    #[error("the endpoint {0}")]
    Endpoint(&'static str),
    /// Who listens on the way would have the URL.
    #[error("`{0}` is not this machine, and plain http is readable on the way")]
    PlainHttp(String),
    /// Not the name of a region.
    #[error("the region {0}")]
    Region(&'static str),
    /// Not the name of a bucket, or none that can be part of a host name.
    #[error("the bucket name {0}")]
    Bucket(&'static str),
    /// Nothing to sign a URL for.
    #[error("the object key {0}")]
    Key(&'static str),
    /// Not an HTTP method.
    #[error("the method {0}")]
    Method(&'static str),
    /// Not the name of a header.
    #[error("a header has no name that headers can have")]
    HeaderName,
    /// A header that cannot be signed. Its value is not told.
    #[error("the header `{name}` {reason}")]
    Header {
        /// Its name.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// A query parameter that the signature has a use for itself.
    #[error("the query parameter `{0}` is the signature's own")]
    ReservedParameter(String),
    /// Not a pair of an access key and its secret.
    #[error("the {0}")]
    Credential(&'static str),
    /// A URL signed with it would never be valid.
    #[error("the credential has expired")]
    CredentialExpired,
    /// Shorter than a second or longer than allowed.
    #[error("a life of {} s is not between 1 s and {} s", asked.as_secs(), longest.as_secs())]
    Lifetime {
        /// The life that was asked for.
        asked: Duration,
        /// The longest that is allowed.
        longest: Duration,
    },
    /// Before 1970 or after 9999.
    #[error("the time is not between the years 1970 and 9999")]
    Time,
    /// What was signed just now lives too short already: the credential ends soon, or the clock jumps.
    #[error("the signed URL would live for {} s, at least {} s are wanted", left.as_secs(), wanted.as_secs())]
    TooLittleLife {
        /// What would be left.
        left: Duration,
        /// What has to be left.
        wanted: Duration,
    },
    /// A source of signed URLs that is not of this library failed.
    #[error("no signed URL: {0}")]
    Source(Arc<dyn std::error::Error + Send + Sync>),
    /// Only the 32 random bytes of a master key sign URLs.
    #[error("a passphrase does not sign URLs")]
    PassphraseKey,
    /// Not an id of a signing key.
    #[error("the id of the signing key {0}")]
    KeyId(&'static str),
    /// Not a URL that can be signed.
    #[error("the URL {0}")]
    Url(&'static str),
    /// Not in the form that a signed URL has.
    #[error("the signed URL {0}")]
    Malformed(&'static str),
    /// Something was changed, the key is another, or nobody knows its id.
    #[error("the signature of the URL does not hold")]
    WrongSignature,
    /// Its time is over.
    #[error("the signed URL has expired")]
    Expired,
    /// Its time has not come.
    #[error("the signed URL is not valid yet")]
    NotYetValid,
    /// Rightly signed, for longer than this verifier allows.
    #[error("the signed URL lives longer than allowed")]
    LivesTooLong,
    /// Rightly signed, for other methods.
    #[error("the signed URL is not for this method")]
    WrongMethod,
    /// Rightly signed, with a key that no longer counts.
    #[error("the key that signed the URL was revoked")]
    KeyRevoked,
}
