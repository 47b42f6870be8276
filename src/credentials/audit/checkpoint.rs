//! Signed marks of how far a log had come, kept at a second place.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::line::canonical;
use super::log::AuditLog;
use super::report::{AuditReport, Finding};
use crate::base::open_regular;
use crate::credentials::{CredentialStore, Error, Moment};
use crate::crypto::{SignatureKey, is_signed};
use crate::keys::label;

/// A line of the checkpoint file. Who has the public key can check it without any other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The id of the vault.
    pub vault: String,
    /// The last line of the log.
    pub seq: u64,
    /// Its MAC.
    pub mac: String,
    /// When.
    pub time: Moment,
    /// Ed25519 (RFC 8032), in hexadecimal.
    pub public_key: String,
    /// Over `L("audit-checkpoint")` and the RFC 8785 form of all other fields.
    pub signature: String,
}

impl AuditLog {
    /// Verifies the log and, if nobody has tampered with it, signs how far it has come.
    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        let report = self.verify()?;
        if let Some(finding) = report.findings.iter().find(|finding| finding.is_tampering()) {
            return Err(Error::Tampered { store: "audit log".into(), what: finding.to_string() });
        }
        let head = self.vault.audit_head()?;
        let key = self.signature_key();
        let mut checkpoint = Checkpoint {
            vault: HEXLOWER.encode(&self.vault.id()),
            seq: head.seq,
            mac: HEXLOWER.encode(&head.mac),
            time: self.vault.now(),
            public_key: HEXLOWER.encode(&key.public_key()),
            signature: String::new(),
        };
        checkpoint.signature = HEXLOWER.encode(&key.sign(&checkpoint.message()));
        self.write_checkpoint(&checkpoint).map_err(self.unkept("writing"))?;
        Ok(checkpoint)
    }

    /// What checkpoints of this vault are verified with.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.signature_key().public_key()
    }

    /// The checkpoints that hold: number of the line and its MAC.
    pub(super) fn read_checkpoints(
        &self,
        report: &mut AuditReport,
    ) -> Result<BTreeMap<u64, [u8; 32]>, Error> {
        let text = match open_regular(&self.checkpoints).and_then(io::read_to_string) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(self.unkept("reading")(error)),
        };
        let public_key = self.public_key();
        let mut marks = BTreeMap::new();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let mark = serde_json::from_str::<Checkpoint>(line).ok().and_then(|checkpoint| {
                let signature = HEXLOWER.decode(checkpoint.signature.as_bytes()).ok()?.try_into().ok()?;
                let is_own = checkpoint.vault == HEXLOWER.encode(&self.vault.id());
                let holds = is_own && is_signed(&public_key, &checkpoint.message(), &signature);
                let mac = HEXLOWER.decode(checkpoint.mac.as_bytes()).ok()?.try_into().ok()?;
                holds.then_some((checkpoint.seq, mac))
            });
            match mark {
                Some((0, _)) => report.checkpoints += 1,
                Some((seq, mac)) => {
                    report.checkpoints += 1;
                    if marks.insert(seq, mac).is_some_and(|other| other != mac) {
                        report.findings.push(Finding::Rewritten { seq });
                    }
                }
                None if !line.ends_with('\n') => {
                    report.findings.push(Finding::CutByCrash { bytes: line.len() as u64 });
                }
                None => report.findings.push(Finding::ForgedCheckpoint { line: index as u64 + 1 }),
            }
        }
        Ok(marks)
    }

    fn write_checkpoint(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        }
        let mut file = options.open(&self.checkpoints)?;
        file.lock()?;
        // A piece of a line is what a crash has left: the next one begins where that had begun.
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole_len = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole_len < text.len() {
            file.set_len(whole_len as u64)?;
        }
        let mut line = canonical(checkpoint);
        line.push(b'\n');
        file.write_all(&line)?;
        file.sync_all()
    }

    fn signature_key(&self) -> SignatureKey {
        SignatureKey::new(&self.vault.derive("audit-signature"))
    }

    fn unkept(&self, doing: &'static str) -> impl FnOnce(io::Error) -> Error {
        let path = self.checkpoints.clone();
        move |source| Error::Io { doing, path, source }
    }
}

impl Checkpoint {
    /// The bytes that are signed.
    fn message(&self) -> Vec<u8> {
        let mut value = serde_json::to_value(self).expect("text and numbers serialize");
        value.as_object_mut().map(|fields| fields.remove("signature"));
        [label("audit-checkpoint"), canonical(&value)].concat()
    }
}
