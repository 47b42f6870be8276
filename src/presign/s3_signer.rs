//! Signs requests about objects for one server with one credential.

use std::time::{Duration, SystemTime};

use super::Error;
use super::addressing::{Addressing, Region, is_host_label, is_host_name};
use super::credentials::{AwsCredentials, Fingerprint};
use super::endpoint::Endpoint;
use super::object::ObjectRequest;
use super::signed_url::SignedUrl;
use super::sigv4::{Request, Scope, Service, presign};
use crate::crypto::{Backend, Sha256};

/// Signs URLs for S3, or for a server that speaks it. Works without a connection: a wrong credential shows when the
/// URL is used.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use modelcrypt::base::SecretText;
/// use modelcrypt::presign::{AwsCredentials, Endpoint, ObjectRequest, Region, S3Signer};
/// let region = Region::parse("eu-west-1")?;
/// let credentials = AwsCredentials::new("AKIDEXAMPLE", SecretText::new(b"secret".to_vec()))?;
/// let signer = S3Signer::new(Endpoint::aws(&region)?, region, credentials);
/// let request = ObjectRequest::get("models", "llama/model.safetensors.enc")?;
/// let url = signer.presign(&request, Duration::from_secs(900), SystemTime::now())?;
/// assert!(url.expose().starts_with("https://models.s3.eu-west-1.amazonaws.com/llama/model.safetensors.enc?"));
/// assert!(url.to_string().ends_with("X-Amz-Signature=***"));
/// # Ok::<(), modelcrypt::presign::Error>(())
/// ```
#[derive(Debug)]
pub struct S3Signer {
    endpoint: Endpoint,
    scope: Scope,
    credentials: AwsCredentials,
    addressing: Addressing,
    fingerprint: Fingerprint,
}

impl S3Signer {
    /// For one server, region and credential.
    #[must_use]
    pub fn new(endpoint: Endpoint, region: Region, credentials: AwsCredentials) -> Self {
        let scope = Scope { region, service: Service::s3() };
        let mut signer = Self {
            endpoint,
            scope,
            credentials,
            addressing: Addressing::Auto,
            fingerprint: Fingerprint([0; 32]),
        };
        signer.fingerprint = signer.compute_fingerprint();
        signer
    }

    /// The same with the bucket somewhere else in its URLs.
    #[must_use]
    pub fn with_addressing(mut self, addressing: Addressing) -> Self {
        self.addressing = addressing;
        self.fingerprint = self.compute_fingerprint();
        self
    }

    /// Signs a URL that is valid from `now` for `lifetime`, 1 s to 7 days, or as long as the credential lives if that is
    /// shorter.
    pub fn presign(
        &self,
        request: &ObjectRequest,
        lifetime: Duration,
        now: SystemTime,
    ) -> Result<SignedUrl, Error> {
        let (server, path) = self.place(request)?;
        let mut signed = Request::new(request.method.clone(), &server, &path)?;
        for (name, value) in request.query.iter() {
            signed = signed.query(name, value)?;
        }
        for (name, value) in request.headers.iter() {
            signed = signed.header(name, value)?;
        }
        presign(&signed, &self.credentials, &self.scope, lifetime, now)
    }

    /// Tells signers of different servers, regions, addressings and credentials apart.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The server that has the bucket, and the path on it.
    fn place(&self, request: &ObjectRequest) -> Result<(Endpoint, Vec<u8>), Error> {
        let bucket = &request.bucket;
        let goes_into_host = is_host_label(bucket) || (!self.endpoint.is_https() && is_host_name(bucket));
        let in_host = match self.addressing {
            Addressing::Path => None,
            Addressing::Auto if !self.endpoint.is_of_aws() || !goes_into_host => None,
            Addressing::Auto => self.endpoint.with_label(bucket),
            Addressing::VirtualHost if !goes_into_host => {
                return Err(Error::Bucket("cannot be part of a host name"));
            }
            Addressing::VirtualHost => {
                let server = self.endpoint.with_label(bucket);
                Some(server.ok_or(Error::Endpoint("is a number: a bucket cannot be part of that"))?)
            }
        };
        Ok(match in_host {
            Some(server) => (server, [b"/", &request.key[..]].concat()),
            None => (self.endpoint.clone(), [b"/", bucket.as_bytes(), b"/", &request.key].concat()),
        })
    }

    fn compute_fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new(Backend::default());
        let place = format!("{:?} {:?} {:?}", self.endpoint, self.scope.region, self.addressing);
        hash.update(&(place.len() as u64).to_be_bytes());
        hash.update(place.as_bytes());
        self.credentials.hash_into(&mut hash);
        Fingerprint(hash.finish())
    }
}
