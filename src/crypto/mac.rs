//! HMAC-SHA-256 (RFC 2104) and comparison in constant time.

#[cfg(feature = "aws-lc")]
use aws_lc_rs::hmac as fast;
use hmac::{Hmac, KeyInit, Mac};
use subtle::ConstantTimeEq;

use super::Backend;

/// An HMAC-SHA-256 under way.
pub struct HmacSha256(Inner);

enum Inner {
    #[cfg(feature = "aws-lc")]
    AwsLc(Box<fast::Context>),
    Portable(Box<Hmac<sha2::Sha256>>),
}

impl HmacSha256 {
    /// Starts one under `key`, which may have any length.
    #[must_use]
    pub fn new(backend: Backend, key: &[u8]) -> Self {
        Self(match backend {
            Backend::Portable => {
                Inner::Portable(Box::new(Hmac::new_from_slice(key).expect("HMAC takes keys of every length")))
            }
            #[cfg(feature = "aws-lc")]
            _ => Inner::AwsLc(Box::new(fast::Context::with_key(&fast::Key::new(fast::HMAC_SHA256, key)))),
        })
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            #[cfg(feature = "aws-lc")]
            Inner::AwsLc(context) => context.update(bytes),
            Inner::Portable(mac) => mac.update(bytes),
        }
    }

    /// The code over all bytes taken in.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        match self.0 {
            #[cfg(feature = "aws-lc")]
            Inner::AwsLc(context) => context.sign().as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes"),
            Inner::Portable(mac) => mac.finalize().into_bytes().into(),
        }
    }
}

/// HMAC-SHA-256 of `message` under `key`.
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = HmacSha256::new(Backend::default(), key);
    mac.update(message);
    mac.finish()
}

/// Whether both are equal, in a time that depends on their lengths only.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
