//! The only part that names cipher crates. Each primitive has several backends, chosen here, once:
//! `aws-lc-rs` (fast, default feature), with the AES-GCM of `ring` where that is faster, and the RustCrypto
//! crates (portable, always there). All give the same bytes; the tests hold them against each other and
//! against Project Wycheproof.

mod aead;
mod backend;
#[cfg(feature = "credentials")]
mod fernet;
mod hash;
mod kdf;
mod mac;
#[cfg(all(feature = "ring", target_arch = "x86_64"))]
mod ring_aead;
#[cfg(feature = "credentials")]
mod signature;

pub use aead::{Aead, NONCE_LEN, TAG_LEN, Unauthentic};
pub use backend::Backend;
#[cfg(feature = "credentials")]
pub use fernet::FernetKey;
pub use hash::{Sha256, sha256};
pub use kdf::{expand_sha256, expand_sha512, hkdf_sha256, pbkdf2_sha256};
pub use mac::{HmacSha256, constant_time_eq, hmac_sha256};
#[cfg(feature = "credentials")]
pub use signature::{SIGNATURE_LEN, SignatureKey, is_signed};
