//! The master key: what a person keeps, as 32 random bytes or as a passphrase.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use zeroize::Zeroizing;

use super::Error;
use super::error::MAX_KEY_TEXT_LEN;
use super::file_key::label;
use super::passphrase::Passphrase;
use crate::base::{Secret, SecretText, fill_random};
use crate::crypto::{Backend, constant_time_eq, expand_sha256, hkdf_sha256, sha256};

/// Opens and wraps the file keys of any number of files.
///
/// Written `mck1_` and 48 characters of base64url for 32 random bytes; every other text is a passphrase and
/// goes through PBKDF2-HMAC-SHA-256 (RFC 8018).
///
/// ```
/// use modelcrypt::keys::MasterKey;
/// let key = MasterKey::generate()?;
/// assert!(key.to_text().unwrap().expose().starts_with(b"mck1_"));
/// assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id().unwrap()));
/// # Ok::<(), modelcrypt::keys::Error>(())
/// ```
pub struct MasterKey(pub(super) Kind);

pub(super) enum Kind {
    Raw(Secret<32>),
    Passphrase(Passphrase),
}

/// Tells raw master keys apart without telling anything about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl MasterKey {
    /// Makes a fresh raw key.
    pub fn generate() -> Result<Self, Error> {
        Secret::from_fn(|bytes| fill_random(bytes)).map(Self::from_raw).map_err(Error::Random)
    }

    /// Takes 32 bytes that are uniformly random already.
    #[must_use]
    pub fn from_raw(bytes: Secret<32>) -> Self {
        Self(Kind::Raw(bytes))
    }

    /// Takes a passphrase: UTF-8, not empty, not normalised.
    pub fn from_passphrase(passphrase: SecretText) -> Result<Self, Error> {
        if passphrase.expose().is_empty() {
            return Err(Error::Empty);
        }
        if passphrase.expose().len() > MAX_KEY_TEXT_LEN {
            return Err(Error::TooLong);
        }
        let text = std::str::from_utf8(passphrase.expose()).map_err(|_| Error::NotUtf8)?;
        if resembles_raw_key(text) {
            return Err(Error::BadMasterKey("something stands before it, or its case was changed"));
        }
        Ok(Self(Kind::Passphrase(Passphrase::new(passphrase))))
    }

    /// Reads the text of a key: `mck1_…`, or a passphrase. One final newline is dropped.
    pub fn parse(text: SecretText) -> Result<Self, Error> {
        let text = text.without_final_newline();
        match text.expose().strip_prefix(TEXT_PREFIX) {
            Some(encoded) => parse_raw(encoded).map(Self::from_raw),
            None => Self::from_passphrase(text),
        }
    }

    /// The text of a raw key; `None` for a passphrase.
    #[must_use]
    pub fn to_text(&self) -> Option<SecretText> {
        let Kind::Raw(bytes) = &self.0 else { return None };
        let mut body = Zeroizing::new([0; RAW_LEN + CHECK_LEN]);
        body[..RAW_LEN].copy_from_slice(bytes.expose());
        let check = checksum(bytes.expose());
        body[RAW_LEN..].copy_from_slice(&check);
        let mut text = TEXT_PREFIX.to_vec();
        let encoded = Zeroizing::new(BASE64URL_NOPAD.encode(&*body));
        text.reserve_exact(encoded.len());
        text.extend(encoded.as_bytes());
        Some(SecretText::new(text))
    }

    /// The id of a raw key; `None` for a passphrase.
    #[must_use]
    pub fn id(&self) -> Option<KeyId> {
        let Kind::Raw(bytes) = &self.0 else { return None };
        Some(KeyId(*expand_sha256(Backend::default(), bytes.expose(), &label("key-id")).expose()))
    }

    /// Derives a key for something else than sealing: HKDF-SHA-256 (RFC 5869) without salt, told apart by `info`.
    /// `None` for a passphrase, which is too easily guessed from what such a key makes.
    #[must_use]
    pub fn derive(&self, info: &[u8]) -> Option<Secret<32>> {
        let Kind::Raw(bytes) = &self.0 else { return None };
        Some(hkdf_sha256(Backend::default(), b"", bytes.expose(), info))
    }

    /// Whether both are the same key.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Raw(a), Kind::Raw(b)) => constant_time_eq(a.expose(), b.expose()),
            (Kind::Passphrase(a), Kind::Passphrase(b)) => constant_time_eq(a.expose(), b.expose()),
            _ => false,
        }
    }

    /// How often PBKDF2 has been run for this key: once for each salt that was met.
    #[must_use]
    pub fn derivation_count(&self) -> usize {
        match &self.0 {
            Kind::Raw(_) => 0,
            Kind::Passphrase(passphrase) => passphrase.derivation_count(),
        }
    }

    /// Whether `content` begins as the text of a raw key does.
    #[must_use]
    pub fn looks_like_text(content: &[u8]) -> bool {
        content.starts_with(TEXT_PREFIX)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id() {
            Some(id) => write!(f, "MasterKey({id})"),
            None => f.write_str("MasterKey(passphrase)"),
        }
    }
}

