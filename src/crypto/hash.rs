//! SHA-256 (FIPS 180-4).

#[cfg(feature = "aws-lc")]
use aws_lc_rs::digest;
use sha2::Digest;

use super::Backend;

/// A SHA-256 under way.
pub struct Sha256(Inner);

enum Inner {
    #[cfg(feature = "aws-lc")]
    AwsLc(Box<digest::Context>),
    Portable(Box<sha2::Sha256>),
}

impl Sha256 {
    /// Starts one.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        Self(match backend {
            Backend::Portable => Inner::Portable(Box::new(sha2::Sha256::new())),
            #[cfg(feature = "aws-lc")]
            _ => Inner::AwsLc(Box::new(digest::Context::new(&digest::SHA256))),
        })
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            #[cfg(feature = "aws-lc")]
            Inner::AwsLc(context) => context.update(bytes),
            Inner::Portable(hasher) => hasher.update(bytes),
        }
    }

    /// The hash of all bytes taken in.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        match self.0 {
            #[cfg(feature = "aws-lc")]
            Inner::AwsLc(context) => context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes"),
            Inner::Portable(hasher) => hasher.finalize().into(),
        }
    }
}

/// The SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new(Backend::default());
    hasher.update(bytes);
    hasher.finish()
}
