//! The log's file and how lines get into it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::boot::{self, Boot};
use super::line::{Access, Actor, Line, Outcome};
use super::tail::{Broken, Tail};
use crate::base::{Identity, Secret, link_free_rename, parent_dir, sync_dir};
use crate::credentials::stores::vault::{Head, Vault};
use crate::credentials::{CredentialStore, Error};

/// The audit log of a vault, and of the keyring used beside it.
pub struct AuditLog {
    pub(super) vault: Arc<Vault>,
    pub(super) key: Secret<32>,
    pub(super) checkpoints: PathBuf,
    pub(super) boot: Boot,
    path: PathBuf,
    sync: Sync,
}

/// Which lines are on the medium before an access goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sync {
    /// Those that say that a change begins.
    #[default]
    Changes,
    /// All. Costs two writes to the medium for every read.
    Always,
}

impl AuditLog {
    /// The log of `vault`: `VAULT.audit.jsonl`, with its checkpoints in `VAULT.checkpoints.jsonl`.
    #[must_use]
    pub fn of(vault: Arc<Vault>) -> Self {
        let mut checkpoints = vault.path().into_os_string();
        checkpoints.push(".checkpoints.jsonl");
        let (path, checkpoints) = (Self::path_of(&vault.path()), checkpoints.into());
        Self {
            key: vault.derive("audit"),
            vault,
            checkpoints,
            boot: boot::present(),
            path,
            sync: Sync::Changes,
        }
    }

    /// Where the log of the vault at `vault` is.
    #[must_use]
    pub fn path_of(vault: &Path) -> PathBuf {
        let mut name = vault.as_os_str().to_owned();
        name.push(".audit.jsonl");
        name.into()
    }

    /// Keeps checkpoints at another place, best one that the users of the vault cannot write to.
    #[must_use]
    pub fn checkpoints_at(mut self, path: impl Into<PathBuf>) -> Self {
        self.checkpoints = path.into();
        self
    }

    /// Which lines are waited for.
    #[must_use]
    pub fn sync(mut self, sync: Sync) -> Self {
        self.sync = sync;
        self
    }

