//! `AwsCredentials`: what signs for S3.

use std::time::SystemTime;

use modelcrypt::base::SecretText;
use modelcrypt::presign::{self, Error};
use pyo3::prelude::*;

use crate::error::raised;
use crate::text::Text;

/// An access key with its secret.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct AwsCredentials {
    access_key_id: String,
    secret: SecretText,
    token: Option<SecretText>,
    #[pyo3(get)]
    expires_at: Option<SystemTime>,
}

impl AwsCredentials {
    /// One that a store has given, and checked when it was kept.
    #[cfg(feature = "credentials")]
    pub(crate) fn of(
        access_key_id: String,
        secret: SecretText,
        token: Option<SecretText>,
        expires_at: Option<SystemTime>,
    ) -> Self {
        Self { access_key_id, secret, token, expires_at }
    }

    /// A copy that a signer can own.
    pub(crate) fn to_signing(&self) -> Result<presign::AwsCredentials, Error> {
        let copy = |text: &SecretText| SecretText::new(text.expose().to_vec());
        let mut credentials = presign::AwsCredentials::new(&self.access_key_id, copy(&self.secret))?;
        if let Some(token) = &self.token {
            credentials = credentials.with_token(copy(token))?;
        }
        Ok(match self.expires_at {
            Some(end) => credentials.with_expiry(end),
            None => credentials,
        })
    }
}

#[pymethods]
impl AwsCredentials {
    #[new]
    fn new(
        py: Python<'_>,
        access_key_id: Text,
        secret_access_key: Text,
        session_token: Option<Text>,
        expires_at: Option<SystemTime>,
    ) -> PyResult<Self> {
        let secret = |text: Text| SecretText::new(text.as_str().into());
        let credentials = Self {
            access_key_id: access_key_id.as_str().to_owned(),
            secret: secret(secret_access_key),
            token: session_token.map(secret),
            expires_at,
        };
        credentials.to_signing().map_err(|error| raised(py, error))?;
        Ok(credentials)
    }

    #[getter]
    fn access_key_id(&self) -> &str {
        &self.access_key_id
    }
}
