//! A slot: one wrapping of the file key.

use std::collections::HashSet;
use std::num::NonZeroU32;

use super::Error;

/// One wrapping of the file key, as it stands in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Slot {
    /// Type 1: under a passphrase.
    Passphrase(KdfParams, Wrapping),
    /// Type 3: under a raw 256-bit key, with the 8 bytes that tell which.
    RawKey([u8; 8], Wrapping),
    /// A type this reader does not know: kept as it is.
    Other {
        /// Its type number.
        type_id: u16,
        /// What follows the length.
        body: Vec<u8>,
    },
}

/// PBKDF2-HMAC-SHA-256, as a passphrase slot asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KdfParams {
    /// How often.
    pub iterations: NonZeroU32,
    /// Shared by all files of one run.
    pub salt: [u8; 32],
}

/// PBKDF2 iterations that `slots` ask of a reader with a passphrase: those of one salt and number are run
/// once.
#[must_use]
pub fn iterations_asked(slots: &[Slot]) -> u64 {
    let distinct: HashSet<&KdfParams> = slots
        .iter()
        .filter_map(|slot| if let Slot::Passphrase(kdf, _) = slot { Some(kdf) } else { None })
        .collect();
    distinct.iter().map(|kdf| u64::from(kdf.iterations.get())).sum()
}

/// The part that all slots have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrapping {
    /// Fresh for every slot.
    pub slot_salt: [u8; 32],
    /// Commits to the secret that opens the slot.
    pub commit: [u8; 32],
    /// The file key and its tag.
    pub wrapped: [u8; 48],
}

/// What a slot is, without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlotKind {
    /// Type 1.
    Passphrase,
    /// Type 3.
    RawKey,
    /// Any other type.
    Other(u16),
}

impl SlotKind {
    /// The number in the file.
    #[must_use]
    pub fn type_id(self) -> u16 {
        match self {
            Self::Passphrase => PASSPHRASE,
            Self::RawKey => RAW_KEY,
            Self::Other(type_id) => type_id,
        }
    }
}

impl Slot {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> SlotKind {
        match self {
            Self::Passphrase(..) => SlotKind::Passphrase,
            Self::RawKey(..) => SlotKind::RawKey,
            Self::Other { type_id, .. } => SlotKind::Other(*type_id),
        }
    }

    /// The wrapping, of a type that this reader knows.
    #[must_use]
    pub fn wrapping(&self) -> Option<&Wrapping> {
        match self {
            Self::Passphrase(_, wrapping) | Self::RawKey(_, wrapping) => Some(wrapping),
            Self::Other { .. } => None,
        }
    }

    /// Bytes in a header, type and length included.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Passphrase(..) => KDF_PARAMS_LEN + WRAPPING_LEN,
            Self::RawKey(..) => KEY_ID_LEN + WRAPPING_LEN,
            Self::Other { body, .. } => body.len(),
        }
    }

    /// Appends the slot to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let body_len =
            u16::try_from(self.encoded_len() - 4).expect("parsed or built: a slot fits a header copy");
        out.extend(self.kind().type_id().to_be_bytes());
        out.extend(body_len.to_be_bytes());
        match self {
            Self::Passphrase(params, wrapping) => {
                out.extend(params.encode());
                wrapping.encode(out);
            }
            Self::RawKey(key_id, wrapping) => {
                out.extend(key_id);
                wrapping.encode(out);
            }
            Self::Other { body, .. } => out.extend(body),
        }
    }

    /// Parses the slot at the start of `bytes`; returns what follows it too.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let overrun = Error::Malformed("a slot runs over its space");
        let ([t0, t1, l0, l1], rest) = bytes.split_first_chunk::<4>().ok_or(overrun.clone())?;
        let type_id = u16::from_be_bytes([*t0, *t1]);
        let body_len = usize::from(u16::from_be_bytes([*l0, *l1]));
        let (body, rest) = rest.split_at_checked(body_len).ok_or(overrun)?;
        let slot = match type_id {
            PASSPHRASE => {
                let (params, wrapping) = split_known::<KDF_PARAMS_LEN>(body)?;
                Self::Passphrase(KdfParams::parse(params)?, wrapping)
            }
            RAW_KEY => {
                let (key_id, wrapping) = split_known::<KEY_ID_LEN>(body)?;
                Self::RawKey(*key_id, wrapping)
            }
            _ => Self::Other { type_id, body: body.to_vec() },
        };
        Ok((slot, rest))
    }
}

impl KdfParams {
    /// The params field: what a slot's key derivation is bound to.
    #[must_use]
    pub fn encode(&self) -> [u8; KDF_PARAMS_LEN] {
        let mut params = [0; KDF_PARAMS_LEN];
        params[0] = PRF_HMAC_SHA_256;
        params[4..8].copy_from_slice(&self.iterations.get().to_be_bytes());
        params[8..].copy_from_slice(&self.salt);
        params
    }

    fn parse(params: &[u8; KDF_PARAMS_LEN]) -> Result<Self, Error> {
        if params[0] != PRF_HMAC_SHA_256 {
            return Err(Error::Malformed("a passphrase slot of an unknown PBKDF2 function"));
        }
        if params[1..4] != [0; 3] {
            return Err(Error::Malformed("reserved bytes of a passphrase slot are not zero"));
        }
        let iterations = u32::from_be_bytes([params[4], params[5], params[6], params[7]]);
        let iterations = NonZeroU32::new(iterations).ok_or(Error::Malformed("a slot of no iterations"))?;
        let (_, salt) = params.split_last_chunk().expect("the params end with a 32-byte salt");
        Ok(Self { iterations, salt: *salt })
    }
}

impl Wrapping {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.slot_salt);
        out.extend(self.commit);
        out.extend(self.wrapped);
    }

    fn parse(bytes: &[u8; WRAPPING_LEN]) -> Self {
        let mut wrapping = Self { slot_salt: [0; 32], commit: [0; 32], wrapped: [0; 48] };
        wrapping.slot_salt.copy_from_slice(&bytes[..32]);
        wrapping.commit.copy_from_slice(&bytes[32..64]);
        wrapping.wrapped.copy_from_slice(&bytes[64..]);
        wrapping
    }
}

/// Splits the body of a known slot type into its params and its wrapping: the length must fit to the byte.
fn split_known<const PARAMS: usize>(body: &[u8]) -> Result<(&[u8; PARAMS], Wrapping), Error> {
    body.split_first_chunk::<PARAMS>()
        .and_then(|(params, rest)| Some((params, Wrapping::parse(rest.try_into().ok()?))))
        .ok_or(Error::Malformed("a slot has the wrong length for its type"))
}

const PASSPHRASE: u16 = 1;
const RAW_KEY: u16 = 3;
const PRF_HMAC_SHA_256: u8 = 1;
const KDF_PARAMS_LEN: usize = 40;
const KEY_ID_LEN: usize = 8;
const WRAPPING_LEN: usize = 112;
