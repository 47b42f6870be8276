//! Ed25519 (RFC 8032).

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use crate::base::Secret;

/// Bytes of a signature.
pub const SIGNATURE_LEN: usize = 64;

/// Signs messages. The key is wiped on drop.
pub struct SignatureKey(SigningKey);

impl SignatureKey {
    /// Takes a seed that is uniformly random.
    #[must_use]
    pub fn new(seed: &Secret<32>) -> Self {
        Self(SigningKey::from_bytes(seed.expose()))
    }

    /// What others verify with.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.0.sign(message).to_bytes()
    }
}

/// Whether `signature` is one of `message` by the holder of the key behind `public_key`. Keys of small order and
/// signatures that are not in their one canonical form do not count.
#[must_use]
pub fn is_signed(public_key: &[u8; 32], message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(public_key) else { return false };
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
    }

    /// RFC 8032, section 7.1: seed, public key, message, signature.
    const VECTORS: [[&str; 4]; 3] = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
    ];

    #[test]
    fn signs_as_the_rfc_says() {
        for [seed, public_key, message, signature] in VECTORS {
            let key = SignatureKey::new(&Secret::copy_from(&hex::<32>(seed)));
            let message = HEXLOWER.decode(message.as_bytes()).unwrap();
            assert_eq!(key.public_key(), hex(public_key));
            assert_eq!(key.sign(&message), hex(signature));
            assert!(is_signed(&key.public_key(), &message, &hex(signature)));
        }
    }

    #[test]
    fn another_message_key_or_signature_does_not_verify() {
        let key = SignatureKey::new(&Secret::copy_from(&[1; 32]));
        let other = SignatureKey::new(&Secret::copy_from(&[2; 32]));
        let signature = key.sign(b"message");
        let mut changed = signature;
        changed[0] ^= 1;
        assert!(!is_signed(&key.public_key(), b"massage", &signature));
        assert!(!is_signed(&other.public_key(), b"message", &signature));
        assert!(!is_signed(&key.public_key(), b"message", &changed));
        // The neutral element, under which one signature would do for every message.
        let small_order =
            [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut forged = [0; SIGNATURE_LEN];
        forged[0] = 1;
        assert!(!is_signed(&small_order, b"message", &forged));
    }
}