/// A raw key that an editor or a shell has marked, quoted or indented is a typo, not a passphrase.
fn resembles_raw_key(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace() || "\"'`".contains(c));
    start.as_bytes().get(..TEXT_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(TEXT_PREFIX))
}

fn parse_raw(encoded: &[u8]) -> Result<Secret<32>, Error> {
    if encoded.len() != ENCODED_LEN {
        return Err(Error::BadMasterKey("it does not have 53 characters"));
    }
    let mut body = Zeroizing::new([0; RAW_LEN + CHECK_LEN]);
    BASE64URL_NOPAD
        .decode_mut(encoded, &mut *body)
        .map_err(|_| Error::BadMasterKey("it has characters that are not base64url"))?;
    let (bytes, check) = body.split_first_chunk::<RAW_LEN>().expect("the key comes first");
    if !constant_time_eq(&checksum(bytes), check) {
        return Err(Error::BadMasterKey("its checksum does not hold"));
    }
    Ok(Secret::copy_from(bytes))
}

fn checksum(bytes: &[u8; RAW_LEN]) -> [u8; CHECK_LEN] {
    let mut message = Zeroizing::new([0; 4 + RAW_LEN]);
    message[..4].copy_from_slice(b"mck1");
    message[4..].copy_from_slice(bytes);
    let hash = sha256(&*message);
    [hash[0], hash[1], hash[2], hash[3]]
}

const TEXT_PREFIX: &[u8] = b"mck1_";
const RAW_LEN: usize = 32;
const CHECK_LEN: usize = 4;
const ENCODED_LEN: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<MasterKey, Error> {
        MasterKey::parse(SecretText::new(text.into()))
    }

    #[test]
    fn a_raw_key_survives_being_written_and_read() {
        let key = MasterKey::generate().unwrap();
        let text = String::from_utf8(key.to_text().unwrap().expose().to_vec()).unwrap();
        assert_eq!(text.len(), 53);
        for ending in ["", "\n", "\r\n"] {
            assert!(parse(&format!("{text}{ending}")).unwrap().is_same(&key));
        }
    }

    #[test]
    fn a_typo_never_becomes_a_passphrase() {
        let text = MasterKey::generate().unwrap().to_text().unwrap();
        let text = std::str::from_utf8(text.expose()).unwrap();
        let other = if &text[20..21] == "A" { "B" } else { "A" };
        let swapped = format!("{}{other}{}", &text[..20], &text[21..]);
        for typo in
            [&text[..52], &format!("{text}A"), &format!("{text}="), &swapped, "mck1_", &format!("{text}\n\n")]
        {
            assert!(matches!(parse(typo), Err(Error::BadMasterKey(_))), "{typo}");
        }
        for marked in ["\u{feff}", " ", "\"", "'", "\n"] {
            assert!(matches!(parse(&format!("{marked}{text}")), Err(Error::BadMasterKey(_))), "{marked:?}");
        }
        assert!(matches!(parse(&text.to_uppercase()), Err(Error::BadMasterKey(_))));
    }

    #[test]
    fn anything_else_is_a_passphrase_unless_it_is_empty_or_not_text() {
        assert_eq!(parse("correct horse").unwrap().id(), None);
        assert!(parse("a mck1_x").unwrap().id().is_none());
        assert!(matches!(parse("\n"), Err(Error::Empty)));
        assert!(matches!(MasterKey::parse(SecretText::new(vec![0xff, 0xfe])), Err(Error::NotUtf8)));
        assert!(matches!(MasterKey::parse(SecretText::new(vec![b'a'; 5000])), Err(Error::TooLong)));
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!(
            "{:?} {:?}",
            parse("correct horse").unwrap(),
            MasterKey::from_raw(Secret::copy_from(&[65; 32]))
        );
        assert!(!shown.contains("horse") && !shown.contains("AAAA") && !shown.contains("65"), "{shown}");
    }
}
