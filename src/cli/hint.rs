//! The next thing to type, for each error that has one.

use std::io;
use std::path::Path;

use super::credential_hint;
use super::human::{path as shown, quoted};
#[cfg(unix)]
use crate::guard;
use crate::{Error, credentials, engine, envelope, format, keys, model, presign, scan, tensors};

/// What to do about `error`, if anything can be typed.
pub(super) fn of(error: &Error) -> Option<String> {
    match error {
        Error::Format(error) => of_format(error),
        Error::Engine(error) => of_engine(error),
        Error::Key(error) => of_key(error),
        Error::Envelope(error) => of_envelope(error),
        Error::Model(error) => of_model(error),
        Error::Presign(error) => of_presign(error),
        #[cfg(unix)]
        Error::Guard(error) => of_guard(error),
        Error::Credential(credentials::Error::Key(error)) => of_key(error),
        Error::Credential(error) => credential_hint::of(error),
        Error::Mask(_) => None,
        Error::Tensors(error) => of_tensors(error),
        Error::Scan(error) => of_scan(error),
        Error::Io(error) => of_io(error),
    }
}

/// Every way to give a key.
pub(super) const KEY_SOURCES: &str = "pass --key-file FILE, --passphrase-file FILE, --key-command CMD, \
     --keyring NAME or --key-env VAR, set $MODELCRYPT_KEY, or make a key with `modelcrypt keygen -o FILE`";

fn of_key(error: &keys::Error) -> Option<String> {
    use keys::Error as E;
    Some(match error {
        E::NoSlotOpens => {
            "give the key that the file was sealed with: --key-file FILE, --passphrase-file FILE, \
             --key-command CMD, --keyring NAME or --key-env VAR; `modelcrypt status` shows the ids"
                .into()
        }
        E::NoKey => KEY_SOURCES.into(),
        E::LoosePermissions { path, .. } => {
            format!("`chmod 600 {}`, or pass --allow-loose-permissions", quoted(path))
        }
        E::File { path, source } if source.kind() == io::ErrorKind::NotFound => {
            format!("`modelcrypt keygen -o {}` makes a key", quoted(path))
        }
        E::KeyAsName => {
            "everybody on this machine can read arguments: put the key into a file and name that; if \
             others use the machine, make another key"
                .into()
        }
        E::NoVariable(name) => format!("export {name} with the key in it, or name another source"),
        E::KeyringUnavailable(_)
        | E::KeyringLocked
        | E::KeyringSilent
        | E::NotInKeyring(_)
        | E::InKeyring(_)
        | E::KeyringAmbiguous { .. }
        | E::KeyringTooLong(_)
        | E::KeyringName(_)
        | E::NoKeyring => return of_keyring(error),
        E::BadMasterKey(_) => "copy the key again, whole: mck1_ and 48 characters".into(),
        E::Command(_) => "run the command by itself to see what it prints".into(),
        E::TooFewIterations(_) => "pass --iterations 100000 or more".into(),
        E::TooManyIterations(_) => "pass --iterations 10000000 or less".into(),
        E::SlotTampered => RESTORE.into(),
        E::Format(error) => return of_format(error),
        E::File { source, .. } | E::NotWritten { source, .. } => return of_io(source),
        E::NotRaw | E::Empty | E::NotUtf8 | E::TooLong | E::Random(_) => return None,
    })
}

fn of_keyring(error: &keys::Error) -> Option<String> {
    use keys::Error as E;
    Some(match error {
        E::KeyringUnavailable(_) => {
            "name another source of the key; on Linux the keyring is a Secret Service \
             (GNOME Keyring, KWallet, KeePassXC) in the same D-Bus session"
                .into()
        }
        E::KeyringLocked => {
            "unlock the keyring, as logging in to the desktop does, or name another source".into()
        }
        E::KeyringSilent => {
            "see whether it waits for its password in a window, or name another source".into()
        }
        E::NotInKeyring(name) => {
            format!("`modelcrypt keygen --keyring {}` makes a key", quoted(Path::new(name)))
        }
        E::InKeyring(_) => "choose another name: files may be sealed under the key in it".into(),
        E::KeyringAmbiguous { .. } => "remove all of them but one".into(),
        E::NoKeyring => "build it with `--features keyring`, or name another source of the key".into(),
        _ => return None,
    })
}

