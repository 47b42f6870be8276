//! The next thing to type, for each error of a credential that has one.

use super::human::{printable, quoted};
use crate::credentials::Error as E;

/// What to do about `error`, if anything can be typed.
pub(super) fn of(error: &E) -> Option<String> {
    Some(match error {
        E::NotFound(_) | E::NobodyAnswered { .. } => {
            "`modelcrypt cred list` shows what there is; `modelcrypt cred set NAME` keeps a new one".into()
        }
        E::AlreadyExists(name) => format!("`modelcrypt cred set {name}` gives it a new secret"),
        E::Inactive(name) => format!("`modelcrypt cred restore {name}` gives it again"),
        E::Expired { name, .. } => {
            format!("`modelcrypt cred rotate {name} --stdin` gives it a new secret")
        }
        E::GraceOver { name, .. } => {
            format!("`modelcrypt cred rollback {name}` makes the previous version the current one again")
        }
        E::NoVersion { name, .. } => format!("`modelcrypt cred history {name}` shows its versions"),
        E::NoField { name, .. } => {
            format!("`modelcrypt cred list --json` shows the fields of `{}`", printable(name))
        }
        E::ReadOnly(_) => "pass --store vault or --store keyring to keep it there".into(),
        E::Unavailable { .. } => "pass --store to name another store".into(),
        E::Tampered { .. } | E::Truncated(_) => "restore the vault from a copy".into(),
        E::Unsupported { .. } => {
            "export MODELCRYPT_VAULT with the path of a vault; a newer modelcrypt may read this one".into()
        }
        E::LoosePermissions { path, mode: _ } if path.is_dir() => format!("`chmod 700 {}`", quoted(path)),
        E::LoosePermissions { path, .. } => format!("`chmod 600 {}`", quoted(path)),
        E::CheckFailed { .. } => {
            "run the check by itself to see what it says; the current secret is as before".into()
        }
        E::Audit { .. } => "make its folder writable: without a record no secret is given".into(),
        E::Invalid { .. }
        | E::Database { .. }
        | E::Io { .. }
        | E::Entry { .. }
        | E::Rotation { .. }
        | E::Random(_)
        | E::Key(_) => return None,
    })
}
