//! `rewrap`: another master key opens the files; file keys and payloads stay. Three stages, so that no file
//! loses its old slot before every file is proven to open by its new one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::execute::{self, Subject};
use super::item::Item;
use super::locks::lock;
use super::model_dir::ModelDir;
use super::options::{RewrapOptions, Stages};
use super::report::{FileReport, Outcome, Report};
use super::sealed::{Naming, SealedFile, check_name, not_sealed};
use super::sidecar::{self, Standing};
use super::{Error, writable};
use crate::base::{Clock, Identity, Progress, SystemClock, to_rfc3339};
use crate::envelope::{self, HeaderEditor, Opener};
use crate::format::{PairState, Slot};
use crate::keys::{self, KeyWrapper, MasterKey};

impl ModelDir {
    /// Makes `new` open every file, and `old` none. File keys and payloads stay, so that the work does not
    /// grow with the files, and whoever kept a file key or an older header with its key is not locked out.
    ///
    /// First every file is unlocked and checked for room: if one fails, nothing is written. Then the new slot
    /// is added everywhere and proven everywhere; only if that held for all is the old one dropped. Each
    /// stage can be run again.
    pub fn rewrap(
        &self,
        old: &MasterKey,
        new: &MasterKey,
        options: &RewrapOptions,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        if old.is_same(new) {
            return Err(Error::SameKey);
        }
        let session = self.with_whole_caches().session(Some(old), |_| Ok(()), progress)?;
        let wrapper = KeyWrapper::new(new, self.iterations(options.iterations, &session.policies))?;
        let items = session.scan.sealed_items();
        progress.begin(items.len() as u64, 0);
        let rewrap = Rewrap { old, new, wrapper, options, progress };
        let mut report = session.report;
        // Where something could not be looked at, a file might be left behind.
        report.files.extend(if session.is_complete {
            rewrap.run(&items)
        } else {
            execute::for_each(&items, progress, |_, _| Err(Error::StageStopped))
        });
        Ok(report)
    }
}

struct Rewrap<'a> {
    old: &'a MasterKey,
    new: &'a MasterKey,
    wrapper: KeyWrapper<'a>,
    options: &'a RewrapOptions,
    progress: &'a dyn Progress,
}

/// A sealed file that is open for writing and locked.
struct Open<'i> {
    item: &'i Item,
    /// Hard links of it.
    other_names: Vec<&'i Item>,
    file: File,
    /// Whether a stage has written to it.
    written: AtomicBool,
}

impl Subject for Open<'_> {
    fn path(&self) -> &Path {
        &self.item.sealed
    }

    fn plaintext_len(&self) -> u64 {
        self.item.plaintext_len()
    }
}

