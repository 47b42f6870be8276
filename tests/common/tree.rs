//! Trees of model files, and reports about them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use modelcrypt::format::limits::MIN_WRITER_ITERATIONS;
use modelcrypt::model::{
    DecryptOptions, Destination, EncryptOptions, Outcome, ReencryptOptions, Report, RewrapOptions, State,
    StatusReport,
};
use modelcrypt::{ErrorKind, MasterKey, ModelDir, Silent};

/// A directory of its own, gone when it is dropped.
pub(crate) struct Tree {
    dir: tempfile::TempDir,
}

impl Tree {
    /// With these files in it.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::new_in(&std::env::temp_dir(), files)
    }

    /// The same in a directory that others than we can reach.
    pub(crate) fn new_in(parent: &Path, files: &[(&str, &str)]) -> Self {
        let tree = Self { dir: tempfile::tempdir_in(parent).unwrap() };
        for (name, content) in files {
            tree.write(name, content);
        }
        tree
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn copy(&self, from: &str, to: &str) {
        fs::copy(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    pub(crate) fn model(&self) -> ModelDir {
        ModelDir::open(self.root()).unwrap()
    }

    /// One file of it, named itself.
    pub(crate) fn file(&self, name: &str) -> ModelDir {
        ModelDir::open(self.path(name)).unwrap()
    }

    /// The names of all files and links, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names_in(self.root())
    }

    /// Names and contents.
    pub(crate) fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        contents_of(self.root())
    }

    /// Flips one bit of the byte at `offset`.
    pub(crate) fn flip(&self, name: &str, offset: usize) {
        let mut bytes = self.read(name);
        bytes[offset] ^= 1;
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Changes a text in a file.
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.read(name)).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }

    #[cfg(unix)]
    pub(crate) fn link(&self, target: impl AsRef<Path>, name: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }
}

pub(crate) fn names_in(dir: &Path) -> Vec<String> {
    contents_of(dir).into_keys().collect()
}

/// Names and contents; a link's content is its target.
pub(crate) fn contents_of(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(dir: &Path, root: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            if metadata.is_dir() {
                walk(&path, root, found);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            let content = if metadata.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(name, content);
        }
    }
    let mut found = BTreeMap::new();
    walk(dir, dir, &mut found);
    found
}

pub(crate) fn encrypt(model: &ModelDir, key: &MasterKey) -> Report {
    model.encrypt(key, &encrypt_options(), &Silent).unwrap()
}

pub(crate) fn decrypt(model: &ModelDir, key: &MasterKey) -> Report {
    model.decrypt(key, &DecryptOptions::default(), &Silent).unwrap()
}

pub(crate) fn verify(model: &ModelDir, key: &MasterKey) -> Report {
    model.verify(key, false, &Silent).unwrap()
}

pub(crate) fn rewrap(model: &ModelDir, old: &MasterKey, new: &MasterKey) -> Report {
    model.rewrap(old, new, &rewrap_options(), &Silent).unwrap()
}

pub(crate) fn reencrypt(model: &ModelDir, old: &MasterKey, new: Option<&MasterKey>) -> Report {
    model.reencrypt(old, new, &reencrypt_options(), &Silent).unwrap()
}

/// With as few iterations as a writer may use.
pub(crate) fn encrypt_options() -> EncryptOptions {
    let mut options = EncryptOptions::default();
    options.iterations = Some(MIN_WRITER_ITERATIONS);
    options
}

pub(crate) fn encrypt_to(destination: Destination) -> EncryptOptions {
    let mut options = encrypt_options();
    options.destination = destination;
    options
}

pub(crate) fn decrypt_to(destination: Destination) -> DecryptOptions {
    let mut options = DecryptOptions::default();
    options.destination = destination;
    options
}

pub(crate) fn rewrap_options() -> RewrapOptions {
    let mut options = RewrapOptions::default();
    options.iterations = Some(MIN_WRITER_ITERATIONS);
    options
}

pub(crate) fn reencrypt_options() -> ReencryptOptions {
    let mut options = ReencryptOptions::default();
    options.iterations = Some(MIN_WRITER_ITERATIONS);
    options
}

/// `NAME: outcome` or `NAME: error`, in the order of the report.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let line = |file: &modelcrypt::model::FileReport| {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match &file.outcome {
            Ok(outcome) => format!("{name}: {}", outcome.word()),
            Err(error) => format!("{name}: {error}"),
        }
    };
    report.files.iter().map(line).collect()
}

/// Fails unless every file came to this end.
#[track_caller]
pub(crate) fn assert_all(report: &Report, outcome: Outcome, count: usize) {
    let as_told = report.files.iter().all(|file| file.outcome.as_ref().is_ok_and(|found| *found == outcome));
    assert!(as_told && report.files.len() == count, "wanted {count} {}: {:?}", outcome.word(), lines(report));
}

/// Fails unless one file failed, in this way; gives the error's text.
#[track_caller]
pub(crate) fn assert_fails(report: &Report, kind: ErrorKind) -> String {
    let failures: Vec<_> = report.failures().collect();
    assert_eq!(failures.len(), 1, "{:?}", lines(report));
    assert_eq!(ErrorKind::of(failures[0].1), kind, "{:?}", lines(report));
    failures[0].1.to_string()
}

/// Everything that the user is told besides the outcomes.
pub(crate) fn notices(report: &Report) -> String {
    let of_files = report.files.iter().flat_map(|file| &file.notices);
    report.notices.iter().chain(of_files).map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// `NAME: state` and what is due.
pub(crate) fn states(report: &StatusReport) -> Vec<String> {
    let line = |file: &modelcrypt::model::FileStatus| {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let due = file.due.iter().fold(String::new(), |told, due| format!("{told} {due:?}"));
        let state = if let State::Damaged(_) = file.state { "damaged" } else { file.state.word() };
        format!("{name}: {state}{due}")
    };
    report.files.iter().map(line).collect()
}
