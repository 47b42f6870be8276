//! Opening Fernet tokens, for those who move over. Nothing is made with it: AES-128-CBC under HMAC-SHA-256.
//! <https://github.com/fernet/spec>

use aes::Aes128;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::{Unauthentic, constant_time_eq, hmac_sha256};
use crate::base::{Secret, SecretText};

/// A Fernet key: half of it signs, half of it encrypts.
#[derive(Debug)]
pub struct FernetKey(Secret<KEY_LEN>);

impl FernetKey {
    /// Reads one as it is written, in base64url; `None`: it is not one.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let key = decode(text)?;
        (key.len() == KEY_LEN).then(|| Self(Secret::copy_from(&key)))
    }

    /// Opens a token of any age.
    pub fn open(&self, token: &[u8]) -> Result<SecretText, Unauthentic> {
        let bytes = decode(token).ok_or(Unauthentic)?;
        let (signed, mac) = bytes.split_last_chunk::<MAC_LEN>().ok_or(Unauthentic)?;
        let (signing_key, encryption_key) = self.0.expose().split_at(KEY_LEN / 2);
        if !constant_time_eq(&hmac_sha256(signing_key, signed), mac) {
            return Err(Unauthentic);
        }
        let body =
            signed.strip_prefix(&[VERSION]).and_then(|rest| rest.get(TIME_LEN..)).ok_or(Unauthentic)?;
        let (iv, sealed) = body.split_first_chunk::<IV_LEN>().ok_or(Unauthentic)?;
        let cipher =
            Decryptor::<Aes128>::new_from_slices(encryption_key, iv).expect("key and IV have 16 bytes each");
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let opened = cipher.decrypt_padded::<Pkcs7>(&mut buffer).map_err(|_| Unauthentic)?;
        Ok(SecretText::new(opened.to_vec()))
    }
}

/// Base64url with its padding or, as some write it, without.
fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 0 && (padding > 2 || !text.len().is_multiple_of(4)) {
        return None;
    }
    BASE64URL_NOPAD.decode(&text[..text.len() - padding]).ok().map(Zeroizing::new)
}

const VERSION: u8 = 0x80;
const TIME_LEN: usize = 8;
const IV_LEN: usize = 16;
const MAC_LEN: usize = 32;
const KEY_LEN: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    // `verify.json` of the specification.
    const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    const TOKEN: &str = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

    fn open(token: &str) -> Option<Vec<u8>> {
        let key = FernetKey::parse(KEY.as_bytes()).unwrap();
        key.open(token.as_bytes()).ok().map(|text| text.expose().to_vec())
    }

    #[test]
    fn opens_the_token_of_the_specification_padded_or_not() {
        assert_eq!(open(TOKEN).unwrap(), b"hello");
        assert_eq!(open(TOKEN.trim_end_matches('=')).unwrap(), b"hello");
    }

    // `invalid.json` of the specification, less the tokens that are only too old or too new.
    #[test]
    fn refuses_the_tokens_that_the_specification_calls_invalid() {
        for (fault, token) in [
            (
                "mac",
                "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
            ),
            ("too short", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=="),
            (
                "base64",
                "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
            ),
            (
                "block size",
                "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
            ),
            (
                "padding",
                "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
            ),
            (
                "IV",
                "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
            ),
        ] {
            assert!(open(token).is_none(), "{fault}");
        }
    }

    #[test]
    fn refuses_every_change_of_one_byte() {
        for at in 0..TOKEN.len() {
            let mut changed = TOKEN.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(open(std::str::from_utf8(&changed).unwrap()).is_none(), "{at}");
        }
    }

    #[test]
    fn a_key_has_32_bytes() {
        for wrong in
            ["", "AAAA", &KEY[1..], &format!("{KEY}{KEY}"), "cw+0x689RpI/jtRR7oE8h+eQsKImvJapLeSbXpwF4e4="]
        {
            assert!(FernetKey::parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
