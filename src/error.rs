//! One error over all parts, and what a caller may do about it.

use std::io;

use self::ErrorKind as Kind;
use crate::{engine, envelope, format, keys, mask, model, presign, scan, tensors};

/// Any error of this library. What to do about it is in its [`kind`](Self::kind).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Of a header's bytes.
    #[error(transparent)]
    Format(#[from] format::Error),
    /// Of a payload.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// Of a key.
    #[error(transparent)]
    Key(#[from] keys::Error),
    /// Of one sealed file.
    #[error(transparent)]
    Envelope(#[from] envelope::Error),
    /// Of a model directory or one of its files.
    #[error(transparent)]
    Model(#[from] model::Error),
    /// Of a signed URL.
    #[error(transparent)]
    Presign(#[from] presign::Error),
    /// Of a decrypted directory.
    #[cfg(unix)]
    #[error(transparent)]
    Guard(#[from] crate::guard::Error),
    /// Of masking.
    #[error(transparent)]
    Mask(#[from] mask::Error),
    /// Of a credential.
    #[cfg(feature = "credentials")]
    #[error(transparent)]
    Credential(#[from] crate::credentials::Error),
    /// Of a file of tensors.
    #[error(transparent)]
    Tensors(#[from] tensors::Error),
    /// Of a scan for secrets.
    #[error(transparent)]
    Scan(#[from] scan::Error),
    /// Of the operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What a caller may do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Ask for something else.
    InvalidInput,
    /// Name something that exists.
    NotFound,
    /// Name something that does not exist yet.
    AlreadyExists,
    /// Get the right to do so.
    PermissionDenied,
    /// Give a key.
    NoKey,
    /// Give another key.
    WrongKey,
    /// Restore the file from a copy: it was changed.
    Tampered,
    /// Restore the file from a copy: it was cut off, or is still being copied.
    Truncated,
    /// Use a later version, or name a sealed file.
    Unsupported,
    /// Try again later.
    Unavailable,
    /// Heed the policy or change it.
    PolicyViolation,
    /// Look at what the operating system says.
    Io,
}

impl Error {
    /// What a caller may do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Format(error) => of_format(error),
            Self::Engine(error) => of_engine(error),
            Self::Key(error) => of_key(error),
            Self::Envelope(error) => of_envelope(error),
            Self::Model(error) => of_model(error),
            Self::Presign(error) => of_presign(error),
            #[cfg(unix)]
            Self::Guard(error) => of_guard(error),
            Self::Mask(mask::Error::TooShort | mask::Error::TooMany) => ErrorKind::InvalidInput,
            #[cfg(feature = "credentials")]
            Self::Credential(error) => of_credential(error),
            Self::Tensors(error) => of_tensors(error),
            Self::Scan(error) => of_scan(error),
            Self::Io(error) => of_io(error),
        }
    }
}

impl ErrorKind {
    /// The kind of an error in a report.
    #[must_use]
    pub fn of(error: &model::Error) -> Self {
        of_model(error)
    }
}

fn of_format(error: &format::Error) -> Kind {
    use format::Error as E;
    match error {
        E::Truncated => Kind::Truncated,
        E::NotSealed | E::Unsupported { .. } => Kind::Unsupported,
        E::PlaintextTooLong(_) | E::NoRoom(_) => Kind::InvalidInput,
        E::NoValidCopy | E::Malformed(_) | E::Contradiction(_) | E::TooManyIterations(_) => Kind::Tampered,
    }
}

fn of_engine(error: &engine::Error) -> Kind {
    use engine::Error as E;
    match error {
        E::WrongPayload | E::Chunk(_) | E::Trailing => Kind::Tampered,
        E::Truncated => Kind::Truncated,
        E::SourceShrank | E::Interrupted => Kind::Io,
        E::TooLong => Kind::InvalidInput,
        E::Read(error) | E::Write(error) => of_io(error),
    }
}

fn of_key(error: &keys::Error) -> Kind {
    use keys::Error as E;
    match error {
        E::NoSlotOpens => Kind::WrongKey,
        E::SlotTampered => Kind::Tampered,
        E::Format(error) => of_format(error),
        E::NoKey | E::NoVariable(_) | E::Command(_) | E::NotInKeyring(_) => Kind::NoKey,
        E::KeyringUnavailable(_) | E::KeyringLocked | E::KeyringSilent => Kind::Unavailable,
        E::InKeyring(_) => Kind::AlreadyExists,
        E::LoosePermissions { .. } => Kind::PermissionDenied,
        E::File { source, .. } if source.kind() == io::ErrorKind::NotFound => Kind::NoKey,
        E::File { source, .. } | E::NotWritten { source, .. } | E::Random(source) => of_io(source),
        E::Empty
        | E::NotRaw
        | E::KeyAsName
        | E::BadMasterKey(_)
        | E::NotUtf8
        | E::TooLong
        | E::KeyringAmbiguous { .. }
        | E::KeyringTooLong(_)
        | E::KeyringName(_)
        | E::NoKeyring
        | E::TooFewIterations(_)
        | E::TooManyIterations(_) => Kind::InvalidInput,
    }
}

fn of_envelope(error: &envelope::Error) -> Kind {
    use envelope::Error as E;
    match error {
        E::Format(error) => of_format(error),
        E::Key(error) => of_key(error),
        E::Payload(error) => of_engine(error),
        E::HeaderTampered | E::MetadataTampered | E::MetadataMalformed(_) | E::WrongSha256 => Kind::Tampered,
        E::NoGenerationLeft | E::NoSlotLeft => Kind::InvalidInput,
        E::WriteFailedBefore => Kind::Io,
        E::Io(error) => of_io(error),
    }
}

fn of_model(error: &model::Error) -> Kind {
    use model::Error as E;
    match error {
        E::Envelope(error) => of_envelope(error),
        E::Key(error) => of_key(error),
        E::Io { source, .. } | E::Lock { source, .. } => of_io(source),
        E::Pattern { .. }
        | E::Config { .. }
        | E::NotAFile(_)
        | E::NeverTaken { .. }
        | E::OutputInside { .. }
        | E::OutputCollision(_)
        | E::NameTooLong(_)
        | E::HuggingFaceCache(_)
        | E::NoEnding
        | E::NotOneTree
        | E::SameKey => Kind::InvalidInput,
        E::Plaintext | E::LeadsOut => Kind::PolicyViolation,
        E::At { source, .. } => of_model(source),
        E::OtherKey(_) => Kind::WrongKey,
        E::PlaintextDiffers
        | E::Renamed(_)
        | E::Nameless
        | E::SidecarTampered(_)
        | E::HeaderCopy(_)
        | E::PayloadSha256 => Kind::Tampered,
        E::InTheWay(_) | E::Differs => Kind::AlreadyExists,
        E::HardLinked(_)
        | E::Moved(_)
        | E::StageUnfinished
        | E::Changed
        | E::DiskFull { .. }
        | E::StageStopped
        | E::Claimed(_)
        | E::Interrupted => Kind::Io,
    }
}

fn of_presign(error: &presign::Error) -> Kind {
    use presign::Error as E;
    match error {
        E::Endpoint(_)
        | E::PlainHttp(_)
        | E::Region(_)
        | E::Bucket(_)
        | E::Key(_)
        | E::Method(_)
        | E::HeaderName
        | E::Header { .. }
        | E::ReservedParameter(_)
        | E::Credential(_)
        | E::Lifetime { .. }
        | E::Time
        | E::PassphraseKey
        | E::KeyId(_)
        | E::Url(_) => Kind::InvalidInput,
        E::CredentialExpired => Kind::NoKey,
        E::TooLittleLife { .. } | E::Source(_) => Kind::Unavailable,
        E::Malformed(_) | E::WrongSignature => Kind::Tampered,
        E::Expired | E::NotYetValid | E::LivesTooLong | E::WrongMethod | E::KeyRevoked => {
            Kind::PolicyViolation
        }
    }
}

#[cfg(unix)]
fn of_guard(error: &crate::guard::Error) -> Kind {
    use crate::guard::Error as E;
    match error {
        E::Model(error) => of_model(error),
        E::Io { source, .. } => of_io(source),
        E::NoRoom { .. } | E::Abandoned | E::Kept { .. } => Kind::Io,
        E::NotInMemory(_) | E::Swappable(_) => Kind::PolicyViolation,
        E::NoMemfd | E::NoProc(_) => Kind::Unavailable,
        E::ReadOnly | E::ReadOnlyPlace => Kind::InvalidInput,
    }
}

#[cfg(feature = "credentials")]
fn of_credential(error: &crate::credentials::Error) -> Kind {
    use crate::credentials::Error as E;
    match error {
        E::Key(error) => of_key(error),
        E::NotFound(_)
        | E::Inactive(_)
        | E::NoVersion { .. }
        | E::NoField { .. }
        | E::NobodyAnswered { .. } => Kind::NotFound,
        E::AlreadyExists(_) => Kind::AlreadyExists,
        E::Expired { .. } | E::GraceOver { .. } | E::CheckFailed { .. } => Kind::PolicyViolation,
        E::Invalid { .. } | E::ReadOnly(_) | E::Rotation { .. } | E::Entry { .. } => Kind::InvalidInput,
        E::Unavailable { .. } => Kind::Unavailable,
        E::Tampered { .. } => Kind::Tampered,
        E::Truncated(_) => Kind::Truncated,
        E::Unsupported { .. } => Kind::Unsupported,
        E::LoosePermissions { .. } => Kind::PermissionDenied,
        E::Io { source, .. } | E::Random(source) => of_io(source),
        E::Database { .. } | E::Audit { .. } => Kind::Io,
    }
}

fn of_tensors(error: &tensors::Error) -> Kind {
    use tensors::Error as E;
    match error {
        E::Read(error) => of_io(error),
        E::Truncated(_) => Kind::Truncated,
        // Not `Tampered`: from a sealed file these bytes are authentic, and still no safetensors.
        E::Malformed(_)
        | E::Json { .. }
        | E::MalformedTensor { .. }
        | E::UnknownDtype { .. }
        | E::MalformedGguf(_)
        | E::MalformedGgufTensor { .. }
        | E::GgufVersion(_) => Kind::Unsupported,
        E::NoTensor(_) => Kind::NotFound,
        E::TooManyIndices { .. } | E::OutOfRange { .. } | E::Misaligned | E::BufferLen { .. } => {
            Kind::InvalidInput
        }
    }
}

fn of_scan(error: &scan::Error) -> Kind {
    use scan::Error as E;
    match error {
        E::Read(error) | E::Walk(error) | E::Random(error) | E::BaselineFile { source: error, .. } => {
            of_io(error)
        }
        E::Tensors(error) => of_tensors(error),
        E::NotAFile | E::Baseline { .. } => Kind::InvalidInput,
        E::NoGit(_) => Kind::Unavailable,
        E::Git(_) => Kind::Io,
    }
}

fn of_io(error: &io::Error) -> Kind {
    // A sealed file read as a source of plaintext wraps its own errors.
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<envelope::Error>()) {
        return of_envelope(inner);
    }
    match error.kind() {
        io::ErrorKind::NotFound => Kind::NotFound,
        io::ErrorKind::AlreadyExists => Kind::AlreadyExists,
        io::ErrorKind::PermissionDenied => Kind::PermissionDenied,
        _ => Kind::Io,
    }
}
