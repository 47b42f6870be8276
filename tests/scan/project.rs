//! A directory of one's own, with files in it, and what a scan finds there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use modelcrypt::scan::{Finding, Report, Scanner};
use tempfile::TempDir;

/// A token of a vendor's form that opens nothing: the parts are joined here, so that no scanner finds it in this file.
pub(crate) fn token() -> String {
    ["hf_", "AbCdEfGhKqZtYwVuM", "nPrSxLjQoIeRaTyWq"].concat()
}

/// A line that has a secret by its name.
pub(crate) fn secret_line() -> String {
    format!("password = \"{PASSWORD}\"")
}

pub(crate) const PASSWORD: &str = "hunter2Zq9xLw3Kp8v";

/// Removed when it is dropped.
pub(crate) struct Project {
    dir: TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// One that git keeps.
    pub(crate) fn of_git() -> Self {
        let project = Self::new();
        project.git(&["init", "--quiet"]);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.dir.path().to_owned() } else { self.dir.path().join(name) }
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn git(&self, args: &[&str]) {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.dir.path()).args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
        for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            git.env_remove(variable);
        }
        let ran = git.args(args).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    pub(crate) fn scan(&self) -> Report {
        self.scan_with(&Scanner::new())
    }

    pub(crate) fn scan_with(&self, scanner: &Scanner) -> Report {
        scanner.scan(&[self.path("")])
    }

    /// The finding in a file of this name with this content, which is the only one.
    #[track_caller]
    pub(crate) fn only(&self, name: &str, content: impl AsRef<[u8]>) -> Finding {
        self.write(name, content);
        let report = Scanner::new().scan(&[self.path(name)]);
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
        finding.clone()
    }

    /// The names of the files with findings.
    pub(crate) fn found_in(&self, report: &Report) -> Vec<String> {
        let name = |finding: &Finding| self.name(&finding.path);
        let mut names: Vec<String> = report.findings.iter().map(name).collect();
        names.dedup();
        names
    }

    pub(crate) fn name(&self, path: &Path) -> String {
        path.strip_prefix(self.dir.path()).unwrap().to_str().unwrap().replace('\\', "/")
    }
}
