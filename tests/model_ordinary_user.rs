//! What an ordinary user may and may not do: read-only files, files of others, directories that are closed.
//! Run as root, the binary is started as somebody else.
#![cfg(all(unix, feature = "cli"))]
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use common::raw_key;
use common::tree::{Tree, contents_of};

const USER: u32 = 54_321;

/// A model and keys that belong to an ordinary user, and the binary where they may run it.
struct Home {
    tree: Tree,
    is_root: bool,
}

impl Home {
    fn new(files: &[(&str, &str)]) -> Self {
        // A temporary directory of our own may be closed to the user that we start the program as.
        let tree = Tree::new_in(Path::new("/tmp"), &[]);
        let is_root = fs::metadata(tree.root()).unwrap().uid() == 0;
        fs::create_dir(tree.path("m")).unwrap();
        for (seed, name) in [(1, "old.key"), (2, "new.key")] {
            tree.write(name, raw_key(seed).to_text().unwrap().expose());
            set_mode(&tree.path(name), 0o600);
        }
        for (name, content) in files {
            tree.write(&format!("m/{name}"), content);
        }
        let program = tree.path("modelcrypt");
        fs::copy(env!("CARGO_BIN_EXE_modelcrypt"), &program).unwrap();
        let home = Self { tree, is_root };
        for path in ["", "m", "old.key", "new.key", "modelcrypt"] {
            home.give(path);
        }
        for (name, _) in files {
            home.give(&format!("m/{name}"));
        }
        home
    }

    fn give(&self, name: &str) {
        if self.is_root {
            chown(self.tree.path(name), Some(USER), Some(USER)).unwrap();
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.tree.path("m").join(name)
    }

    fn run(&self, verb: &[&str]) -> Output {
        let mut command = Command::new(self.tree.path("modelcrypt"));
        command.current_dir(self.tree.root()).env_clear().env("HOME", self.tree.root());
        command.args(verb).arg("m");
        if !verb.contains(&"--key-file") {
            command.args(["--key-file", "old.key"]);
        }
        if self.is_root {
            command.uid(USER).gid(USER);
        }
        loop {
            match command.output() {
                // Another test's child still holds the copy open that it was forked beside.
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                output => return output.unwrap(),
            }
        }
    }

    #[track_caller]
    fn expect(&self, code: i32, verb: &[&str]) -> String {
        let output = self.run(verb);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{verb:?}: {told}");
        told
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

const REWRAP: [&str; 3] = ["rewrap", "--new-key-file", "new.key"];
const BACK: [&str; 5] = ["rewrap", "--new-key-file", "old.key", "--key-file", "new.key"];

#[test]
fn read_only_files_go_through_all_verbs_and_stay_read_only() {
    let home = Home::new(&[("a.bin", "a")]);
    set_mode(&home.path("a.bin"), 0o444);
    home.expect(0, &["encrypt"]);
    assert_eq!(mode(&home.path("a.bin.enc")), 0o444);
    home.expect(0, &REWRAP);
    assert_eq!(mode(&home.path("a.bin.enc")), 0o444);
    home.expect(0, &BACK);
    home.expect(0, &["reencrypt"]);
    assert_eq!(mode(&home.path("a.bin.enc")), 0o444);
    home.expect(0, &["decrypt"]);
    assert_eq!(mode(&home.path("a.bin")), 0o444);
    assert_eq!(fs::read(home.path("a.bin")).unwrap(), b"a");
}

#[test]
fn a_file_of_somebody_elses_is_sealed_for_its_new_owner_only() {
    let home = Home::new(&[("a.bin", "a")]);
    if !home.is_root {
        return; // Nobody else is there to own it.
    }
    chown(home.path("a.bin"), Some(0), Some(0)).unwrap();
    set_mode(&home.path("a.bin"), 0o664);
    let told = home.expect(0, &["encrypt"]);
    assert!(told.contains("owner"), "{told}");
    assert_eq!(mode(&home.path("a.bin.enc")), 0o600, "the mode is never widened for others");
    assert_eq!(fs::metadata(home.path("a.bin.enc")).unwrap().uid(), USER);
    home.expect(0, &["decrypt"]);
    assert_eq!(fs::read(home.path("a.bin")).unwrap(), b"a");
}

#[test]
fn a_file_that_cannot_be_read_fails_alone() {
    let home = Home::new(&[("a.bin", "a"), ("b.bin", "b")]);
    set_mode(&home.path("a.bin"), 0);
    home.expect(1, &["encrypt"]);
    assert!(home.path("a.bin").exists() && home.path("b.bin.enc").exists());
    assert!(!home.path("b.bin").exists());
    set_mode(&home.path("a.bin"), 0o600);
    home.expect(0, &["encrypt"]);
    home.expect(0, &["verify"]);
    set_mode(&home.path("a.bin.enc"), 0);
    home.expect(1, &["decrypt"]);
    assert_eq!(fs::read(home.path("b.bin")).unwrap(), b"b");
}

#[test]
fn a_directory_that_cannot_be_looked_into_fails_alone() {
    let home = Home::new(&[("a.bin", "a"), ("b.bin", "b")]);
    fs::create_dir(home.path("lost+found")).unwrap();
    home.give("m/lost+found");
    set_mode(&home.path("lost+found"), 0);
    home.expect(1, &["encrypt"]);
    assert!(home.path("a.bin.enc").exists() && home.path("b.bin.enc").exists());
    let told = home.expect(1, &["verify"]);
    assert!(told.contains("lost+found"), "{told}");
    let before = fs::read(home.path("a.bin.enc")).unwrap();
    home.expect(1, &REWRAP);
    assert_eq!(fs::read(home.path("a.bin.enc")).unwrap(), before, "some file might be left behind");
    home.expect(1, &["decrypt"]);
    assert_eq!(fs::read(home.path("a.bin")).unwrap(), b"a");
    set_mode(&home.path("lost+found"), 0o700);
}

#[test]
fn a_closed_directory_can_be_looked_at_and_loses_nothing() {
    let home = Home::new(&[("a.bin", "a")]);
    set_mode(&home.path(""), 0o555);
    home.expect(1, &["encrypt"]);
    assert_eq!(contents_of(&home.path("")).len(), 1);
    set_mode(&home.path(""), 0o755);
    home.expect(0, &["encrypt"]);
    set_mode(&home.path(""), 0o555);
    let before = contents_of(&home.path(""));
    home.expect(0, &["verify"]);
    home.expect(0, &["status"]);
    home.expect(1, &["decrypt"]);
    home.expect(0, &["decrypt", "--output", "out"]);
    assert_eq!(contents_of(&home.path("")), before);
    assert_eq!(home.tree.read("out/a.bin"), b"a");
    set_mode(&home.path(""), 0o755);
}

#[test]
fn a_sealed_file_that_may_not_be_written_stops_a_rewrap_before_it_begins() {
    let home = Home::new(&[("a.bin", "a"), ("b.bin", "b")]);
    if !home.is_root {
        return;
    }
    home.expect(0, &["encrypt"]);
    chown(home.path("b.bin.enc"), Some(0), Some(0)).unwrap();
    set_mode(&home.path("b.bin.enc"), 0o644);
    let before = contents_of(&home.path(""));
    home.expect(1, &REWRAP);
    assert_eq!(contents_of(&home.path("")), before);
    assert_eq!(mode(&home.path("b.bin.enc")), 0o644);
    home.expect(0, &["verify"]);
}