fn of_format(error: &format::Error) -> Option<String> {
    use format::Error as E;
    Some(
        match error {
            E::NotSealed => {
                "`modelcrypt status` on its directory shows what is sealed; --exclude leaves a file out"
            }
            E::Truncated => CUT_OFF,
            E::Unsupported { .. } => "a newer modelcrypt may read it",
            E::NoValidCopy | E::Malformed(_) | E::Contradiction(_) | E::TooManyIterations(_) => RESTORE,
            E::NoRoom(_) => "`modelcrypt rewrap --only` drops the keys that nobody needs",
            E::PlaintextTooLong(_) => return None,
        }
        .into(),
    )
}

fn of_engine(error: &engine::Error) -> Option<String> {
    use engine::Error as E;
    Some(
        match error {
            E::WrongPayload | E::Chunk(_) | E::Trailing => RESTORE,
            E::Truncated => CUT_OFF,
            E::SourceShrank => STILL_WRITTEN,
            E::Interrupted => AGAIN,
            E::Read(error) | E::Write(error) => return of_io(error),
            E::TooLong => return None,
        }
        .into(),
    )
}

fn of_envelope(error: &envelope::Error) -> Option<String> {
    use envelope::Error as E;
    match error {
        E::Format(error) => of_format(error),
        E::Key(error) => of_key(error),
        E::Payload(error) => of_engine(error),
        E::HeaderTampered | E::MetadataTampered | E::MetadataMalformed(_) | E::WrongSha256 => {
            Some(RESTORE.into())
        }
        E::NoGenerationLeft => Some("`modelcrypt reencrypt` starts it anew".into()),
        E::WriteFailedBefore => Some(AGAIN.into()),
        E::NoSlotLeft => None,
        E::Io(error) => of_io(error),
    }
}

fn of_model(error: &model::Error) -> Option<String> {
    use model::Error as E;
    Some(match error {
        E::Envelope(error) => return of_envelope(error),
        E::Key(error) => return of_key(error),
        E::Io { source, .. } => return of_io(source),
        E::OtherKey(_) => "give the key that they were sealed with, or keep models under different keys in \
             different directories; `modelcrypt status` shows the ids"
            .into(),
        E::Renamed(name) => format!(
            "rename it back to `{}.enc`, or pass --allow-renamed if you trust the change",
            super::human::printable(name)
        ),
        E::Nameless => "pass --allow-renamed if you trust where it comes from".into(),
        E::HardLinked(_) => "pass --allow-hardlinks; the other names keep the plaintext".into(),
        E::HuggingFaceCache(_) => "pass --follow to seal the blobs and make the links follow".into(),
        E::Changed => STILL_WRITTEN.into(),
        E::Differs => {
            "if the plaintext was changed on purpose, `modelcrypt encrypt --update` seals it anew; \
             else move one of the two away"
                .into()
        }
        E::InTheWay(path) => format!("move `{}` away and run it again", shown(path)),
        E::DiskFull { .. } => "make room and run it again, or write elsewhere with --output DIR".into(),
        E::Lock { .. } => "use a file system that can lock, or copy the files to one".into(),
        E::OutputInside { .. } => "pass --output with a directory outside".into(),
        E::OutputCollision(_) => {
            "run it for one of the two paths at a time, each with its own --output".into()
        }
        E::SidecarTampered(_) => {
            "delete the sidecar if you do not need it: the next verb that writes makes it again".into()
        }
        E::HeaderCopy(_) => {
            "the next `modelcrypt rewrap` or `modelcrypt reencrypt` makes both copies whole".into()
        }
        E::PayloadSha256 => RESTORE.into(),
        E::SameKey => "make another key with `modelcrypt keygen -o FILE`; for new file keys under the same \
             master key, use `modelcrypt reencrypt`"
            .into(),
        E::StageUnfinished => {
            "mend or exclude the file that failed, then run it again with the same keys".into()
        }
        E::NoEnding => "`modelcrypt decrypt - <FILE >PLAINTEXT` opens a file of any name".into(),
        E::Moved(_) => "run it again when nobody moves the directories".into(),
        E::StageStopped => "mend what failed and run it again".into(),
        E::Claimed(path) => {
            format!("compare it with `{}`, keep the right one, remove the other", shown(path))
        }
        E::Plaintext => {
            "`modelcrypt encrypt` seals it; pass --allow-plaintext if you trust who put it there".into()
        }
        E::LeadsOut => "pass --allow-plaintext if you trust what lies there".into(),
        E::PlaintextDiffers => {
            "somebody may have put the plaintext there: remove it, or seal it with `modelcrypt encrypt --update`".into()
        }
        E::NotOneTree => "name one directory".into(),
        E::At { source, .. } => return of_model(source),
        E::Interrupted => AGAIN.into(),
        E::Pattern { .. } => "quote the pattern, like --include '*.bin'".into(),
        E::Config { .. } | E::NotAFile(_) | E::NeverTaken { .. } | E::NameTooLong(_) => return None,
    })
}