    /// Says which start of the machine this is, by 16 bytes that are others in another one: where the system does not
    /// tell, as Linux does. Lines that nobody waited for are lost by a power cut and not while the machine runs on.
    #[must_use]
    pub fn boot(mut self, boot: [u8; 16]) -> Self {
        self.boot = boot;
        self
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts an access on record; returns the number of its line. When this fails, the access must not take place.
    pub fn append(&self, access: &Access<'_>) -> Result<u64, Error> {
        let file = self.locked()?;
        let head = self.vault.audit_head()?;
        let len = file.metadata().map_err(|error| self.unwritten(&error))?.len();
        let tail =
            Tail::find(&file, len, &head, &self.boot, &self.key).map_err(|broken| self.broken(broken))?;
        if tail.fragment_len > 0 {
            file.set_len(tail.len).map_err(|error| self.unwritten(&error))?;
        }
        let mut head = head;
        let is_ahead = tail.seq > head.seq;
        (head.seq, head.mac) = (tail.seq, tail.mac);
        if is_ahead {
            // Before there is another line: of several that the vault does not know, none but the last could have
            // been left by a program that was killed.
            file.sync_data().map_err(|error| self.unwritten(&error))?;
            (head.synced_seq, head.boot) = (head.seq, self.boot);
            self.vault.set_audit_head(&head)?;
        }
        let mut len = tail.len;
        if tail.fragment_len > 0 || tail.lost.is_some() {
            len = self.write(
                &file,
                len,
                &mut head,
                &recovery(&tail, &access.actor.correlation).access(),
                true,
            )?;
        }
        // What is changed waits for its line.
        let synced = access.outcome == Outcome::Begun || self.sync == Sync::Always;
        self.write(&file, len, &mut head, access, synced)?;
        Ok(head.seq)
    }

    /// Puts the log aside, whatever was found in it, and begins a new one, whose first line names the old one and
    /// its SHA-256 and goes on with its numbers. Returns where the old one is.
    pub fn start_anew(&self, actor: &Actor) -> Result<Option<PathBuf>, Error> {
        let mut head = self.vault.audit_head()?;
        let exists = self.path.symlink_metadata().is_ok();
        let old = if exists { Some(self.put_aside()?) } else { None };
        let file = self.locked()?;
        let named = |old: &PathBuf| -> io::Result<String> {
            let hash = crate::crypto::sha256(&fs::read(old)?);
            let name = old.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(format!("{name}, SHA-256 {}", data_encoding::HEXLOWER.encode(&hash)))
        };
        let reason = old.as_ref().map(named).transpose().map_err(|error| self.unwritten(&error))?;
        let access = Access {
            actor,
            action: RESTART,
            store: self.vault.name(),
            name: None,
            version: None,
            outcome: Outcome::Ok,
            reason,
        };
        self.write(&file, 0, &mut head, &access, true)?;
        Ok(old)
    }

    /// Renames the log to a name that is free.
    fn put_aside(&self) -> Result<PathBuf, Error> {
        let _file = self.locked()?;
        for number in 1..u32::MAX {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{number}"));
            match link_free_rename(&self.path, Path::new(&name)) {
                Ok(()) => return Ok(name.into()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(self.unwritten(&error)),
            }
        }
        Err(self.unwritten(&io::ErrorKind::AlreadyExists.into()))
    }

    /// Writes a line at the end, which is at `len`, and has the vault remember it; returns the new end.
    fn write(
        &self,
        mut file: &File,
        len: u64,
        head: &mut Head,
        access: &Access<'_>,
        synced: bool,
    ) -> Result<u64, Error> {
        let line = Line::after((head.seq, &head.mac), access, self.vault.now(), synced, &self.key);
        let bytes = line.to_bytes();
        let written = file.write_all(&bytes).and_then(|()| if synced { file.sync_data() } else { Ok(()) });
        if let Err(error) = written {
            // Half a line would be taken for the trace of a crash.
            let _ = file.set_len(len);
            return Err(self.unwritten(&error));
        }
        (head.seq, head.mac) = (line.seq, line.mac_bytes().expect("a line of ours has a MAC"));
        head.boot = self.boot;
        if synced {
            head.synced_seq = head.seq;
        }
        self.vault.set_audit_head(head)?;
        Ok(len + bytes.len() as u64)
    }

    /// The log, opened for appending, ours alone until it is dropped.
    fn locked(&self) -> Result<File, Error> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
            options.custom_flags(
                (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed(),
            );
        }
        loop {
            let opened = (|| {
                let file = options.open(&self.path)?;
                file.lock()?;
                let metadata = file.metadata()?;
                if !metadata.is_file() {
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
                }
                if metadata.len() == 0 {
                    sync_dir(parent_dir(&self.path))?;
                }
                // While it was waited for, it may have been put aside.
                let present = self.path.symlink_metadata();
                let is_present =
                    present.is_ok_and(|now| Identity::of(&now).same_file(&Identity::of(&metadata)));
                Ok((is_present || cfg!(not(unix))).then_some(file))
            })();
            match opened {
                Ok(Some(file)) => return Ok(file),
                Ok(None) => {}
                Err(error) => return Err(self.unwritten(&error)),
            }
        }
    }

    fn unwritten(&self, error: &io::Error) -> Error {
        Error::Audit { path: self.path.clone(), reason: error.to_string() }
    }

    fn broken(&self, broken: Broken) -> Error {
        match broken {
            Broken::Io(error) => self.unwritten(&error),
            Broken::Tampered(what) => Error::Tampered {
                store: "audit log".into(),
                what: format!("`{}`: {what}", self.path.display()),
            },
        }
    }
}

/// A line that says what a crash has taken.
struct Recovery {
    actor: Actor,
    reason: String,
}

impl Recovery {
    fn access(&self) -> Access<'_> {
        Access {
            actor: &self.actor,
            action: RECOVER,
            store: "vault",
            name: None,
            version: None,
            outcome: Outcome::Ok,
            reason: Some(self.reason.clone()),
        }
    }
}

fn recovery(tail: &Tail, correlation: &str) -> Recovery {
    let mut parts = Vec::new();
    if tail.fragment_len > 0 {
        parts.push(format!("{} bytes of an unfinished line removed", tail.fragment_len));
    }
    if let Some((first, last)) = tail.lost {
        parts.push(format!("{LINES}{first} to {last}{LOST}"));
    }
    let actor = Actor { name: "modelcrypt".into(), correlation: correlation.to_owned() };
    Recovery { actor, reason: parts.join("; ") }
}

/// The lines that this one says a crash has taken: first and last.
pub(super) fn owned_up(line: &Line) -> Option<(u64, u64)> {
    let reason = line.reason.as_deref().filter(|_| line.action == RECOVER)?;
    let (first, last) = reason.strip_suffix(LOST)?.rsplit_once(LINES)?.1.split_once(" to ")?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

const LINES: &str = "lines ";
const LOST: &str = " are lost";
/// The first line of a log that follows another one.
pub(super) const RESTART: &str = "restart";
/// The line after those that a crash has taken.
const RECOVER: &str = "recover";
