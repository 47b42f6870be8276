//! Runs a verb over many files: some at a time, each to its own end; one that fails stops no other.

use std::sync::{Mutex, PoisonError};

use super::Error;
use super::item::Item;
use super::report::{FileReport, Outcome};
use crate::base::{Progress, for_each_at_once};

/// Does `work` for each of `items` and reports in their order. `work` may add notices.
pub(super) fn for_each<I: Subject + Sync>(
    items: &[I],
    progress: &dyn Progress,
    work: impl Fn(&I, &mut Vec<String>) -> Result<Outcome, Error> + Sync,
) -> Vec<FileReport> {
    let reports = Mutex::new(Vec::with_capacity(items.len()));
    for_each_at_once(items, |item| {
        let mut notices = Vec::new();
        let outcome =
            if progress.is_cancelled() { Err(Error::Interrupted) } else { work(item, &mut notices) };
        let word = outcome.as_ref().map_or("failed", |outcome| outcome.word());
        progress.file_finished(item.path(), word, item.plaintext_len());
        let report = FileReport {
            path: item.path().to_owned(),
            outcome,
            plaintext_len: item.plaintext_len(),
            notices,
        };
        reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
    });
    let mut reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    reports.sort_by(|a, b| a.path.cmp(&b.path));
    reports
}

/// Something that a report is about.
pub(super) trait Subject {
    fn path(&self) -> &std::path::Path;
    fn plaintext_len(&self) -> u64;
}

impl Subject for &Item {
    fn path(&self) -> &std::path::Path {
        self.shown()
    }

    fn plaintext_len(&self) -> u64 {
        Item::plaintext_len(self)
    }
}
