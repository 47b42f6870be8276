//! A verb's view of the trees: scanned, locked, scanned again under the locks, and tidied up.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::locks::Locks;
use super::model_dir::ModelDir;
use super::pattern::Matcher;
use super::recover::recover;
use super::report::{Report, StatusReport};
use super::scan::Scan;
use super::{Error, Policy, links, names};
use crate::base::Progress;
use crate::format::limits::DEFAULT_ITERATIONS;
use crate::keys::MasterKey;

/// The trees as they stand, ours alone for as long as this lives.
pub(super) struct Session {
    pub(super) scan: Scan,
    pub(super) policies: Vec<Policy>,
    /// What tidying up has brought.
    pub(super) report: Report,
    _locks: Locks,
}

/// The trees as they stand at a glance; others may change them.
pub(super) struct View {
    pub(super) scan: Scan,
    pub(super) policies: Vec<Policy>,
    pub(super) notices: Vec<String>,
}

impl ModelDir {
    /// Looks without locking, for verbs that write nothing there.
    pub(super) fn view(&self) -> Result<View, Error> {
        let mut notices = Vec::new();
        let mut policies = Vec::new();
        let mut matchers = Vec::new();
        for root in &self.roots {
            let policy = match &self.policy {
                Some(policy) => policy.clone(),
                None => Policy::of_directory(root, &mut notices)?.unwrap_or_default(),
            };
            matchers.push(Matcher::new(&self.selection, policy.patterns.as_deref(), &policy.exclude)?);
            policies.push(policy);
        }
        let scan = Scan::of(&self.roots, &matchers, self.key_file.as_deref())?;
        if !scan.left_out.is_empty() {
            let names: Vec<_> = scan.left_out.iter().map(|path| path.display().to_string()).collect();
            notices.push(format!("the configuration leaves out {}", names.join(", ")));
        }
        Ok(View { scan, policies, notices })
    }

    /// Locks every directory that holds a file to be worked on, and `more` of them; tidies up.
    pub(super) fn session(
        &self,
        more: &[PathBuf],
        key: Option<&MasterKey>,
        progress: &dyn Progress,
    ) -> Result<Session, Error> {
        let mut locks = Locks::default();
        let mut view = self.view()?;
        loop {
            let dirs = dirs(&view.scan, &self.roots, more);
            if locks.cover(dirs.iter()) {
                break;
            }
            // Nothing is held while more is waited for: no two runs can wait for each other.
            drop(locks);
            locks = Locks::take(dirs, progress)?;
            view = self.view()?;
        }
        let files = recover(&view.scan.leftovers, key, progress);
        if !files.is_empty() {
            view = self.view()?;
        }
        let View { scan, policies, notices } = view;
        Ok(Session { scan, policies, report: Report { files, notices }, _locks: locks })
    }

    /// PBKDF2 iterations for new slots: those asked for, or those of the user's configuration. A directory's
    /// own configuration, one of `policies`, may raise them and never lower them.
    pub(super) fn iterations(&self, asked: Option<u32>, policies: &[Policy]) -> u32 {
        match &self.policy {
            Some(vouched) => asked.or(vouched.iterations).unwrap_or(DEFAULT_ITERATIONS),
            None => {
                let raised = policies.iter().filter_map(|policy| policy.iterations).max();
                asked.unwrap_or(DEFAULT_ITERATIONS).max(raised.unwrap_or(0))
            }
        }
    }
}

impl View {
    pub(super) fn into_status(self) -> StatusReport {
        StatusReport { files: Vec::new(), notices: self.notices }
    }
}

fn dirs(scan: &Scan, roots: &[PathBuf], more: &[PathBuf]) -> BTreeSet<PathBuf> {
    let linked = links::targets(scan, roots, true);
    let items = scan
        .items
        .values()
        .filter(|item| item.plain_wanted || item.sealed_form.is_some() || linked.contains(&item.plain));
    items
        .map(|item| &item.plain)
        .chain(scan.leftovers.iter().map(|leftover| &leftover.path))
        .chain(scan.links.iter().map(|link| &link.path))
        .map(|path| names::parent(path).to_owned())
        .chain(more.iter().cloned())
        .collect()
}
