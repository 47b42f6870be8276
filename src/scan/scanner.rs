//! Many files at once, in the order of their names.

use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::baseline::Baseline;
use super::error::Error;
use super::file::{self, Scanned, Skipped};
use super::spotter::Spotter;
use super::staged::{self, Blobs};
use super::summary::{Failed, Report};
use super::walk::walk;
use crate::base::open_regular;
use crate::mask::{Finder, Severity};

/// Scans files for secrets. Reports what is found with medium or high [confidence](crate::mask::Confidence).
#[derive(Debug)]
pub struct Scanner {
    finder: Finder,
    min_severity: Severity,
    baseline: Option<Baseline>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self { finder: Finder::default(), min_severity: Severity::Low, baseline: None }
    }
}

impl Scanner {
    /// One that reports everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves out what is less severe.
    #[must_use]
    pub fn min_severity(self, min_severity: Severity) -> Self {
        Self { min_severity, ..self }
    }

    /// Sets apart what `baseline` knows.
    #[must_use]
    pub fn baseline(self, baseline: Baseline) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// The baseline with what `report`, a report of this scanner, found and no longer found. `None` if it has none.
    #[must_use]
    pub fn into_updated_baseline(self, report: &Report) -> Option<Baseline> {
        let mut baseline = self.baseline?;
        baseline.update(report, self.min_severity);
        Some(baseline)
    }

    /// Scans files, and directories as git sees them: hidden files too, ignored ones not, nothing of `.git`, no links.
    /// A path that is named is scanned whatever ignores it.
    #[must_use]
    pub fn scan(&self, paths: &[PathBuf]) -> Report {
        let walked = walk(paths);
        let files: Vec<PathBuf> = walked.files.into_iter().filter(|path| !self.is_baseline(path)).collect();
        let scanned: Vec<_> = files.par_iter().map(|path| self.scan_file(path)).collect();
        let mut report = Report { roots: walked.roots, failures: walked.failures, ..Report::default() };
        for (path, scanned) in files.into_iter().zip(scanned) {
            self.add(&mut report, path, scanned);
        }
        report.failures.sort_by(|a, b| a.path.cmp(&b.path));
        report
    }

    /// Scans what is staged in the git repository that the directory `dir` is in, under `paths` if there are any. The
    /// paths of the report lead from `dir` to the files.
    pub fn scan_staged(&self, dir: &Path, paths: &[PathBuf]) -> Result<Report, Error> {
        let mut report = Report::default();
        let staged = staged::list(dir, paths)?;
        if staged.is_empty() {
            return Ok(report);
        }
        let mut blobs = Blobs::open(dir)?;
        for staged in staged.into_iter().filter(|staged| !self.is_baseline(&dir.join(&staged.path))) {
            let scanned = blobs.read(&staged, MAX_STAGED_LEN).and_then(|(content, len)| {
                let spotter = self.spotter(&dir.join(&staged.path));
                let known_len = content.len() as u64;
                let mut scanned = file::scan(&staged.path, &content.as_slice(), known_len, &spotter)?;
                if known_len < len {
                    scanned.notice = Some("staged, and looked through up to 256 MiB only".into());
                }
                Ok(scanned)
            });
            self.add(&mut report, staged.path, scanned);
        }
        Ok(report)
    }

    fn scan_file(&self, path: &Path) -> Result<Scanned, Error> {
        // One that is named may be a link.
        let target =
            if path.is_symlink() { path.canonicalize().map_err(Error::Read)? } else { path.to_owned() };
        let file = open_regular(&target).map_err(Error::Read)?;
        let len = file.metadata().map_err(Error::Read)?.len();
        file::scan(path, &file, len, &self.spotter(path))
    }

    fn spotter(&self, path: &Path) -> Spotter<'_> {
        Spotter {
            finder: &self.finder,
            min_severity: self.min_severity,
            stamp: self.baseline.as_ref().map(|baseline| baseline.stamp(path)),
        }
    }

    fn is_baseline(&self, path: &Path) -> bool {
        self.baseline.as_ref().is_some_and(|baseline| baseline.is_at(path))
    }

    fn add(&self, report: &mut Report, path: PathBuf, scanned: Result<Scanned, Error>) {
        let scanned = match scanned {
            Ok(scanned) => scanned,
            Err(error) => return report.failures.push(Failed::new(path, error)),
        };
        report.allowed += scanned.allowed;
        report.bytes += scanned.bytes;
        if let Some(notice) = scanned.notice {
            report.notices.push(format!("{}: {notice}", path.display()));
        }
        for finding in scanned.findings {
            let baseline = self.baseline.as_ref().zip(finding.fingerprint);
            if baseline.is_some_and(|(baseline, fingerprint)| baseline.knows(&fingerprint)) {
                report.known.push(finding);
            } else {
                report.findings.push(finding);
            }
        }
        match scanned.skipped {
            None => report.scanned.push(path),
            Some(Skipped::Binary) => report.binary += 1,
            Some(Skipped::Sealed) => report.sealed += 1,
        }
    }
}

/// Bytes of a staged file: they are held in memory.
const MAX_STAGED_LEN: u64 = 256 << 20;
