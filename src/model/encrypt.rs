//! `encrypt`: plaintexts become sealed files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::item::Item;
use super::locks::lock_shared;
use super::model_dir::ModelDir;
use super::options::{Destination, EncryptOptions};
use super::plan::{Action, Plan, Step};
use super::report::{Outcome, Report};
use super::retire::retire;
use super::scan::Scan;
use super::seal_file::{Placement, Plaintext, ReadBack, Sealing};
use super::sealed::{SealedFile, remove_sidecar};
use super::{Error, compare, execute, links, names, output};
use crate::base::{Progress, sync_dir};
use crate::envelope::{Opener, Sealer};
use crate::keys::{self, MasterKey};

impl ModelDir {
    /// What [`encrypt`](Self::encrypt) would do.
    pub fn plan_encrypt(&self, options: &EncryptOptions) -> Result<Plan, Error> {
        let roots = self.following(options.follow)?;
        let view = roots.view()?;
        links::refuse_caches(&view.scan, options.follow)?;
        output::refuse_inside(&roots.roots, &options.destination)?;
        let mut steps: Vec<_> = view
            .scan
            .items
            .values()
            .filter_map(|item| {
                let action = action(item, options);
                let action = match (action, &options.destination) {
                    (Some(Action::Encrypt), _) => Action::Encrypt,
                    (_, Destination::Tree(_)) => Action::Copy,
                    (action, _) => action?,
                };
                Some(Step { path: item.shown().to_owned(), action, plaintext_len: item.plaintext_len() })
            })
            .collect();
        steps.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Plan { steps, notices: view.notices })
    }

    /// Seals the plaintexts. In place, each is removed once its sealed file was read back and is safe; what
    /// a run that was killed has begun is finished.
    ///
    /// Stops before anything is touched if the tree holds sealed files and `key` opens none of them.
    pub fn encrypt(
        &self,
        key: &MasterKey,
        options: &EncryptOptions,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        let roots = self.following(options.follow)?;
        output::refuse_inside(&roots.roots, &options.destination)?;
        let inspect = |scan: &Scan| {
            links::refuse_caches(scan, options.follow)?;
            refuse_other_key(scan, &roots.roots, key)
        };
        if let Destination::Tree(out) = &options.destination {
            let view = roots.view()?;
            inspect(&view.scan)?;
            return output::encrypt(&roots, view, out, key, options, progress);
        }
        let session = roots.session(Some(key), inspect, progress)?;
        let items: Vec<_> =
            session.scan.items.values().filter(|item| action(item, options).is_some()).collect();
        let iterations = roots.iterations(options.iterations, &session.policies);
        let sealer = Sealer::with_iterations(key, iterations)?.checksum(options.checksum);
        let sealing = Sealing {
            sealer: &sealer,
            key,
            publish_sha256: options.publish_sha256,
            locks: &session.locks,
            progress,
        };
        let run = Run { sealing, options };
        progress.begin(items.len() as u64, items.iter().map(|item| run.cost(item)).sum());
        let mut report = session.report;
        report.files.extend(execute::for_each(&items, progress, |item, notices| run.item(item, notices)));
        if options.follow {
            let direction = links::Direction::ToSealed { keep: options.destination == Destination::Beside };
            report.files.extend(links::follow(&session.scan, &roots.roots, direction, progress));
        }
        Ok(report)
    }
}

/// What is done with `item`; `None`: it is none of this run's.
fn action(item: &Item, options: &EncryptOptions) -> Option<Action> {
    let plain = item.plain_form.is_some();
    match &item.sealed_form {
        None => (plain && item.plain_wanted).then_some(Action::Encrypt),
        Some(sealed) if plain && item.plain_wanted => {
            Some(if sealed.ours && options.destination == Destination::InPlace {
                Action::Finish
            } else {
                Action::Encrypt
            })
        }
        Some(_) if plain => None,
        Some(sealed) if !sealed.ours => item.sealed_wanted.then_some(Action::Foreign),
        Some(_) => item.sealed_wanted.then_some(Action::Skip),
    }
}

