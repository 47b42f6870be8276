//! `reencrypt`: every file sealed anew under a new file key. The plaintext passes through memory only.

use super::attributes::{self, Attributes};
use super::item::Item;
use super::locks::Locks;
use super::model_dir::ModelDir;
use super::options::ReencryptOptions;
use super::report::{Outcome, Report};
use super::seal_file::{Input, Placement, ReadBack, Sealing};
use super::sealed::{SealedFile, not_sealed};
use super::sidecar::{self, Standing};
use super::{Error, execute};
use crate::base::Progress;
use crate::envelope::{self, Sealer, Source};
use crate::keys::{self, MasterKey};

impl ModelDir {
    /// Seals every file anew under a fresh file key, and under `new` if it is given: who kept the old file
    /// keys or headers is locked out of what is there from now on, not of copies they made.
    pub fn reencrypt(
        &self,
        old: &MasterKey,
        new: Option<&MasterKey>,
        options: &ReencryptOptions,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        if new.is_some_and(|new| old.is_same(new)) {
            return Err(Error::SameKey);
        }
        let session = self.with_whole_caches().session(Some(old), |_| Ok(()), progress)?;
        let items = session.scan.sealed_items();
        progress.begin(items.len() as u64, items.iter().map(|item| 2 * item.plaintext_len()).sum());
        let iterations = self.iterations(options.iterations, &session.policies);
        let sealer = Sealer::with_iterations(new.unwrap_or(old), iterations)?;
        let run = Run { old, new, sealer, options, locks: &session.locks, progress };
        let mut report = session.report;
        report.files.extend(execute::for_each(&items, progress, |item, notices| run.item(item, notices)));
        Ok(report)
    }
}

struct Run<'a> {
    old: &'a MasterKey,
    new: Option<&'a MasterKey>,
    sealer: Sealer<'a>,
    options: &'a ReencryptOptions,
    locks: &'a Locks,
    progress: &'a dyn Progress,
}

impl Run<'_> {
    fn item(&self, item: &Item, notices: &mut Vec<String>) -> Result<Outcome, Error> {
        if !item.is_ours() {
            return Err(not_sealed());
        }
        let names = item.naming(self.options.allow_renamed);
        let sealed = match (SealedFile::open(&item.sealed, self.old, names, notices), self.new) {
            (Err(Error::Envelope(envelope::Error::Key(keys::Error::NoSlotOpens))), Some(new)) => {
                // An interrupted run got this far.
                let done = SealedFile::open(&item.sealed, new, names, notices)?;
                done.keep_sidecar(&item.sidecar(), notices, self.progress)?;
                return Ok(Outcome::AlreadyDone);
            }
            (opened, _) => opened?,
        };
        let metadata = sealed.reader.metadata();
        let header = sealed.reader.header();
        let by_old = keys::opening_slots(self.old, &header.slots, &header.core)?;
        let others = by_old.iter().filter(|&&opens| !opens).count();
        let known = match sidecar::check(&item.sidecar(), sealed.subject()) {
            Standing::Valid(known) | Standing::Stale(known) => known,
            Standing::Lost => {
                notices.push("the sidecar was lost and has been made again".into());
                sidecar::OpenChecksums::default()
            }
            Standing::Tampered(fields) => return Err(Error::SidecarTampered(fields)),
            Standing::NotOurs => return Err(Error::InTheWay(item.sidecar())),
        };
        let input = Input {
            bytes: &sealed.reader,
            about: Source {
                plaintext_len: sealed.reader.len(),
                name: metadata.name.clone(),
                mode: metadata.mode,
                mtime_ns: metadata.mtime_ns,
                key_since: self.new.is_none().then(|| metadata.key_since.clone()),
            },
            like: sealed.reader.source(),
            attributes: Attributes { mode: None, modified: metadata.mtime_ns.and_then(attributes::time_of) },
        };
        let placement =
            Placement { path: &item.sealed, replaces: Some(&sealed.reader), read_back: ReadBack::Yes };
        let sealer = self.sealer.with_policy(metadata.checksum);
        let sealing = Sealing {
            sealer: &sealer,
            key: self.new.unwrap_or(self.old),
            publish_sha256: known.publish_plaintext,
            locks: self.locks,
            progress: self.progress,
        };
        sealing.seal(input, &placement, || Ok(()), notices)?;
        if others > 0 {
            notices.push(format!("{others} other key slots are gone: they do not open the new file key"));
        }
        Ok(Outcome::Reencrypted)
    }
}
