//! A verb's view of the trees: scanned, locked, scanned again under the locks, and tidied up.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::locks::Locks;
use super::model_dir::ModelDir;
use super::pattern::{Matcher, Origin};
use super::recover::recover;
use super::report::{FileReport, Report, StatusReport};
use super::scan::Scan;
use super::{Error, Policy, links, names};
use crate::base::Progress;
use crate::format::limits::DEFAULT_ITERATIONS;
use crate::keys::MasterKey;

/// The trees as they stand, ours alone for as long as this lives.
pub(super) struct Session {
    pub(super) scan: Scan,
    pub(super) policies: Vec<Policy>,
    /// Whether everything could be looked at.
    pub(super) is_complete: bool,
    /// What tidying up has brought.
    pub(super) report: Report,
    pub(super) locks: Locks,
}

/// The trees as they stand at a glance; others may change them.
pub(super) struct View {
    pub(super) scan: Scan,
    pub(super) policies: Vec<Policy>,
    pub(super) matchers: Vec<Matcher>,
    pub(super) notices: Vec<String>,
}

impl ModelDir {
    /// Looks without locking, for verbs that write nothing there.
    pub(super) fn view(&self) -> Result<View, Error> {
        let mut notices = Vec::new();
        let mut policies = Vec::new();
        let mut matchers = Vec::new();
        for root in &self.roots {
            let (policy, origin) = match &self.policy {
                Some(policy) => (policy.clone(), Origin::User),
                None => (Policy::of_directory(root, &mut notices)?.unwrap_or_default(), Origin::Directory),
            };
            matchers.push(Matcher::new(&self.selection, &policy, origin)?);
            policies.push(policy);
        }
        let mut scan = Scan::of(&self.roots, &matchers, self.key_file.as_deref())?;
        if self.follow {
            let targets = links::targets(&scan, &self.roots);
            let sealed_wanted = links::sealed_wanted(&scan, &self.roots);
            for (plain, item) in &mut scan.items {
                item.plain_wanted |= targets.contains(plain);
                item.sealed_wanted = sealed_wanted(item);
            }
        }
        if !scan.left_out.is_empty() {
            let names: Vec<_> = scan.left_out.iter().map(|path| path.display().to_string()).collect();
            notices.push(format!("the directory's configuration leaves out {}", names.join(", ")));
        }
        Ok(View { scan, policies, matchers, notices })
    }

    /// PBKDF2 iterations for new slots: those asked for, or those of the user's configuration. A directory's
    /// own configuration, one of `policies`, may raise them and never lower them.
    pub(super) fn iterations(&self, asked: Option<u32>, policies: &[Policy]) -> u32 {
        if let Some(vouched) = &self.policy {
            return asked.or(vouched.iterations).unwrap_or(DEFAULT_ITERATIONS);
        }
        let raised = policies.iter().filter_map(|policy| policy.iterations).max();
        asked.unwrap_or(DEFAULT_ITERATIONS).max(raised.unwrap_or(0))
    }

    /// Locks every directory that holds a file to be worked on, asks `inspect` whether to go on, and tidies
    /// up.
    pub(super) fn session(
        &self,
        key: Option<&MasterKey>,
        inspect: impl Fn(&Scan) -> Result<(), Error>,
        progress: &dyn Progress,
    ) -> Result<Session, Error> {
        let mut locks = Locks::default();
        let mut view = self.view()?;
        for attempt in 0.. {
            let dirs = dirs(&view.scan);
            match locks.cover(dirs.iter()) {
                Ok(()) => break,
                Err(error) if attempt == MAX_LOCKINGS => return Err(error),
                Err(_) => {}
            }
            // Nothing is held while more is waited for: no two runs can wait for each other.
            drop(locks);
            locks = Locks::take(dirs, progress)?;
            view = self.view()?;
        }
        inspect(&view.scan)?;
        let mut files = recover(&view.scan.leftovers, key, progress);
        if !files.is_empty() {
            view = self.view()?;
        }
        let View { mut scan, policies, notices, .. } = view;
        let failures = failures(&mut scan);
        let is_complete = failures.is_empty();
        files.extend(failures);
        Ok(Session { scan, is_complete, policies, report: Report { files, notices }, locks })
    }
}

impl View {
    pub(super) fn into_status(self) -> StatusReport {
        StatusReport { files: Vec::new(), notices: self.notices }
    }

    /// What could not even be looked at, for a report.
    pub(super) fn failures(&mut self) -> Vec<FileReport> {
        failures(&mut self.scan)
    }
}

fn failures(scan: &mut Scan) -> Vec<FileReport> {
    let failures = std::mem::take(&mut scan.failures).into_iter();
    failures
        .map(|(path, error)| FileReport { path, outcome: Err(error), plaintext_len: 0, notices: Vec::new() })
        .collect()
}

fn dirs(scan: &Scan) -> BTreeSet<PathBuf> {
    let items = scan.items.values().filter(|item| item.plain_wanted || item.sealed_form.is_some());
    items
        .map(|item| &item.plain)
        .chain(scan.leftovers.keys())
        .chain(scan.links.iter().map(|link| &link.path))
        .map(|path| names::parent(path).to_owned())
        .collect()
}

/// A tree whose directories are replaced faster than they are locked is left alone.
const MAX_LOCKINGS: u32 = 100;