impl Rewrap<'_> {
    fn run(&self, items: &[&Item]) -> Vec<FileReport> {
        // Stage 0: nothing is written unless every file could be.
        let mut opened: Vec<Open<'_>> = Vec::new();
        let mut by_inode = BTreeMap::new();
        let mut failures = Vec::new();
        for item in items {
            // One file under two names is locked once: a second lock would wait for the first for ever.
            let inode =
                fs::symlink_metadata(&item.sealed).ok().and_then(|found| Identity::of(&found).inode());
            let known = inode.and_then(|inode| by_inode.get(&inode).copied());
            let outcome = match known {
                Some(at) => self.add_name(&mut opened[at], item),
                None => self.open(item).map(|open| {
                    by_inode.extend(inode.map(|inode| (inode, opened.len())));
                    opened.push(open);
                }),
            };
            failures.extend(outcome.err().map(|error| (item.sealed.clone(), error)));
        }
        if !failures.is_empty() {
            return stopped(&opened, failures);
        }
        opened.sort_by(|a, b| a.item.sealed.cmp(&b.item.sealed));
        for stage in self.stages() {
            let mut reports = execute::for_each(&opened, &Quiet(self.progress), |open, _| stage(self, open));
            if reports.iter().any(|report| report.outcome.is_err()) {
                for (report, open) in
                    reports.iter_mut().zip(&opened).filter(|(report, _)| report.outcome.is_ok())
                {
                    report.outcome = Err(self.stopped_midway(open));
                }
                return reports;
            }
        }
        execute::for_each(&opened, self.progress, |open, notices| self.finish(open, notices))
    }

    /// A file that has been written to is brought in line with its sidecar, and said to be unfinished.
    fn stopped_midway(&self, open: &Open<'_>) -> Error {
        if !open.is_written() {
            return Error::StageStopped;
        }
        self.finish(open, &mut Vec::new()).err().unwrap_or(Error::StageUnfinished)
    }

    fn stages(&self) -> Vec<Stage<Self>> {
        match self.options.stages {
            Stages::All => vec![Self::add, Self::prove, Self::drop_old],
            Stages::Add => vec![Self::add, Self::prove],
            Stages::Drop => vec![Self::prove, Self::drop_old],
        }
    }

    fn open<'i>(&self, item: &'i Item) -> Result<Open<'i>, Error> {
        if !item.is_ours() {
            return Err(not_sealed());
        }
        if self.progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        sidecar::refuse_to_replace_strangers(&item.sidecar())?;
        let file = writable::open(&item.sealed)?;
        lock(&file, &item.sealed, self.progress)?;
        let metadata = file.metadata().map_err(Error::io("looking at", &item.sealed))?;
        let editor = self.unlock(&file)?;
        // A payload that is cut off or not this header's is not worth a new key: it is unlocked whole.
        let opener = || Opener::new(&file, metadata.len());
        if let Err(error) = opener()?.unlock(self.new) {
            match error {
                envelope::Error::Key(keys::Error::NoSlotOpens) => opener()?.unlock(self.old)?,
                error => return Err(error.into()),
            };
        }
        if item.naming(self.options.allow_renamed) == Naming::Strict {
            check_name(editor.metadata(), &item.sealed)?;
        }
        match self.options.stages {
            Stages::All | Stages::Add => editor.check(&self.slots_with_new(&editor)?)?,
            Stages::Drop => {
                HeaderEditor::unlock(&file, &[self.new])?;
            }
        }
        Ok(Open { item, other_names: Vec::new(), file, written: false.into() })
    }

    fn add_name<'i>(&self, open: &mut Open<'i>, item: &'i Item) -> Result<(), Error> {
        if item.naming(self.options.allow_renamed) == Naming::Strict {
            check_name(self.unlock(&open.file)?.metadata(), &item.sealed)?;
        }
        open.other_names.push(item);
        Ok(())
    }

    fn unlock<'f>(&self, file: &'f File) -> Result<HeaderEditor<'f>, Error> {
        Ok(HeaderEditor::unlock(file, &[self.new, self.old])?)
    }

    /// The slots with one for the new key, which may be there already.
    fn slots_with_new(&self, editor: &HeaderEditor<'_>) -> Result<Vec<Slot>, Error> {
        let header = editor.header();
        let mut slots = header.slots.clone();
        if !keys::opening_slots(self.new, &slots, &header.core)?.contains(&true) {
            slots.push(self.wrapper.wrap(editor.file_key(), &header.core)?);
        }
        Ok(slots)
    }

    fn add(&self, open: &Open<'_>) -> Result<Outcome, Error> {
        let mut editor = self.unlock(&open.file)?;
        let slots = self.slots_with_new(&editor)?;
        if slots.len() > editor.header().slots.len() {
            let mut metadata = editor.metadata().clone();
            metadata.key_since = to_rfc3339(SystemClock.now());
            editor.write(&slots, metadata)?;
            open.mark();
        } else if editor.state() != PairState::Identical {
            editor.heal()?;
            open.mark();
        }
        Ok(Outcome::Rewrapped)
    }

    fn prove(&self, open: &Open<'_>) -> Result<Outcome, Error> {
        let mut editor = HeaderEditor::unlock(&open.file, &[self.new])?;
        if editor.state() != PairState::Identical {
            editor.heal()?;
            open.mark();
        }
        Ok(Outcome::Rewrapped)
    }

    /// Removes the slots that the old key opens, or with `only` all, and never one that the new key opens.
    fn drop_old(&self, open: &Open<'_>) -> Result<Outcome, Error> {
        let mut editor = HeaderEditor::unlock(&open.file, &[self.new])?;
        let header = editor.header();
        let by_new = keys::opening_slots(self.new, &header.slots, &header.core)?;
        let by_old = keys::opening_slots(self.old, &header.slots, &header.core)?;
        let goes = |at: usize| !by_new[at] && (by_old[at] || self.options.only);
        let kept: Vec<Slot> = header
            .slots
            .iter()
            .enumerate()
            .filter(|&(at, _)| !goes(at))
            .map(|(_, slot)| slot.clone())
            .collect();
        if kept.len() < header.slots.len() {
            let metadata = editor.metadata().clone();
            editor.write(&kept, metadata)?;
            open.mark();
        }
        Ok(Outcome::Rewrapped)
    }

    /// The sidecar follows the header, whatever it was before.
    fn finish(&self, open: &Open<'_>, notices: &mut Vec<String>) -> Result<Outcome, Error> {
        let sealed = SealedFile::open(&open.item.sealed, self.new, Naming::Free, notices)?;
        let header = sealed.reader.header();
        let by_new = keys::opening_slots(self.new, &header.slots, &header.core)?;
        let others = by_new.iter().filter(|&&opens| !opens).count();
        if others > 0 && self.options.stages != Stages::Add {
            notices.push(format!("{others} other key slots were kept; `--only` drops them"));
        }
        self.remake_sidecar(open.item, &sealed, notices)?;
        for item in &open.other_names {
            notices.push(format!("is `{}` too", item.sealed.display()));
            self.remake_sidecar(item, &sealed, notices)?;
        }
        Ok(if open.is_written() { Outcome::Rewrapped } else { Outcome::AlreadyDone })
    }

    fn remake_sidecar(
        &self,
        item: &Item,
        sealed: &SealedFile,
        notices: &mut Vec<String>,
    ) -> Result<(), Error> {
        let path = item.sidecar();
        let known = match sidecar::check(&path, sealed.subject()) {
            Standing::Valid(_) => return Ok(()),
            Standing::NotOurs => return Err(Error::InTheWay(path)),
            Standing::Stale(known) => known,
            Standing::Lost => {
                notices.push("the sidecar was lost and has been made again".into());
                sidecar::OpenChecksums::default()
            }
            Standing::Tampered(fields) => {
                notices.push(format!("the sidecar was tampered with ({fields}) and has been made again"));
                sidecar::OpenChecksums::default()
            }
        };
        sealed.write_sidecar(&path, known, self.progress)
    }
}

type Stage<T> = fn(&T, &Open<'_>) -> Result<Outcome, Error>;

impl Open<'_> {
    fn is_written(&self) -> bool {
        self.written.load(Ordering::Relaxed)
    }

    fn mark(&self) {
        self.written.store(true, Ordering::Relaxed);
    }
}

/// The failures, and every other file left as it was.
fn stopped(opened: &[Open<'_>], failures: Vec<(std::path::PathBuf, Error)>) -> Vec<FileReport> {
    let untouched = opened.iter().map(|open| (open.item.sealed.clone(), Error::StageStopped));
    let mut reports: Vec<_> = failures
        .into_iter()
        .chain(untouched)
        .map(|(path, error)| FileReport { path, outcome: Err(error), plaintext_len: 0, notices: Vec::new() })
        .collect();
    reports.sort_by(|a, b| a.path.cmp(&b.path));
    reports
}

/// Heeds a cancellation, tells nothing: a file is finished after its last stage only.
struct Quiet<'a>(&'a dyn Progress);

impl Progress for Quiet<'_> {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
