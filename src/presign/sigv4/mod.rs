//! AWS Signature Version 4 in the query of a URL, for S3 and every other service: see "Create a signed AWS API
//! request" in the IAM user guide, and "Authenticating Requests: Using Query Parameters" in the S3 API reference.

mod canonical;
mod request;
mod signature;

pub use request::{EncodedPath, PathSteps, Request, Scope, Service, TokenPlace};
pub use signature::{MAX_LIFETIME, presign};

pub(super) use request::{check_header, check_parameter};
