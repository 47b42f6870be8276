//! One error over all parts, and what a caller may do about it.

use std::io;

#[cfg(feature = "credentials")]
use crate::credentials;
#[cfg(unix)]
use crate::guard;
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
    Guard(#[from] guard::Error),
    /// Of masking.
    #[error(transparent)]
    Mask(#[from] mask::Error),
    /// Of a credential.
    #[cfg(feature = "credentials")]
    #[error(transparent)]
    Credential(#[from] credentials::Error),
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
            Self::Mask(error) => of_mask(error),
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

fn of_format(error: &format::Error) -> ErrorKind {
    use format::Error as E;
    match error {
        E::Truncated => ErrorKind::Truncated,
        E::NotSealed | E::Unsupported { .. } => ErrorKind::Unsupported,
        E::PlaintextTooLong(_) | E::NoRoom(_) => ErrorKind::InvalidInput,
        E::NoValidCopy | E::Malformed(_) | E::Contradiction(_) | E::TooManyIterations(_) => {
            ErrorKind::Tampered
        }
    }
}

fn of_engine(error: &engine::Error) -> ErrorKind {
    use engine::Error as E;
    match error {
        E::WrongPayload | E::Chunk(_) | E::Trailing => ErrorKind::Tampered,
        E::Truncated => ErrorKind::Truncated,
        E::SourceShrank | E::Interrupted => ErrorKind::Io,
        E::TooLong => ErrorKind::InvalidInput,
        E::Read(error) | E::Write(error) => of_io(error),
    }
}

fn of_key(error: &keys::Error) -> ErrorKind {
    use keys::Error as E;
    match error {
        E::NoSlotOpens => ErrorKind::WrongKey,
        E::SlotTampered => ErrorKind::Tampered,
        E::Format(error) => of_format(error),
        E::NoKey | E::NoVariable(_) | E::Command(_) | E::NotInKeyring(_) => ErrorKind::NoKey,
        E::KeyringUnavailable(_) | E::KeyringLocked | E::KeyringSilent => ErrorKind::Unavailable,
        E::InKeyring(_) => ErrorKind::AlreadyExists,
        E::LoosePermissions { .. } => ErrorKind::PermissionDenied,
        E::File { source, .. } if source.kind() == io::ErrorKind::NotFound => ErrorKind::NoKey,
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
        | E::TooManyIterations(_) => ErrorKind::InvalidInput,
    }
}

fn of_envelope(error: &envelope::Error) -> ErrorKind {
    use envelope::Error as E;
    match error {
        E::Format(error) => of_format(error),
        E::Key(error) => of_key(error),
        E::Payload(error) => of_engine(error),
        E::HeaderTampered | E::MetadataTampered | E::MetadataMalformed(_) | E::WrongSha256 => {
            ErrorKind::Tampered
        }
        E::NoGenerationLeft | E::NoSlotLeft => ErrorKind::InvalidInput,
        E::WriteFailedBefore => ErrorKind::Io,
        E::Io(error) => of_io(error),
    }
}

fn of_model(error: &model::Error) -> ErrorKind {
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
        | E::SameKey => ErrorKind::InvalidInput,
        E::Plaintext | E::LeadsOut => ErrorKind::PolicyViolation,
        E::At { source, .. } => of_model(source),
        E::OtherKey(_) => ErrorKind::WrongKey,
        E::PlaintextDiffers
        | E::Renamed(_)
        | E::Nameless
        | E::SidecarTampered(_)
        | E::HeaderCopy(_)
        | E::PayloadSha256 => ErrorKind::Tampered,
        E::InTheWay(_) | E::Differs => ErrorKind::AlreadyExists,
        E::HardLinked(_)
        | E::Moved(_)
        | E::StageUnfinished
        | E::Changed
        | E::DiskFull { .. }
        | E::StageStopped
        | E::Claimed(_)
        | E::Interrupted => ErrorKind::Io,
    }
}

fn of_presign(error: &presign::Error) -> ErrorKind {
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
        | E::Url(_) => ErrorKind::InvalidInput,
        E::CredentialExpired => ErrorKind::NoKey,
        E::TooLittleLife { .. } | E::Source(_) => ErrorKind::Unavailable,
        E::Malformed(_) | E::WrongSignature => ErrorKind::Tampered,
        E::Expired | E::NotYetValid | E::LivesTooLong | E::WrongMethod | E::KeyRevoked => {
            ErrorKind::PolicyViolation
        }
    }
}

#[cfg(unix)]
fn of_guard(error: &guard::Error) -> ErrorKind {
    use guard::Error as E;
    match error {
        E::Model(error) => of_model(error),
        E::Io { source, .. } => of_io(source),
        E::NoRoom { .. } | E::Abandoned | E::Kept { .. } => ErrorKind::Io,
        E::NotInMemory(_) | E::Swappable(_) => ErrorKind::PolicyViolation,
        E::NoMemfd | E::NoProc(_) => ErrorKind::Unavailable,
        E::ReadOnly | E::ReadOnlyPlace => ErrorKind::InvalidInput,
    }
}

fn of_mask(error: &mask::Error) -> ErrorKind {
    use mask::Error as E;
    match error {
        E::TooShort | E::TooMany => ErrorKind::InvalidInput,
    }
}

#[cfg(feature = "credentials")]
fn of_credential(error: &credentials::Error) -> ErrorKind {
    use credentials::Error as E;
    match error {
        E::Key(error) => of_key(error),
        E::NotFound(_)
        | E::Inactive(_)
        | E::NoVersion { .. }
        | E::NoField { .. }
        | E::NobodyAnswered { .. } => ErrorKind::NotFound,
        E::AlreadyExists(_) => ErrorKind::AlreadyExists,
        E::Expired { .. } | E::GraceOver { .. } | E::CheckFailed { .. } => ErrorKind::PolicyViolation,
        E::Invalid { .. } | E::ReadOnly(_) | E::Rotation { .. } | E::Entry { .. } => ErrorKind::InvalidInput,
        E::Unavailable { .. } => ErrorKind::Unavailable,
        E::Tampered { .. } => ErrorKind::Tampered,
        E::Truncated(_) => ErrorKind::Truncated,
        E::Unsupported { .. } => ErrorKind::Unsupported,
        E::LoosePermissions { .. } => ErrorKind::PermissionDenied,
        E::Io { source, .. } | E::Random(source) => of_io(source),
        E::Database { .. } | E::Audit { .. } => ErrorKind::Io,
    }
}

fn of_tensors(error: &tensors::Error) -> ErrorKind {
    use tensors::Error as E;
    match error {
        E::Read(error) => of_io(error),
        E::Truncated(_) => ErrorKind::Truncated,
        // Not `Tampered`: from a sealed file these bytes are authentic, and still no safetensors.
        E::Malformed(_)
        | E::Json { .. }
        | E::MalformedTensor { .. }
        | E::UnknownDtype { .. }
        | E::MalformedGguf(_)
        | E::MalformedGgufTensor { .. }
        | E::GgufVersion(_) => ErrorKind::Unsupported,
        E::NoTensor(_) => ErrorKind::NotFound,
        E::TooManyIndices { .. } | E::OutOfRange { .. } | E::Misaligned | E::BufferLen { .. } => {
            ErrorKind::InvalidInput
        }
    }
}

fn of_scan(error: &scan::Error) -> ErrorKind {
    use scan::Error as E;
    match error {
        E::Read(error) | E::Walk(error) | E::Random(error) => of_io(error),
        E::BaselineFile { source, .. } => of_io(source),
        E::Tensors(error) => of_tensors(error),
        E::NotAFile | E::Baseline { .. } => ErrorKind::InvalidInput,
        E::NoGit(_) => ErrorKind::Unavailable,
        E::Git(_) => ErrorKind::Io,
    }
}

fn of_io(error: &io::Error) -> ErrorKind {
    // A sealed file read as a source of plaintext wraps its own errors.
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<envelope::Error>()) {
        return of_envelope(inner);
    }
    match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        _ => ErrorKind::Io,
    }
}
