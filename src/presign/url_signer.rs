//! Signs and verifies the URLs of one's own gateway.

use std::time::{Duration, SystemTime};

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::Error;
use super::endpoint::{PlainHttp, checked_host};
use super::fields::Fields;
use super::gateway_url::{SignedFields, Target, fields_text};
use super::grant::{Grant, Granted};
use super::method::Method;
use super::signed_url::SignedUrl;
use super::times::{from_unix, unix_seconds, whole_seconds};
use super::url_key::{KeyStanding, UrlKey};
use crate::crypto::constant_time_eq;
use crate::keys::MasterKey;

/// Signs URLs with one key, and verifies those that this one and older ones have signed.
///
/// A signed URL ends in `mc-v=1&mc-kid=…&mc-exp=…[&mc-nbf=…]&mc-m=…&mc-sig=…`. The signature is HMAC-SHA-256 over
/// methods, host, path, query up to the signature, expiry and key id, each with its length before it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use modelcrypt::MasterKey;
/// use modelcrypt::presign::{Grant, Method, UrlSigner};
/// let signer = UrlSigner::new(&MasterKey::generate().unwrap(), "2026-01")?;
/// let grant = Grant::new(Method::GET, Duration::from_secs(900));
/// let now = SystemTime::now();
/// let url = signer.sign("https://models.example/llama/model.safetensors.enc", &grant, now)?;
/// assert!(signer.verify_url(&Method::GET, url.expose(), now).is_ok());
/// assert!(signer.verify_url(&Method::PUT, url.expose(), now).is_err());
/// # Ok::<(), modelcrypt::presign::Error>(())
/// ```
#[derive(Debug)]
pub struct UrlSigner {
    /// The one that signs comes first.
    keys: Vec<UrlKey>,
    decoy: UrlKey,
    max_lifetime: Duration,
    skew: Duration,
    plain_http: PlainHttp,
}

impl UrlSigner {
    /// Signs with the key that `master`, which must be raw, and `kid` give. Lets URLs live for 7 days at most, and clocks
    /// differ by 30 s.
    pub fn new(master: &MasterKey, kid: &str) -> Result<Self, Error> {
        Ok(Self {
            keys: vec![UrlKey::derive(master, kid, KeyStanding::Active)?],
            decoy: UrlKey::decoy(master)?,
            max_lifetime: DEFAULT_MAX_LIFETIME,
            skew: DEFAULT_SKEW,
            plain_http: PlainHttp::LoopbackOnly,
        })
    }

    /// The same, verifying another key's URLs too. An id that is there already is an error: its URLs would hold under
    /// two keys.
    pub fn with_key(mut self, master: &MasterKey, kid: &str, standing: KeyStanding) -> Result<Self, Error> {
        if self.keys.iter().any(|key| key.kid == kid) {
            return Err(Error::KeyId("is there twice"));
        }
        self.keys.push(UrlKey::derive(master, kid, standing)?);
        Ok(self)
    }

    /// The same with another longest life, for signing and for verifying.
    #[must_use]
    pub fn with_max_lifetime(mut self, max_lifetime: Duration) -> Self {
        self.max_lifetime = max_lifetime;
        self
    }

    /// The same with another difference between the clocks of signer and verifier.
    #[must_use]
    pub fn with_skew(mut self, skew: Duration) -> Self {
        self.skew = skew;
        self
    }

    /// The same, signing also what others can read on the way.
    #[must_use]
    pub fn with_plain_http(mut self, plain_http: PlainHttp) -> Self {
        self.plain_http = plain_http;
        self
    }

    /// Lets the URLs of a key end or hold again, from the next one on. An unknown id is an error.
    pub fn set_standing(&mut self, kid: &str, standing: KeyStanding) -> Result<(), Error> {
        let key = self.keys.iter_mut().find(|key| key.kid == kid).ok_or(Error::KeyId("is not known"))?;
        key.standing = standing;
        Ok(())
    }