fn of_presign(error: &presign::Error) -> Option<String> {
    use presign::Error as E;
    Some(
        match error {
            E::Endpoint(_) => "pass an address like --endpoint https://minio.example:9000",
            E::PlainHttp(_) => "use https, or pass --allow-http if nobody listens on the way",
            E::Region(_) => "pass a region like --region eu-west-1",
            E::Bucket(_) => "pass --path-style for a bucket whose name cannot be part of a host name",
            E::Key(_) => "name an object: s3://BUCKET/KEY",
            E::Method(_) => "pass a method like --method GET",
            E::Credential(_) => "copy the credential again, whole and without quotes or newlines",
            E::CredentialExpired => "get a new credential",
            E::Lifetime { .. } => "pass a life like --expires 15m, of 7d at most",
            E::PassphraseKey => "make a key with `modelcrypt keygen -o FILE` and pass --key-file FILE",
            E::KeyId(_) => "pass an id like --kid 2026-01",
            E::Url(_) => "write the URL as a browser would send it",
            E::WrongSignature => "take the URL whole and as it was signed, and the key that signed it",
            E::Malformed(_) => "take the URL whole and as it was signed",
            E::Expired | E::LivesTooLong | E::WrongMethod | E::KeyRevoked => "sign another URL",
            E::NotYetValid => "use it later; if it should be valid now, set the clock of this machine",
            E::TooLittleLife { .. } => "get a credential that lives longer",
            E::HeaderName => "pass a header like --header content-type:application/octet-stream",
            E::Header { .. } | E::ReservedParameter(_) | E::Time | E::Source(_) => return None,
        }
        .into(),
    )
}

#[cfg(unix)]
fn of_guard(error: &guard::Error) -> Option<String> {
    use guard::Error as E;
    Some(match error {
        E::Model(error) => return of_model(error),
        E::Io { source, .. } => return of_io(source),
        E::NoRoom { .. } => {
            "make room, run where there is more memory, or pass --place DIR with a directory on a disk that \
             may hold the plaintext"
                .into()
        }
        E::NotInMemory(_) => {
            "name a directory of a tmpfs; --place DIR takes any directory, plaintext on a disk included"
                .into()
        }
        E::Swappable(_) => {
            "turn swap off, mount the tmpfs with noswap, or set memory.swap.max of the control group to 0"
                .into()
        }
        E::NoMemfd | E::NoProc(_) => "pass --place tmpfs".into(),
        E::ReadOnly | E::ReadOnlyPlace => "pass --place tmpfs with --write-back".into(),
        E::Kept { path, .. } => {
            format!("mend that, then seal it yourself: `modelcrypt encrypt {}`", quoted(path))
        }
        E::Abandoned => return None,
    })
}

fn of_tensors(error: &tensors::Error) -> Option<String> {
    use tensors::Error as E;
    match error {
        E::Read(error) => of_io(error),
        E::Truncated(_) => Some(CUT_OFF.into()),
        E::UnknownDtype { .. } | E::GgufVersion(_) => Some("a newer modelcrypt may know it".into()),
        _ => None,
    }
}

fn of_scan(error: &scan::Error) -> Option<String> {
    use scan::Error as E;
    match error {
        E::BaselineFile { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            Some("--update-baseline makes one".into())
        }
        E::NoGit(_) | E::Git(_) => Some("without --staged no git is needed".into()),
        E::Tensors(error) => of_tensors(error),
        _ => None,
    }
}

fn of_io(error: &io::Error) -> Option<String> {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<envelope::Error>()) {
        return of_envelope(inner);
    }
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("make room and run it again".into())
        }
        io::ErrorKind::ReadOnlyFilesystem => Some("write elsewhere with --output DIR".into()),
        _ => None,
    }
}

const RESTORE: &str = "restore the file from a copy";
const CUT_OFF: &str = "let the copying finish, or restore the file from a copy";
const STILL_WRITTEN: &str = "run it again when nobody writes to the file";
const AGAIN: &str = "run it again to finish";
