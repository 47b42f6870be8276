//! `run` for an ordinary user: what the holder lets others of the same user see, and what it tidies up where
//! modes bind. Run as root, the program is started as somebody else.
#![cfg(all(target_os = "linux", feature = "cli"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a step that fails fails the test")]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::raw_key;
use common::tree::{Tree, encrypt};
use modelcrypt::ModelDir;

const USER: u32 = 54_321;

/// A sealed model, its key and a place in memory, all of an ordinary user's own.
struct Home {
    tree: Tree,
    memory: tempfile::TempDir,
    is_root: bool,
}

impl Home {
    fn new() -> Self {
        let tree = Tree::new_in(Path::new("/tmp"), &[("m/a.bin", "weights")]);
        encrypt(&ModelDir::open(tree.path("m")).unwrap(), &raw_key(1));
        tree.write("key", raw_key(1).to_text().unwrap().expose());
        fs::set_permissions(tree.path("key"), Permissions::from_mode(0o600)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_modelcrypt"), tree.path("modelcrypt")).unwrap();
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        let home = Self { is_root: rustix::process::geteuid().is_root(), tree, memory };
        for name in ["", "m", "m/a.bin.enc", "m/a.bin.enc.json", "key", "modelcrypt"] {
            home.give(&home.tree.path(name));
        }
        home.give(home.memory.path());
        home
    }

    fn give(&self, path: &Path) {
        if self.is_root {
            chown(path, Some(USER), Some(USER)).unwrap();
        }
    }

    /// The program by way of a shell that does `first`.
    fn run(&self, first: &str, args: &[&str]) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{first}; exec ./modelcrypt \"$@\""), "sh"]).args(args);
        command.current_dir(self.tree.root()).env_clear().env("HOME", self.tree.root());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        if self.is_root {
            command.uid(USER).gid(USER);
        }
        loop {
            let output = command.output().unwrap();
            // Another test's child still holds the copy open that it was forked beside.
            if !String::from_utf8_lossy(&output.stderr).contains("Text file busy") {
                return output;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// What a shell sees that runs on the model.
    fn seen(&self, options: &[&str], script: &str) -> String {
        let line = [&["run", "m", "--key-file", "key"], options, &["--", "sh", "-c", script]].concat();
        let output = self.run(":", &line);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn in_memory(&self) -> [&str; 2] {
        ["--place", self.memory.path().to_str().unwrap()]
    }
}

fn names(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

const LOOK: &str = "cat $MODELCRYPT_DIR/a.bin; echo
for what in environ mem fd/0; do
    if head -c 0 /proc/$PPID/$what 2>/dev/null; then echo $what; fi
done
if ls /proc/$PPID/fd >/dev/null 2>&1; then echo files; fi
cat /proc/self/coredump_filter";

#[test]
fn a_holder_opens_up_only_when_it_has_no_key() {
    let home = Home::new();
    for options in [&[][..], &home.in_memory()] {
        let seen = home.seen(options, LOOK);
        assert!(seen.starts_with("weights\nenviron\n") && seen.contains("\nfiles\n"), "{options:?}: {seen}");
    }
    let write_back = [&home.in_memory()[..], &["--write-back"]].concat();
    let seen = home.seen(&write_back, LOOK);
    let lines: Vec<_> = seen.lines().collect();
    assert_eq!(lines[..lines.len() - 1], ["weights"], "{seen}");
}

/// The filter of a holder that keeps its key is root's to set from the start.
#[test]
fn no_program_dumps_the_model() {
    let home = Home::new();
    let write_back = [&home.in_memory()[..], &["--write-back"]].concat();
    for options in [&[][..], &write_back] {
        let filter = home.seen(options, "cat /proc/self/coredump_filter");
        let filter = u32::from_str_radix(filter.trim(), 16).unwrap();
        assert!(filter & (0x02 | 0x08 | 0x40) == 0 && filter != 0, "{options:?}: {filter:x}");
    }
}

#[test]
fn what_a_program_has_closed_to_itself_is_removed() {
    let home = Home::new();
    for end in ["", "kill -KILL $PPID; exec sleep 60"] {
        let script = "cd $MODELCRYPT_DIR; mkdir -p cache/deep/er; echo x >cache/deep/er/x;
            chmod 0 cache/deep/er; chmod 100 cache/deep; chmod 500 cache .";
        let line = ["run", "m", "--key-file", "key"].into_iter().chain(home.in_memory());
        let script = format!("{script}; {end}");
        let line: Vec<_> = line.chain(["--", "sh", "-c", &script]).collect();
        let output = home.run(":", &line);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() == end.is_empty(), "{told}");
        if !end.is_empty() {
            assert_eq!(names(home.memory.path()).len(), 1);
            let swept = home.run(":", &["sweep", home.memory.path().to_str().unwrap()]);
            assert!(swept.status.success(), "{}", String::from_utf8_lossy(&swept.stderr));
        }
        assert!(names(home.memory.path()).is_empty(), "{told}");
    }
}

#[test]
fn where_changes_cannot_be_looked_for_all_is_kept() {
    let home = Home::new();
    let [place, dir] = home.in_memory();
    let script =
        "mkdir $MODELCRYPT_DIR/deep; echo new >$MODELCRYPT_DIR/deep/new.bin; chmod 0 $MODELCRYPT_DIR/deep";
    let line = ["run", "m", "--key-file", "key", "--write-back", place, dir, "--", "sh", "-c", script];
    let output = home.run(":", &line);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && told.contains("modelcrypt-kept-"), "{told}");
    assert_eq!(told.matches("Permission denied").count(), 1, "{told}");
    let kept = names(home.memory.path()).pop().unwrap().join("m/deep");
    fs::set_permissions(&kept, Permissions::from_mode(0o700)).unwrap();
    assert_eq!(fs::read(kept.join("new.bin")).unwrap(), b"new\n");
}

#[test]
fn a_directory_that_would_be_closed_to_its_maker_is_an_error_and_leaves_nothing() {
    let home = Home::new();
    let [place, dir] = home.in_memory();
    let line = ["run", "m", "--key-file", "key", place, dir, "--", "touch", "started"];
    let output = home.run("umask 777", &line);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && told.contains("making a directory in"), "{told}");
    assert!(names(home.memory.path()).is_empty() && !home.tree.exists("started"));
}

/// Root may see it, and must leave it: the user's own next run removes it.
#[test]
fn root_sweeps_nobody_elses_directories() {
    let home = Home::new();
    if !home.is_root {
        return;
    }
    let left = home.memory.path().join("modelcrypt-guard-0123456789abcdef");
    fs::create_dir(&left).unwrap();
    fs::set_permissions(&left, Permissions::from_mode(0o700)).unwrap();
    home.give(&left);
    let swept = Command::new(env!("CARGO_BIN_EXE_modelcrypt")).arg("sweep").arg(home.memory.path()).output();
    assert!(swept.unwrap().status.success() && left.is_dir());
    assert_eq!(fs::metadata(&left).unwrap().uid(), USER);
    assert_eq!(home.seen(&home.in_memory(), "cat $MODELCRYPT_DIR/a.bin"), "weights");
    assert!(!left.exists());
}
