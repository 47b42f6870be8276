//! What a tree must look like when a run has finished.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use modelcrypt::{ModelDir, Silent};

use super::scene::{self, Scene};

/// The form that all files of a tree have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    /// Sealed under the old key, and not under the new.
    Old,
    /// Sealed under the new key, and not under the old.
    New,
    /// Both plaintext and sealed, under the old key.
    Both,
}

impl Scene {
    /// Asserts that the files and links of the tree have this form, and that nothing else is there.
    pub(crate) fn assert_form(&self, form: Form, when: &str) {
        let mut expected: Vec<String> = Vec::new();
        let is_plain = matches!(form, Form::Plain | Form::Both);
        for name in self.files.keys().chain(self.links.keys()) {
            if is_plain {
                expected.push(name.clone());
            }
            if form != Form::Plain {
                expected.push(format!("{name}.enc"));
            }
        }
        if form != Form::Plain {
            expected.extend(self.files.keys().map(|name| format!("{name}.enc.json")));
        }
        expected.sort();
        assert_eq!(self.names(), expected, "{when}");
        self.assert_links(when);
        if is_plain {
            self.assert_plain(when);
        }
        if form != Form::Plain {
            self.assert_sealed(form, when);
        }
    }

    fn assert_plain(&self, when: &str) {
        for (name, bytes) in &self.files {
            assert!(fs::read(self.path(name)).unwrap() == *bytes, "{name}, {when}");
            let metadata = fs::metadata(self.path(name)).unwrap();
            assert_eq!(metadata.modified().unwrap(), scene::time(), "{name}, {when}");
            assert_eq!(metadata.permissions().mode() & 0o7777, scene::MODE, "{name}, {when}");
        }
    }

    /// Every chunk, both header copies and the sidecars are as they should be, under one key only.
    fn assert_sealed(&self, form: Form, when: &str) {
        let [old, new] = &self.keys;
        let (key, other) = if form == Form::New { (new, old) } else { (old, new) };
        for (name, bytes) in &self.files {
            let sealed = self.path(&format!("{name}.enc"));
            assert!(scene::open(&sealed, key).as_ref() == Ok(bytes), "{name}.enc, {when}");
            assert!(scene::open(&sealed, other).is_err(), "{name}.enc opens with the other key, {when}");
        }
        let report = ModelDir::open(self.tree()).unwrap().verify(key, false, &Silent).unwrap();
        assert_eq!(report.files.len(), self.files.len(), "{when}");
        for file in report.files {
            assert!(file.outcome.is_ok() && file.notices.is_empty(), "{file:?}, {when}");
        }
    }
}
