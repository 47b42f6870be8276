//! What a secret carries to tell itself from a typo: checksums and forms that vendors document.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use serde::Deserialize;

use crate::crypto::sha256;

/// What the characters of a secret must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Checksum {
    /// The last six characters are the CRC-32 of the thirty before, in base 62: GitHub, npm.
    Base62Crc32,
    /// After the last `_` the CRC-32 of all before it, in hexadecimal, little-endian: Grafana.
    GrafanaCrc32,
    /// Seven characters of base 36 at the end are the CRC-32 of all before: GitLab's routable tokens.
    GitlabCrc32,
    /// Bech32 (BIP 173): age.
    Bech32,
    /// The first part is a JSON object in base64url with an `alg` (RFC 7515, section 4.1.1).
    Jwt,
    /// The first part is a number in Base64: Discord.
    DiscordId,
    /// The master key of this program.
    MasterKey,
}

impl Checksum {
    /// Whether `secret` fits.
    #[must_use]
    pub fn holds(self, secret: &[u8]) -> bool {
        match self {
            Self::Base62Crc32 => base62_crc32(secret),
            Self::GrafanaCrc32 => grafana_crc32(secret),
            Self::GitlabCrc32 => gitlab_crc32(secret),
            Self::Bech32 => bech32(secret),
            Self::Jwt => jwt(secret),
            Self::DiscordId => discord_id(secret),
            Self::MasterKey => master_key(secret),
        }
    }
}

fn base62_crc32(secret: &[u8]) -> bool {
    let Some((body, check)) = secret.split_last_chunk::<6>() else { return false };
    let start = body.len().saturating_sub(30);
    digits::<6>(crc32(&body[start..]), 62) == *check
}

fn grafana_crc32(secret: &[u8]) -> bool {
    let Some((body, [b'_', check @ ..])) = secret.split_last_chunk::<9>() else { return false };
    data_encoding::HEXLOWER.encode(&crc32(body).to_le_bytes()).as_bytes() == check
}

fn gitlab_crc32(secret: &[u8]) -> bool {
    let Some((body, check)) = secret.split_last_chunk::<7>() else { return false };
    digits::<7>(crc32(body), 36).map(|digit| digit.to_ascii_lowercase()) == *check
}

/// `number` in `base` with digits, capitals and small letters, padded with zeros.
fn digits<const N: usize>(mut number: u32, base: u32) -> [u8; N] {
    let mut text = [b'0'; N];
    for digit in text.iter_mut().rev() {
        *digit = BASE62[(number % base) as usize];
        number /= base;
    }
    text
}

/// CRC-32 as in gzip (RFC 1952, section 8), bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| shift(crc)))
}

fn bech32(secret: &[u8]) -> bool {
    let lower = secret.to_ascii_lowercase();
    let Some(one) = memchr::memrchr(b'1', &lower) else { return false };
    let (human, data) = (&lower[..one], &lower[one + 1..]);
    let Some(values) = data.iter().map(|byte| memchr::memchr(*byte, BECH32)).collect::<Option<Vec<_>>>()
    else {
        return false;
    };
    let high = human.iter().map(|byte| u32::from(byte >> 5));
    let low = human.iter().map(|byte| u32::from(byte & 31));
    let values = values.iter().map(|&value| u32::try_from(value).expect("32 characters"));
    high.chain([0]).chain(low).chain(values).fold(1, bech32_step) == 1
}

fn bech32_step(check: u32, value: u32) -> u32 {
    let top = check >> 25;
    let next = (check & 0x01ff_ffff) << 5 ^ value;
    (0..5).filter(|bit| top >> bit & 1 == 1).fold(next, |next, bit| next ^ BECH32_GENERATOR[bit])
}

fn jwt(secret: &[u8]) -> bool {
    let header = secret.split(|&byte| byte == b'.').next().unwrap_or_default();
    let Ok(header) = BASE64URL_NOPAD.decode(header) else { return false };
    serde_json::from_slice::<JwtHeader>(&header).is_ok()
}

#[derive(Deserialize)]
struct JwtHeader {
    #[serde(rename = "alg")]
    _algorithm: String,
}

fn discord_id(secret: &[u8]) -> bool {
    let id = secret.split(|&byte| byte == b'.').next().unwrap_or_default();
    BASE64_NOPAD.decode(id).is_ok_and(|id| id.len() >= 17 && id.iter().all(u8::is_ascii_digit))
}

fn master_key(secret: &[u8]) -> bool {
    let Some(body) = secret.strip_prefix(b"mck1_") else { return false };
    let Ok(body) = BASE64URL_NOPAD.decode(body) else { return false };
    let Some((key, check)) = body.split_last_chunk::<4>() else { return false };
    sha256(&[b"mck1", key].concat()).starts_with(check)
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const BECH32_GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_is_that_of_gzip() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn bech32_takes_the_vectors_of_bip_173() {
        for valid in [
            "A12UEL5L",
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        ] {
            assert!(Checksum::Bech32.holds(valid.as_bytes()), "{valid}");
        }
        for invalid in ["A12UEL5M", "nodigit", "1", "a1b"] {
            assert!(!Checksum::Bech32.holds(invalid.as_bytes()), "{invalid}");
        }
    }

    #[test]
    fn a_jwt_has_a_header_with_an_algorithm() {
        assert!(Checksum::Jwt.holds(b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x"));
        for other in ["eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.x", "eyJeyJ.eyJ.x", ""] {
            assert!(!Checksum::Jwt.holds(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_master_key_is_one_that_was_made() {
        let key = crate::crypto::sha256(b"any");
        let check = crate::crypto::sha256(&[b"mck1", &key[..]].concat());
        let text = format!("mck1_{}", BASE64URL_NOPAD.encode(&[&key[..], &check[..4]].concat()));
        assert!(Checksum::MasterKey.holds(text.as_bytes()));
        assert!(!Checksum::MasterKey.holds(text.replace("mck1_", "mck2_").as_bytes()));
        assert!(!Checksum::MasterKey.holds(&text.as_bytes()[..52]));
    }

    #[test]
    fn texts_too_short_for_a_checksum_hold_none() {
        use Checksum::{Base62Crc32, Bech32, DiscordId, GitlabCrc32, GrafanaCrc32, Jwt, MasterKey};
        for checksum in [Base62Crc32, GrafanaCrc32, GitlabCrc32, Bech32, Jwt, DiscordId, MasterKey] {
            for text in ["", "a", "a_0"] {
                assert!(!checksum.holds(text.as_bytes()), "{checksum:?} {text}");
            }
        }
    }
}