    /// Signs an absolute URL. Fails for one that could be read in several ways, that is not private on its way, or whose
    /// key is no longer active.
    pub fn sign(&self, url: &str, grant: &Grant, now: SystemTime) -> Result<SignedUrl, Error> {
        let (scheme, target) = Target::of_url(url)?;
        scheme.require_private(checked_host(&target.host).map_err(Error::Url)?, self.plain_http)?;
        target.require_unsigned()?;
        let key = &self.keys[0];
        if key.standing != KeyStanding::Active {
            return Err(Error::KeyRevoked);
        }
        let not_before = grant.not_before.map(unix_seconds).transpose()?;
        let begin = not_before.unwrap_or(unix_seconds(now)?);
        let lifetime = whole_seconds(grant.lifetime, self.max_lifetime)?;
        let expires = begin.checked_add(lifetime).ok_or(Error::Time)?;
        let (signed_at, expires_at) = (from_unix(begin)?, from_unix(expires)?);

        let methods = grant.listed_methods();
        let added = fields_text(&key.kid, expires, not_before, &methods);
        let separator = if target.query.is_some() { "&" } else { "?" };
        let unsigned = format!("{url}{separator}{added}");
        let signed_query = unsigned.split_once('?').map_or("", |(_, query)| query);
        let mac = key.mac(&signed_parts(&methods, &target, signed_query, &expires.to_be_bytes(), &key.kid));
        let signature = Zeroizing::new(BASE64URL_NOPAD.encode(&mac));
        let mut text = Zeroizing::new(String::with_capacity(unsigned.len() + SIGNATURE_FIELD_LEN));
        for piece in [&unsigned, "&mc-sig=", &signature] {
            text.push_str(piece);
        }
        Ok(SignedUrl::new(text, grant.methods.clone(), Fields::default(), signed_at, expires_at))
    }

    /// Verifies an absolute URL as [`verify`](Self::verify) does a request.
    pub fn verify_url(&self, method: &Method, url: &str, now: SystemTime) -> Result<Granted, Error> {
        let (_, target) = Target::of_url(url)?;
        self.verify_target(method, &target, now)
    }

    /// Verifies a request: its method, its header `Host` (or what a trusted proxy says it was) and its target, path and
    /// query as they were sent.
    ///
    /// The signature comes first, compared in a time that does not depend on it; a URL of an unknown key takes as long
    /// and fails alike. Only then come the standing of the key, the times and the method.
    pub fn verify(
        &self,
        method: &Method,
        host: &str,
        path_and_query: &str,
        now: SystemTime,
    ) -> Result<Granted, Error> {
        self.verify_target(method, &Target::of_request(host, path_and_query)?, now)
    }

    fn verify_target(&self, method: &Method, target: &Target<'_>, now: SystemTime) -> Result<Granted, Error> {
        let fields = target.signed_fields()?;
        let signature = BASE64URL_NOPAD.decode(fields.signature.as_bytes()).unwrap_or_default();
        let known = self.keys.iter().find(|key| key.kid == fields.kid);
        let key = known.unwrap_or(&self.decoy);
        let parts = (fields.expires.to_be_bytes(), fields.kid);
        let mac = key.mac(&signed_parts(fields.methods, target, fields.signed_query, &parts.0, parts.1));
        if !constant_time_eq(&mac, &signature) || known.is_none() {
            return Err(Error::WrongSignature);
        }
        key.require_in_force(now)?;
        let granted = granted(&fields)?;
        self.check_times(&granted, now)?;
        if !granted.methods.contains(method) {
            return Err(Error::WrongMethod);
        }
        Ok(granted)
    }

    fn check_times(&self, granted: &Granted, now: SystemTime) -> Result<(), Error> {
        let ahead = now.checked_add(self.skew).ok_or(Error::Time)?;
        if granted.expires_at.checked_add(self.skew).is_none_or(|end| now >= end) {
            return Err(Error::Expired);
        }
        if granted.not_before.is_some_and(|begin| ahead < begin) {
            return Err(Error::NotYetValid);
        }
        // The signer may have been another, or this one under other rules.
        let whole_life =
            granted.not_before.map(|begin| granted.expires_at.duration_since(begin).unwrap_or_default());
        let left = granted.expires_at.duration_since(ahead).unwrap_or_default();
        if left > self.max_lifetime || whole_life.is_some_and(|life| life > self.max_lifetime) {
            return Err(Error::LivesTooLong);
        }
        Ok(())
    }
}

fn granted(fields: &SignedFields<'_>) -> Result<Granted, Error> {
    Ok(Granted {
        kid: fields.kid.to_owned(),
        methods: fields.listed(),
        not_before: fields.not_before.map(from_unix).transpose()?,
        expires_at: from_unix(fields.expires)?,
    })
}

/// What the signature is over, in its order.
fn signed_parts<'p>(
    methods: &'p str,
    target: &'p Target<'_>,
    signed_query: &'p str,
    expires: &'p [u8; 8],
    kid: &'p str,
) -> [&'p [u8]; 6] {
    [
        methods.as_bytes(),
        target.host.as_bytes(),
        target.path.as_bytes(),
        signed_query.as_bytes(),
        expires,
        kid.as_bytes(),
    ]
}

const DEFAULT_MAX_LIFETIME: Duration = Duration::from_secs(604_800);
const DEFAULT_SKEW: Duration = Duration::from_secs(30);
/// `&mc-sig=` and 43 characters.
const SIGNATURE_FIELD_LEN: usize = 51;
