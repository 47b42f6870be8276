//! What a signed URL is to do with an object in S3.

use super::Error;
use super::addressing::check_bucket;
use super::fields::Fields;
use super::method::Method;
use super::sigv4::{check_header, check_parameter};

/// One request about one object. Its parameters come out in the order they were given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectRequest {
    pub(super) method: Method,
    pub(super) bucket: String,
    pub(super) key: Vec<u8>,
    pub(super) query: Fields,
    pub(super) headers: Fields,
}

impl ObjectRequest {
    /// Any method on the object `key`. The key is taken byte for byte: S3 normalises nothing. It must not be empty, for
    /// that would be the bucket itself.
    pub fn new(method: Method, bucket: &str, key: impl Into<Vec<u8>>) -> Result<Self, Error> {
        check_bucket(bucket)?;
        let key = key.into();
        if key.is_empty() {
            return Err(Error::Key("is empty"));
        }
        if key.len() > MAX_KEY_LEN {
            return Err(Error::Key("is longer than 1024 bytes"));
        }
        Ok(Self { method, bucket: bucket.into(), key, query: Fields::default(), headers: Fields::default() })
    }

    /// Reads it.
    pub fn get(bucket: &str, key: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::new(Method::GET, bucket, key)
    }

    /// Writes it.
    pub fn put(bucket: &str, key: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::new(Method::PUT, bucket, key)
    }

    /// Asks for its length and headers.
    pub fn head(bucket: &str, key: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::new(Method::HEAD, bucket, key)
    }

    /// Deletes it.
    pub fn delete(bucket: &str, key: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::new(Method::DELETE, bucket, key)
    }

    /// Begins an upload in parts; the answer holds its id.
    pub fn begin_upload(bucket: &str, key: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::new(Method::POST, bucket, key)?.query("uploads", "")
    }

    /// Uploads part `number`, from 1 to 10,000.
    pub fn upload_part(
        bucket: &str,
        key: impl Into<Vec<u8>>,
        upload_id: &str,
        number: u16,
    ) -> Result<Self, Error> {
        let part = Self::put(bucket, key)?;
        part.query("partNumber", &number.to_string())?.query("uploadId", upload_id)
    }

    /// Makes one object of the parts.
    pub fn complete_upload(bucket: &str, key: impl Into<Vec<u8>>, upload_id: &str) -> Result<Self, Error> {
        Self::new(Method::POST, bucket, key)?.query("uploadId", upload_id)
    }

    /// Drops the parts.
    pub fn abort_upload(bucket: &str, key: impl Into<Vec<u8>>, upload_id: &str) -> Result<Self, Error> {
        Self::delete(bucket, key)?.query("uploadId", upload_id)
    }

    /// The same of one version of the object.
    pub fn version(self, version_id: &str) -> Result<Self, Error> {
        self.query("versionId", version_id)
    }

    /// The same with a query parameter: `response-content-disposition` and its like.
    pub fn query(mut self, name: &str, value: &str) -> Result<Self, Error> {
        check_parameter(name)?;
        // S3 and its like disagree about which of two counts.
        if self.query.get(name).is_some() {
            return Err(Error::ReservedParameter(name.to_owned()));
        }
        self.query.push(name.to_owned(), value);
        Ok(self)
    }

    /// The same with a header that has to be sent exactly so. Of two of one name, both are signed in their order.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let name = check_header(name, value)?;
        self.headers.push(name, value);
        Ok(self)
    }
}

/// The limit of S3.
const MAX_KEY_LEN: usize = 1024;
