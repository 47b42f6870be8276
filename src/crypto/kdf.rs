//! HKDF (RFC 5869) with SHA-256 and SHA-512, PBKDF2-HMAC-SHA-256 (RFC 8018).

use std::num::NonZeroU32;

#[cfg(feature = "aws-lc")]
use aws_lc_rs::{hkdf as fast, pbkdf2 as fast_pbkdf2};
use hkdf::Hkdf;
use zeroize::Zeroizing;

use super::Backend;
use crate::base::Secret;

/// HKDF-Extract and -Expand with SHA-256: `N` ≤ 8160 bytes from `ikm`.
#[must_use]
pub fn hkdf_sha256<const N: usize>(backend: Backend, salt: &[u8], ikm: &[u8], info: &[u8]) -> Secret<N> {
    derive(|okm| match backend {
        Backend::Portable => Hkdf::<sha2::Sha256>::new(Some(salt), ikm).expand(info, okm).map_err(drop),
        #[cfg(feature = "aws-lc")]
        _ => fill(&fast::Salt::new(fast::HKDF_SHA256, salt).extract(ikm), info, okm),
    })
}

/// HKDF-Expand with SHA-256: `N` ≤ 8160 bytes from a key that is uniformly random already.
#[must_use]
pub fn expand_sha256<const N: usize>(backend: Backend, key: &[u8; 32], info: &[u8]) -> Secret<N> {
    derive(|okm| match backend {
        Backend::Portable => {
            Hkdf::<sha2::Sha256>::from_prk(key).map_err(drop)?.expand(info, okm).map_err(drop)
        }
        #[cfg(feature = "aws-lc")]
        _ => fill(&fast::Prk::new_less_safe(fast::HKDF_SHA256, key), info, okm),
    })
}

/// HKDF-Expand with SHA-512 from a 32-byte key, as C2SP `chunked-encryption` has it.
#[must_use]
pub fn expand_sha512<const N: usize>(backend: Backend, key: &[u8; 32], info: &[u8]) -> Secret<N> {
    derive(|okm| {
        // RFC 5869 wants a PRK as long as the hash. HMAC pads short keys with zeros, so that a key with
        // zeros behind it is the same key, and no crate has a reason to refuse it.
        let mut padded = Zeroizing::new([0; 64]);
        padded[..32].copy_from_slice(key);
        match backend {
            Backend::Portable => {
                Hkdf::<sha2::Sha512>::from_prk(&*padded).map_err(drop)?.expand(info, okm).map_err(drop)
            }
            #[cfg(feature = "aws-lc")]
            _ => fill(&fast::Prk::new_less_safe(fast::HKDF_SHA512, &*padded), info, okm),
        }
    })
}

/// PBKDF2 with HMAC-SHA-256: 32 bytes from a passphrase. Takes as long as `iterations` say.
#[must_use]
pub fn pbkdf2_sha256(backend: Backend, passphrase: &[u8], salt: &[u8], iterations: NonZeroU32) -> Secret<32> {
    derive(|okm| {
        match backend {
            Backend::Portable => pbkdf2::pbkdf2_hmac::<sha2::Sha256>(passphrase, salt, iterations.get(), okm),
            #[cfg(feature = "aws-lc")]
            _ => {
                fast_pbkdf2::derive(fast_pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, passphrase, okm);
            }
        }
        Ok(())
    })
}

fn derive<const N: usize>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), ()>) -> Secret<N> {
    Secret::from_fn(fill).expect("the lengths asked for are constants within HKDF's limit")
}

#[cfg(feature = "aws-lc")]
fn fill(prk: &fast::Prk, info: &[u8], okm: &mut [u8]) -> Result<(), ()> {
    struct Len(usize);
    impl fast::KeyType for Len {
        fn len(&self) -> usize {
            self.0
        }
    }
    prk.expand(&[info], Len(okm.len())).and_then(|made| made.fill(okm)).map_err(drop)
}
