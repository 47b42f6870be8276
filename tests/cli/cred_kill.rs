//! Changes of a vault killed before each call that changes the disk: the old or the new is there, the record of it is
//! not called tampered with, the verb can be run again, and nothing lies in the clear.

use std::fs;
use std::path::Path;

use modelcrypt::base::SecretText;
use modelcrypt::credentials::audit::AuditLog;
use modelcrypt::credentials::stores::vault::Vault;
use modelcrypt::credentials::{CredentialStore, Error, Selector};
use modelcrypt::{ErrorKind, MasterKey};

use crate::cred_scene::Scene;

const OLD: &str = "CanaryBefore4d1c";
const NEW: &str = "CanaryAfter88e2";
const VAULT: &str = "v/vault.db";

/// A folder with a vault, its log and nothing else, and how it was in the beginning.
struct Start {
    scene: Scene,
    files: Vec<(String, Vec<u8>)>,
}

impl Start {
    fn new() -> Self {
        let scene = Scene::new();
        fs::create_dir(scene.sandbox.path("v")).unwrap();
        fs::set_permissions(scene.sandbox.path("v"), std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .unwrap();
        scene.sandbox.write("new.txt", NEW.as_bytes());
        scene.sandbox.write("old.txt", OLD.as_bytes());
        scene.sandbox.done(["keygen", "-q", "-o", "new.key"]);
        // A change and a read, so that there is a log to go on with.
        scene.done(["set", "x", "--from-file", "old.txt"]);
        scene.done(["get", "x"]);
        let files = fs::read_dir(scene.sandbox.path("v")).unwrap();
        let files = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files =
            files.map(|name| (name.clone(), scene.sandbox.read(Path::new("v").join(&name)))).collect();
        Self { scene, files }
    }

    /// One that a program has left which was killed after its first line, before the vault heard of it.
    fn ahead() -> Self {
        let mut start = Self::new();
        let log = Path::new("v/vault.db.audit.jsonl");
        let len = start.scene.sandbox.read(log).len();
        start.scene.done(["set", "x", "--from-file", "new.txt"]);
        let lines = start.scene.sandbox.read(log);
        // The look at what is there, and the line with which the change begins.
        let ends = lines.iter().enumerate().filter(|(at, byte)| *at >= len && **byte == b'\n');
        let (end, _) = ends.take(2).last().unwrap();
        let saved = start.files.iter_mut().find(|(name, _)| name.ends_with(".audit.jsonl")).unwrap();
        saved.1 = lines[..=end].to_vec();
        start
    }

    fn put_back(&self) {
        let dir = self.scene.sandbox.path("v");
        for entry in fs::read_dir(&dir).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for (name, bytes) in &self.files {
            fs::write(dir.join(name), bytes).unwrap();
            fs::set_permissions(dir.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
    }

    fn key(&self, name: &str) -> MasterKey {
        let text = String::from_utf8(self.scene.sandbox.read(name)).unwrap();
        MasterKey::parse(SecretText::new(text.trim_end().into())).unwrap()
    }

    fn open(&self, key: &str) -> Result<Vault, Error> {
        Vault::open(&self.scene.sandbox.path(VAULT), &self.key(key))
    }

    /// What `x` is, and that vault and record are whole.
    fn checked(&self, vault: Vault, when: &str) -> Option<String> {
        assert!(vault.verify().unwrap().is_empty(), "{when}");
        let found = match vault.get(&"x".parse().unwrap(), Selector::CURRENT) {
            Ok(found) => Some(String::from_utf8(found.secret.expose().to_vec()).unwrap()),
            Err(Error::NotFound(_)) => None,
            Err(error) => panic!("{when}: {error}"),
        };
        let report = AuditLog::of(std::sync::Arc::new(vault)).verify().unwrap();
        assert!(!report.is_tampered(), "{when}: {:?}", report.findings);
        for entry in fs::read_dir(self.scene.sandbox.path("v")).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            for canary in [OLD, NEW] {
                assert!(!bytes.windows(canary.len()).any(|window| window == canary.as_bytes()), "{when}");
            }
        }
        found
    }

    /// Kills `args` everywhere, runs it again, and has `is_done` look at the end.
    fn killed(&self, args: &[&str], again: &[i32], end: Option<&str>) {
        let mut seen = [0, 0];
        self.scene.killed_everywhere(
            args,
            || self.put_back(),
            |when| {
                let found = self.checked(self.open("key").unwrap(), when);
                assert!(found.as_deref() == Some(OLD) || found.as_deref() == end, "{when}: {found:?}");
                seen[usize::from(found.as_deref() == end)] += 1;
                let ran = self.scene.run(args);
                assert!(again.contains(&ran.code), "again after {when}: {}", ran.stderr);
                let found = self.checked(self.open("key").unwrap(), when);
                assert_eq!(found.as_deref(), end, "again after {when}");
            },
        );
        assert!(seen.iter().all(|count| *count > 0), "both the old and the new were met: {seen:?}");
    }
}

#[test]
fn a_new_version_may_be_killed_at_each_call() {
    Start::new().killed(&["set", "x", "--from-file", "new.txt"], &[0], Some(NEW));
}

#[test]
fn what_a_killed_program_has_left_may_be_met_by_one_that_is_killed_too() {
    Start::ahead().killed(&["set", "x", "--from-file", "new.txt"], &[0], Some(NEW));
}

#[test]
fn a_rotation_may_be_killed_at_each_call() {
    let args = ["rotate", "x", "--exec", "cat new.txt", "--verify", "grep -q After"];
    Start::new().killed(&args, &[0], Some(NEW));
}

#[test]
fn a_purge_may_be_killed_at_each_call() {
    // What is gone already is not there to be purged.
    Start::new().killed(&["rm", "x", "--purge"], &[0, 1], None);
}

#[test]
fn a_rewrap_may_be_killed_at_each_call() {
    let start = Start::new();
    let args = ["rewrap", "--key-file", "key", "--new-key-file", "new.key"];
    let mut seen = [0, 0];
    start.scene.killed_everywhere(
        &args,
        || start.put_back(),
        |when| {
            let (old, new) = (start.open("key"), start.open("new.key"));
            let is_wrong = |found: &Result<Vault, Error>| {
                found.as_ref().err().is_some_and(|error| matches!(error, Error::Key(_)))
            };
            assert!(old.is_ok() && is_wrong(&new) || new.is_ok() && is_wrong(&old), "{when}");
            seen[usize::from(new.is_ok())] += 1;
            assert_eq!(start.checked(old.or(new).unwrap(), when).as_deref(), Some(OLD));
            let ran = start.scene.run(args);
            assert_eq!(ran.code, 0, "again after {when}: {}", ran.stderr);
            assert_eq!(modelcrypt::Error::from(start.open("key").unwrap_err()).kind(), ErrorKind::WrongKey);
            assert_eq!(start.checked(start.open("new.key").unwrap(), when).as_deref(), Some(OLD));
        },
    );
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}
