//! `S3Signer` and what it signs.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use modelcrypt::presign::{self, Addressing, Endpoint, Error, Method, PlainHttp, Region};
use pyo3::prelude::*;

use crate::aws_credentials::AwsCredentials;
use crate::error::raised;
use crate::signed_url::SignedUrl;
use crate::text::Text;

/// Signs URLs for one server with one credential.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct S3Signer(Arc<presign::S3Signer>);

/// One request about one object.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct ObjectRequest(presign::ObjectRequest);

impl S3Signer {
    pub(crate) fn shared(&self) -> Arc<presign::S3Signer> {
        Arc::clone(&self.0)
    }
}

impl ObjectRequest {
    pub(crate) fn request(&self) -> &presign::ObjectRequest {
        &self.0
    }
}

#[pymethods]
impl S3Signer {
    /// For AWS if there is no endpoint. The bucket stands in the path, or in the host, or where it usually does.
    #[new]
    fn new(
        py: Python<'_>,
        credentials: &AwsCredentials,
        region: Text,
        endpoint: Option<Text>,
        path_style: Option<bool>,
        allow_http: bool,
    ) -> PyResult<Self> {
        let addressing = match path_style {
            None => Addressing::Auto,
            Some(true) => Addressing::Path,
            Some(false) => Addressing::VirtualHost,
        };
        let made = || {
            let region = Region::parse(region.as_str())?;
            let endpoint = match &endpoint {
                Some(url) => Endpoint::parse(url.as_str(), plain_http(allow_http))?,
                None => Endpoint::aws(&region)?,
            };
            let signer = presign::S3Signer::new(endpoint, region, credentials.to_signing()?);
            Ok::<_, Error>(Self(Arc::new(signer.with_addressing(addressing))))
        };
        made().map_err(|error| raised(py, error))
    }

    /// Signs a URL that is valid from `now` on.
    #[pyo3(signature = (request, lifetime, now = None))]
    fn presign(
        &self,
        py: Python<'_>,
        request: &ObjectRequest,
        lifetime: Duration,
        now: Option<SystemTime>,
    ) -> PyResult<SignedUrl> {
        let signed = self.0.presign(&request.0, lifetime, now.unwrap_or_else(SystemTime::now));
        Ok(Arc::new(signed.map_err(|error| raised(py, error))?).into())
    }
}

#[pymethods]
impl ObjectRequest {
    #[new]
    fn new(
        py: Python<'_>,
        method: Text,
        bucket: Text,
        key: Vec<u8>,
        version_id: Option<Text>,
        query: Vec<(Text, Text)>,
        headers: Vec<(Text, Text)>,
    ) -> PyResult<Self> {
        let made = || {
            let method = Method::parse(method.as_str())?;
            let mut request = presign::ObjectRequest::new(method, bucket.as_str(), key)?;
            if let Some(version_id) = &version_id {
                request = request.version(version_id.as_str())?;
            }
            for (name, value) in &query {
                request = request.query(name.as_str(), value.as_str())?;
            }
            for (name, value) in &headers {
                request = request.header(name.as_str(), value.as_str())?;
            }
            Ok::<_, Error>(Self(request))
        };
        made().map_err(|error| raised(py, error))
    }
}

pub(crate) fn plain_http(is_allowed: bool) -> PlainHttp {
    if is_allowed { PlainHttp::Allowed } else { PlainHttp::LoopbackOnly }
}
