//! `UrlSigner`: signs and verifies the URLs of one's own gateway.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime};

use modelcrypt::presign::{self, Error, Grant, Granted, KeyStanding, Method};
use pyo3::prelude::*;

use crate::error::raised;
use crate::key::MasterKey;
use crate::s3_signer::plain_http;
use crate::signed_url::SignedUrl;
use crate::text::Text;

/// Signs with one key, verifies with that and others.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct UrlSigner {
    /// Taken with the GIL held and given back before, so that no fork finds it taken.
    signer: RwLock<presign::UrlSigner>,
    #[pyo3(get)]
    kid: String,
}

/// Whether URLs that a key has signed hold.
#[derive(FromPyObject, Clone, Copy)]
pub(crate) enum Standing {
    /// They do, or they do not.
    Holding(bool),
    /// Until then.
    Until(SystemTime),
}

impl From<Standing> for KeyStanding {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Holding(true) => Self::Active,
            Standing::Holding(false) => Self::Revoked,
            Standing::Until(end) => Self::VerifyOnlyUntil(end),
        }
    }
}

/// Id of the key, methods, from when on and until when.
type Told = (String, Vec<String>, Option<SystemTime>, SystemTime);

impl UrlSigner {
    fn read(&self) -> RwLockReadGuard<'_, presign::UrlSigner> {
        self.signer.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl UrlSigner {
    #[new]
    fn new(
        py: Python<'_>,
        key: &MasterKey,
        kid: Option<Text>,
        others: Vec<(Py<MasterKey>, Text, Standing)>,
        max_lifetime: Duration,
        skew: Duration,
        allow_http: bool,
    ) -> PyResult<Self> {
        let made = || {
            let kid = match &kid {
                Some(kid) => kid.as_str().to_owned(),
                None => key.master().id().ok_or(Error::PassphraseKey)?.to_string(),
            };
            let mut signer = presign::UrlSigner::new(key.master(), &kid)?
                .with_max_lifetime(max_lifetime)
                .with_skew(skew)
                .with_plain_http(plain_http(allow_http));
            for (other, kid, standing) in &others {
                signer = signer.with_key(other.get().master(), kid.as_str(), (*standing).into())?;
            }
            Ok::<_, Error>(Self { signer: RwLock::new(signer), kid })
        };
        made().map_err(|error| raised(py, error))
    }

    fn set_standing(&self, py: Python<'_>, kid: Text, standing: Standing) -> PyResult<()> {
        let mut signer = self.signer.write().unwrap_or_else(PoisonError::into_inner);
        signer.set_standing(kid.as_str(), standing.into()).map_err(|error| raised(py, error))
    }

    #[pyo3(signature = (url, methods, lifetime, not_before = None, now = None))]
    fn sign(
        &self,
        py: Python<'_>,
        url: Text,
        methods: Vec<Text>,
        lifetime: Duration,
        not_before: Option<SystemTime>,
        now: Option<SystemTime>,
    ) -> PyResult<SignedUrl> {
        let signed = || {
            let mut methods = methods.iter().map(|method| Method::parse(method.as_str()));
            let first = methods.next().ok_or(Error::Method("is missing"))??;
            let mut grant = Grant::new(first, lifetime);
            for method in methods {
                grant = grant.and(method?);
            }
            if let Some(begin) = not_before {
                grant = grant.not_before(begin);
            }
            self.read().sign(url.as_str(), &grant, now.unwrap_or_else(SystemTime::now))
        };
        Ok(Arc::new(signed().map_err(|error| raised(py, error))?).into())
    }

    /// Verifies a request, or an absolute URL if there is no host.
    #[pyo3(signature = (method, host, target, now = None))]
    fn verify(
        &self,
        py: Python<'_>,
        method: Text,
        host: Option<Text>,
        target: Text,
        now: Option<SystemTime>,
    ) -> PyResult<Told> {
        let now = now.unwrap_or_else(SystemTime::now);
        let granted = Method::parse(method.as_str()).and_then(|method| match &host {
            Some(host) => self.read().verify(&method, host.as_str(), target.as_str(), now),
            None => self.read().verify_url(&method, target.as_str(), now),
        });
        let Granted { kid, methods, not_before, expires_at, .. } =
            granted.map_err(|error| raised(py, error))?;
        Ok((kid, methods.iter().map(ToString::to_string).collect(), not_before, expires_at))
    }
}