/// One tree does not end under two keys by accident; nor do the named files of one directory.
fn refuse_other_key(scan: &Scan, roots: &[PathBuf], key: &MasterKey) -> Result<(), Error> {
    let mut trees: BTreeMap<&Path, Vec<&Item>> = BTreeMap::new();
    for item in scan.items.values().filter(|item| item.is_ours()) {
        let tree = if item.named { names::parent(&item.sealed) } else { &roots[item.root] };
        trees.entry(tree).or_default().push(item);
    }
    for items in trees.into_values() {
        let mut sealed_count = 0;
        for item in items {
            // What is damaged is reported when its turn comes; it says nothing about the key.
            let Ok(opener) = Opener::open(&item.sealed) else { continue };
            match keys::unwrap(key, &opener.header().slots, &opener.header().core) {
                Ok(_) => {
                    sealed_count = 0;
                    break;
                }
                Err(keys::Error::NoSlotOpens) => sealed_count += 1,
                Err(_) => {}
            }
        }
        if sealed_count > 0 {
            return Err(Error::OtherKey(sealed_count));
        }
    }
    Ok(())
}

struct Run<'a> {
    sealing: Sealing<'a>,
    options: &'a EncryptOptions,
}

impl Run<'_> {
    fn in_place(&self) -> bool {
        self.options.destination == Destination::InPlace
    }

    /// Bytes that will be gone over: in place, everything is read back.
    fn cost(&self, item: &Item) -> u64 {
        match (&item.plain_form, &item.sealed_form) {
            (Some(plain), None) if self.in_place() => 2 * plain.identity.len(),
            (Some(plain), _) => plain.identity.len(),
            (None, _) => 0,
        }
    }

    fn item(&self, item: &Item, notices: &mut Vec<String>) -> Result<Outcome, Error> {
        self.sealing.locks.check(names::parent(&item.plain))?;
        match (&item.plain_form, &item.sealed_form) {
            (Some(_), None) => self.seal(item, None, notices),
            (Some(_), Some(sealed)) if !sealed.ours => Err(Error::InTheWay(item.sealed.clone())),
            (Some(_), Some(_)) => self.finish(item, notices),
            (None, Some(sealed)) if !sealed.ours => Ok(Outcome::Foreign),
            (None, _) => self.keep(item, notices),
        }
    }

    fn seal(
        &self,
        item: &Item,
        replaces: Option<&SealedFile>,
        notices: &mut Vec<String>,
    ) -> Result<Outcome, Error> {
        let plaintext = Plaintext::open(&item.plain, self.options.allow_hardlinks)?;
        let read_back = if self.in_place() { ReadBack::Yes } else { ReadBack::No };
        if !self.in_place() {
            lock_shared(&plaintext.file, &item.plain, self.sealing.progress)?;
        }
        let replaces = replaces.map(|sealed| &sealed.reader);
        let placement = Placement { path: &item.sealed, replaces, read_back };
        self.sealing.seal_plaintext(&plaintext, &item.plain, &placement, notices)?;
        if self.in_place() {
            let removed = retire(&item.plain, &plaintext.identity);
            if matches!(removed, Err(Error::Changed)) && replaces.is_none() {
                // What was just sealed is not what stands there now: leave all as it was.
                remove_sidecar(&item.sidecar())?;
                std::fs::remove_file(&item.sealed).map_err(Error::io("removing", &item.sealed))?;
                sync_dir(names::parent(&item.sealed))
                    .map_err(Error::io("syncing the directory of", &item.sealed))?;
            }
            removed?;
        }
        Ok(Outcome::Encrypted)
    }

    /// Both forms stand: the plaintext goes only if the sealed file holds every byte of it.
    fn finish(&self, item: &Item, notices: &mut Vec<String>) -> Result<Outcome, Error> {
        let sealed = SealedFile::open(&item.sealed, self.sealing.key, item.naming(false), notices)?;
        let plaintext = Plaintext::open(&item.plain, self.options.allow_hardlinks)?;
        if !compare::holds(&sealed.reader, &plaintext.file, self.sealing.progress)? {
            return if self.options.update {
                self.seal(item, Some(&sealed), notices)
            } else {
                Err(Error::Differs)
            };
        }
        sealed.keep_sidecar(&item.sidecar(), notices, self.sealing.progress)?;
        if !self.in_place() {
            return Ok(Outcome::AlreadyDone);
        }
        sealed.sync(&item.sealed)?;
        self.sealing.locks.check(names::parent(&item.plain))?;
        retire(&item.plain, &plaintext.identity)?;
        Ok(Outcome::Encrypted)
    }

    /// The sealed file stands alone.
    fn keep(&self, item: &Item, notices: &mut Vec<String>) -> Result<Outcome, Error> {
        let sealed = SealedFile::open(&item.sealed, self.sealing.key, item.naming(false), notices)?;
        sealed.keep_sidecar(&item.sidecar(), notices, self.sealing.progress)?;
        Ok(Outcome::AlreadyDone)
    }
}
