//! An access key as it is kept: with its region and its endpoint.

use super::failure::Failure;
use crate::base::SecretText;
use crate::credentials::{Credential, Error, Kind};
use crate::presign::{AwsCredentials, Endpoint, PlainHttp, Region};

/// A kept access key, ready to sign with.
pub(super) struct AwsLogin {
    pub(super) credentials: AwsCredentials,
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) bucket: Option<String>,
    pub(super) plain_http: PlainHttp,
}

impl AwsLogin {
    pub(super) fn of(credential: &Credential) -> Result<Self, Failure> {
        let record = &credential.record;
        if record.kind != Kind::Aws {
            let message = format!("`{}` is of the type {}, not aws", record.name, record.kind);
            return Err(Failure::usage(message));
        }
        let optional = |field| -> Result<Option<SecretText>, Failure> {
            match credential.field(field) {
                Ok(value) => Ok(Some(value)),
                Err(Error::NoField { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            }
        };
        let id = record.username.as_deref().unwrap_or_default();
        let mut credentials = AwsCredentials::new(id, credential.field("secret_access_key")?)?;
        if let Some(token) = optional("session_token")? {
            credentials = credentials.with_token(token)?;
        }
        if let Some(end) = credential.version.expires {
            credentials = credentials.with_expiry(end.time());
        }
        let extra = |key: &str| record.extra.get(key).cloned();
        let is_allowed = record.extra.get("allow_http").is_some_and(|value| value == "true");
        Ok(Self {
            credentials,
            region: extra("region"),
            endpoint: extra("endpoint"),
            bucket: extra("bucket"),
            plain_http: if is_allowed { PlainHttp::Allowed } else { PlainHttp::LoopbackOnly },
        })
    }

    /// Where it is good, and for which region that signs.
    pub(super) fn place(&self) -> Result<(Endpoint, Region), Failure> {
        let region = self.region.as_deref().unwrap_or(USUAL_REGION);
        let region = Region::parse(region)?;
        let endpoint = match &self.endpoint {
            Some(url) => Endpoint::parse(url, self.plain_http)?,
            None => Endpoint::aws(&region)?,
        };
        Ok((endpoint, region))
    }
}

/// Where AWS keeps what is in no region, and what servers without regions answer to.
const USUAL_REGION: &str = "us-east-1";
