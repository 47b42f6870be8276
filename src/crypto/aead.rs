//! AES-256-GCM (NIST SP 800-38D): 12-byte nonces, 16-byte tags.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, KeyInit};
#[cfg(feature = "aws-lc")]
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroize;

use super::Backend;

/// Bytes in a nonce.
pub const NONCE_LEN: usize = 12;

/// Bytes in a tag, which follows its ciphertext.
pub const TAG_LEN: usize = 16;

/// The tag does not fit key, nonce, associated data and ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes do not authenticate")]
pub struct Unauthentic;

/// One AES-256-GCM key, expanded. Immutable: one serves many threads.
pub struct Aead(Inner);

enum Inner {
    #[cfg(feature = "aws-lc")]
    AwsLc(LessSafeKey),
    #[cfg(all(feature = "ring", target_arch = "x86_64"))]
    Ring(super::ring_aead::Key),
    Portable(Box<aes_gcm::Aes256Gcm>),
}

impl Aead {
    /// Expands `key` for `backend`.
    #[must_use]
    pub fn new(backend: Backend, key: &[u8; 32]) -> Self {
        Self(match backend {
            #[cfg(feature = "aws-lc")]
            Backend::AwsLc => Inner::AwsLc(LessSafeKey::new(
                UnboundKey::new(&AES_256_GCM, key).expect("an AES-256 key has 32 bytes"),
            )),
            #[cfg(all(feature = "ring", target_arch = "x86_64"))]
            Backend::Ring => Inner::Ring(super::ring_aead::Key::new(key)),
            Backend::Portable => Inner::Portable(Box::new(aes_gcm::Aes256Gcm::new(key.into()))),
        })
    }

    /// Seals `plaintext` into `sealed`, which has [`TAG_LEN`] more bytes. A nonce must never be used twice
    /// with one key.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], plaintext: &[u8], sealed: &mut [u8]) {
        assert_eq!(sealed.len(), plaintext.len() + TAG_LEN, "sealed is longer than its plaintext by a tag");
        let (ciphertext, tag) = sealed.split_at_mut(plaintext.len());
        match &self.0 {
            #[cfg(feature = "aws-lc")]
            Inner::AwsLc(key) => key
                .seal_out_of_place_scatter(
                    Nonce::assume_unique_for_key(*nonce),
                    Aad::from(aad),
                    plaintext,
                    ciphertext,
                    &[],
                    tag,
                )
                .expect("lengths fit and are far below the cipher's limit"),
            #[cfg(all(feature = "ring", target_arch = "x86_64"))]
            Inner::Ring(key) => {
                ciphertext.copy_from_slice(plaintext);
                tag.copy_from_slice(&key.seal_in_place(nonce, aad, ciphertext));
            }
            Inner::Portable(cipher) => {
                let buffer = InOutBuf::new(plaintext, ciphertext).expect("lengths fit");
                let made = cipher
                    .encrypt_inout_detached(nonce.into(), aad, buffer)
                    .expect("lengths are far below the cipher's limit");
                tag.copy_from_slice(&made);
            }
        }
    }

    /// Opens `sealed` into `plaintext`, which has [`TAG_LEN`] bytes less. On failure `plaintext` is wiped.
    pub fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), Unauthentic> {
        let opened = self.try_open(nonce, aad, sealed, plaintext);
        if opened.is_err() {
            plaintext.zeroize();
        }
        opened
    }

    fn try_open(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), Unauthentic> {
        let (ciphertext, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or(Unauthentic)?;
        if ciphertext.len() != plaintext.len() {
            return Err(Unauthentic);
        }
        match &self.0 {
            #[cfg(feature = "aws-lc")]
            Inner::AwsLc(key) => key
                .open_separate_gather(
                    Nonce::assume_unique_for_key(*nonce),
                    Aad::from(aad),
                    ciphertext,
                    tag,
                    plaintext,
                )
                .map_err(|_| Unauthentic),
            #[cfg(all(feature = "ring", target_arch = "x86_64"))]
            Inner::Ring(key) => {
                plaintext.copy_from_slice(ciphertext);
                key.open_in_place(nonce, aad, plaintext, tag).map_err(|_| Unauthentic)
            }
            Inner::Portable(cipher) => {
                let buffer = InOutBuf::new(ciphertext, plaintext).map_err(|_| Unauthentic)?;
                cipher.decrypt_inout_detached(nonce.into(), aad, buffer, tag.into()).map_err(|_| Unauthentic)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_seal_alike_and_open_each_other() {
        let key = [7; 32];
        for len in [0, 1, 15, 16, 17, 1000, 16_384] {
            let plaintext: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let sealed: Vec<Vec<u8>> = Backend::ALL
                .iter()
                .map(|&backend| {
                    let mut sealed = vec![0; len + TAG_LEN];
                    Aead::new(backend, &key).seal(&[9; 12], b"aad", &plaintext, &mut sealed);
                    sealed
                })
                .collect();
            assert!(sealed.windows(2).all(|pair| pair[0] == pair[1]));
            for &backend in Backend::ALL {
                let mut opened = vec![0; len];
                Aead::new(backend, &key).open(&[9; 12], b"aad", &sealed[0], &mut opened).unwrap();
                assert_eq!(opened, plaintext);
            }
        }
    }

    #[test]
    fn a_failed_open_wipes_its_buffer() {
        for &backend in Backend::ALL {
            let aead = Aead::new(backend, &[7; 32]);
            let mut sealed = [0; 64 + TAG_LEN];
            aead.seal(&[0; 12], b"", &[0x5a; 64], &mut sealed);
            sealed[64] ^= 1;
            let mut opened = [0xff; 64];
            assert_eq!(aead.open(&[0; 12], b"", &sealed, &mut opened), Err(Unauthentic));
            assert_eq!(opened, [0; 64]);
        }
    }

    #[test]
    fn input_shorter_than_a_tag_does_not_open() {
        for &backend in Backend::ALL {
            assert_eq!(Aead::new(backend, &[7; 32]).open(&[0; 12], b"", &[0; 15], &mut []), Err(Unauthentic));
        }
    }
}
