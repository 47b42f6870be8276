//! What is known and accepted: a file that names no secret and still tells a new one from an old one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::fingerprint::{Fingerprint, Stamp};
use super::summary::Report;
use crate::base::{Temporary, fill_random, parent_dir};
use crate::mask::{Severity, rule};

/// Findings that are known and accepted.
///
/// The key of its fingerprints is random and stands in the file itself. So the file cannot be looked up in a table,
/// and two baselines have nothing in common; but whoever has it can try guesses at a secret against it. A generated
/// secret cannot be guessed; a short password can. Change leaked secrets, then accept them.
#[derive(Debug)]
pub struct Baseline {
    path: PathBuf,
    key: [u8; 32],
    entries: BTreeMap<Fingerprint, Entry>,
}

/// What is told of a finding so that people can read a baseline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    path: String,
    rule: String,
}

impl Baseline {
    /// Reads the one at `path`.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = fs::read(path).map_err(|source| file_error(path, source))?;
        let fault = |fault: String| Error::Baseline { path: path.to_owned(), fault };
        let document: Document = serde_json::from_slice(&text)
            .map_err(|error| fault(format!("line {}, column {}", error.line(), error.column())))?;
        if document.schema != SCHEMA {
            return Err(fault("its schema is another".into()));
        }
        let bytes = |text: &str| -> Result<[u8; 32], Error> {
            let decoded = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
            decoded.ok_or_else(|| fault("a fingerprint or the key is not 64 digits of hex".into()))
        };
        let mut entries = BTreeMap::new();
        for Line { fingerprint, path, rule } in document.findings {
            entries.insert(Fingerprint::from_bytes(bytes(&fingerprint)?), Entry { path, rule });
        }
        Ok(Self { path: path.to_owned(), key: bytes(&document.fingerprint_key)?, entries })
    }

    /// The one at `path`, or an empty one where nothing is.
    pub fn load_or_new(path: &Path) -> Result<Self, Error> {
        match Self::load(path) {
            Err(Error::BaselineFile { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let mut key = [0; 32];
                fill_random(&mut key).map_err(Error::Random)?;
                Ok(Self { path: path.to_owned(), key, entries: BTreeMap::new() })
            }
            loaded => loaded,
        }
    }

    /// How many findings it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Accepts what `report` found, and forgets what it looked for and did not find: a secret that is gone, a file
    /// that is gone. What the scan did not come by stays: other files, files it could not read, rules below
    /// `min_severity`.
    pub fn update(&mut self, report: &Report, min_severity: Severity) {
        let names = |paths: &mut dyn Iterator<Item = &Path>| -> BTreeSet<String> {
            paths.map(|path| self.name_of(path)).collect()
        };
        let scanned = names(&mut report.scanned.iter().map(PathBuf::as_path));
        let failed = names(&mut report.failures.iter().map(|failed| failed.path.as_path()));
        let roots = names(&mut report.roots.iter().map(PathBuf::as_path));
        let found: BTreeMap<Fingerprint, Entry> = report
            .findings
            .iter()
            .chain(&report.known)
            .filter_map(|finding| {
                let entry = Entry { path: self.name_of(&finding.path), rule: finding.rule.id.clone() };
                Some((finding.fingerprint?, entry))
            })
            .collect();
        self.entries.retain(|_, entry| {
            let was_passed = scanned.contains(&entry.path)
                || (!failed.contains(&entry.path) && roots.iter().any(|root| is_under(&entry.path, root)));
            !was_passed || rule(&entry.rule).is_some_and(|rule| rule.severity < min_severity)
        });
        self.entries.extend(found);
    }

    /// Writes it to its file, which is never seen half written.
    pub fn write(&self) -> Result<(), Error> {
        let mut findings: Vec<(&Entry, &Fingerprint)> =
            self.entries.iter().map(|(fingerprint, entry)| (entry, fingerprint)).collect();
        findings.sort();
        let document = Document {
            schema: SCHEMA.into(),
            fingerprint_key: HEXLOWER.encode(&self.key),
            findings: findings
                .into_iter()
                .map(|(entry, fingerprint)| Line {
                    path: entry.path.clone(),
                    rule: entry.rule.clone(),
                    fingerprint: fingerprint.to_hex(),
                })
                .collect(),
        };
        let text = serde_json::to_string_pretty(&document).expect("text and lists serialize");
        replace(&self.path, (text + "\n").as_bytes()).map_err(|source| file_error(&self.path, source))
    }

    pub(super) fn knows(&self, fingerprint: &Fingerprint) -> bool {
        self.entries.contains_key(fingerprint)
    }

    /// Whether `path` is the baseline itself, which has no secrets and looks as if it had.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.path.file_name() == path.file_name() && absolute(&self.path) == absolute(path)
    }

    /// What makes fingerprints of the findings in the file at `path`.
    pub(super) fn stamp(&self, path: &Path) -> Stamp {
        Stamp::new(&self.key, &self.name_of(path))
    }

    /// The path as the baseline has it: from the baseline's directory on, with slashes, so that it is the same
    /// wherever the scan is started and wherever the tree lies.
    fn name_of(&self, path: &Path) -> String {
        let (path, base) = (absolute(path), absolute(parent_dir(&self.path)));
        let name = path.strip_prefix(&base).unwrap_or(&path);
        name.to_string_lossy().replace('\\', "/")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    fingerprint_key: String,
    findings: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    rule: String,
    fingerprint: String,
}

fn file_error(path: &Path, source: io::Error) -> Error {
    Error::BaselineFile { path: path.to_owned(), source }
}

fn is_under(path: &str, root: &str) -> bool {
    root.is_empty() || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

/// From the root on, without `.` and `..`; links stay as they are.
fn absolute(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}

/// Baselines are committed: a new one is readable as other files are.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = Temporary::create_in(parent_dir(path))?;
    let mut file = temporary.file();
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = path.metadata().map_or(0o644, |found| found.permissions().mode() & 0o777);
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.sync_all()?;
    temporary.persist_over(path)?;
    Ok(())
}

const SCHEMA: &str = "modelcrypt/scan-baseline/v1";
