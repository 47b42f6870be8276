//! Signed URLs: whoever holds one may do one thing with one object for a while. [`S3Signer`] signs them as S3 wants
//! them: AWS Signature Version 4, in the query.

mod addressing;
mod credentials;
mod endpoint;
mod error;
mod fields;
mod method;
mod object;
mod percent;
mod s3_signer;
mod signed_url;
pub mod sigv4;
mod times;

pub use addressing::{Addressing, Region};
pub use credentials::{AwsCredentials, Fingerprint};
pub use endpoint::{Endpoint, PlainHttp};
pub use error::Error;
pub use method::Method;
pub use object::ObjectRequest;
pub use s3_signer::S3Signer;
pub use signed_url::SignedUrl;
