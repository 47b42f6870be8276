//! `decrypt`: sealed files become plaintexts again.

use super::item::Item;
use super::locks::Locks;
use super::model_dir::ModelDir;
use super::options::{DecryptOptions, Destination};
use super::plan::{Action, Plan, Step};
use super::report::{Outcome, Report};
use super::retire::retire;
use super::scan::Scan;
use super::sealed::{SealedFile, not_sealed, remove_sidecar};
use super::{Error, compare, execute, links, names, output, sidecar};
use crate::base::{Progress, open_regular, sync_dir};
use crate::keys::MasterKey;

impl ModelDir {
    /// What [`decrypt`](Self::decrypt) would do.
    pub fn plan_decrypt(&self, options: &DecryptOptions) -> Result<Plan, Error> {
        let roots = self.following(options.follow)?;
        let view = roots.view()?;
        links::refuse_caches(&view.scan, options.follow)?;
        output::refuse_inside(&roots.roots, &options.destination)?;
        let copies = matches!(options.destination, Destination::Tree(_));
        let steps = view.scan.items.values().filter_map(|item| {
            let action = match action(item, options) {
                Some(Action::Skip) | None if copies => Action::Copy,
                action => action?,
            };
            Some(Step { path: item.shown().to_owned(), action, plaintext_len: item.plaintext_len() })
        });
        let mut steps: Vec<_> = steps.collect();
        steps.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Plan { steps, notices: view.notices })
    }

    /// Opens the sealed files. In place, sidecar and sealed file are removed once the plaintext is whole and
    /// synced; what a run that was killed has begun is finished.
    pub fn decrypt(
        &self,
        key: &MasterKey,
        options: &DecryptOptions,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        let roots = self.following(options.follow)?;
        output::refuse_inside(&roots.roots, &options.destination)?;
        let inspect = |scan: &Scan| links::refuse_caches(scan, options.follow);
        if let Destination::Tree(out) = &options.destination {
            let view = roots.view()?;
            inspect(&view.scan)?;
            return output::decrypt(&roots, view, out, key, options, progress);
        }
        let session = roots.session(Some(key), inspect, progress)?;
        let items: Vec<_> =
            session.scan.items.values().filter(|item| action(item, options).is_some()).collect();
        progress.begin(items.len() as u64, items.iter().map(|item| item.plaintext_len()).sum());
        let run = Run { key, options, locks: &session.locks, progress };
        let mut report = session.report;
        report.files.extend(execute::for_each(&items, progress, |item, notices| run.item(item, notices)));
        if options.follow {
            let direction = links::Direction::ToPlain { keep: options.destination == Destination::Beside };
            report.files.extend(links::follow(&session.scan, &roots.roots, direction, progress));
        }
        Ok(report)
    }
}

/// What is done with `item`; `None`: it is none of this run's.
fn action(item: &Item, options: &DecryptOptions) -> Option<Action> {
    match &item.sealed_form {
        None => item.named.then_some(Action::Skip),
        Some(_) if !item.sealed_wanted => None,
        Some(sealed) if !sealed.ours => Some(Action::Foreign),
        Some(_) if item.plain_form.is_some() && options.destination == Destination::InPlace => {
            Some(Action::Finish)
        }
        Some(_) => Some(Action::Decrypt),
    }
}

struct Run<'a> {
    key: &'a MasterKey,
    options: &'a DecryptOptions,
    locks: &'a Locks,
    progress: &'a dyn Progress,
}

impl Run<'_> {
    fn item(&self, item: &Item, notices: &mut Vec<String>) -> Result<Outcome, Error> {
        match &item.sealed_form {
            None => return Ok(Outcome::AlreadyDone),
            Some(sealed) if !sealed.ours => return Err(not_sealed()),
            Some(_) => {}
        }
        let sealed =
            SealedFile::open(&item.sealed, self.key, item.naming(self.options.allow_renamed), notices)?;
        let standing = sidecar::check(&item.sidecar(), sealed.subject());
        let outcome = self.bring_plaintext(item, &sealed, notices)?;
        // The plaintext is safe; what was tampered with stays for somebody to look at.
        standing.accept()?;
        if self.options.destination == Destination::InPlace {
            self.locks.check(names::parent(&item.plain))?;
            remove_sidecar(&item.sidecar())?;
            retire(&item.sealed, &sealed.identity)?;
        }
        Ok(outcome)
    }

    fn bring_plaintext(
        &self,
        item: &Item,
        sealed: &SealedFile,
        notices: &mut Vec<String>,
    ) -> Result<Outcome, Error> {
        if item.plain_form.is_none() {
            sealed.open_to(&item.plain, self.locks, notices, self.progress)?;
            return Ok(Outcome::Decrypted);
        }
        let plain = open_regular(&item.plain).map_err(Error::io("opening", &item.plain))?;
        if !compare::holds(&sealed.reader, &plain, self.progress)? {
            return Err(Error::Differs);
        }
        // It is about to be the only one.
        plain
            .sync_all()
            .and_then(|()| sync_dir(names::parent(&item.plain)))
            .map_err(Error::io("syncing", &item.plain))?;
        let in_place = self.options.destination == Destination::InPlace;
        Ok(if in_place { Outcome::Decrypted } else { Outcome::AlreadyDone })
    }
}
