//! Signed URLs: whoever holds one may do one thing with one object for a while. [`S3Signer`] signs them as S3 wants
//! them, by AWS Signature Version 4 in the query; [`UrlSigner`] signs and verifies those of one's own gateway; and
//! [`PresignCache`] hands them out again while enough of their life is left.

mod addressing;
mod cache;
mod cache_slot;
mod credentials;
mod endpoint;
mod error;
mod fields;
mod gateway_url;
mod grant;
mod method;
mod object;
mod percent;
mod s3_signer;
mod signed_url;
pub mod sigv4;
mod times;
mod url_key;
mod url_signer;

pub use addressing::{Addressing, Region};
pub use cache::{CachePolicy, PresignCache, UrlSource};
pub use credentials::{AwsCredentials, Fingerprint};
pub use endpoint::{Endpoint, PlainHttp};
pub use error::Error;
pub use gateway_url::kid_of;
pub use grant::{Grant, Granted};
pub use method::Method;
pub use object::ObjectRequest;
pub use s3_signer::S3Signer;
pub use signed_url::SignedUrl;
pub use url_key::KeyStanding;
pub use url_signer::UrlSigner;
