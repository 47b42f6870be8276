//! A tree, its keys, and the program run on them.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use modelcrypt::base::{ReadAt, Secret};
use modelcrypt::{MasterKey, Opener};
use tempfile::TempDir;

/// A directory of its own with `tree`, `old.key` and `new.key` in it: the program runs there.
pub(crate) struct Scene {
    dir: TempDir,
    /// The plaintext of each model file, by its path in the tree.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What a sealed file may hold besides, until the run is done: what its plaintext was before it changed.
    pub(crate) before: BTreeMap<String, Vec<u8>>,
    /// The links of the tree as they are while their targets are plaintexts.
    pub(crate) links: BTreeMap<String, String>,
    /// Whose keys may open a sealed file.
    pub(crate) keys: [MasterKey; 2],
}

impl Scene {
    /// An empty tree. In memory where that can be had: a sync to a disk takes longer than all the rest.
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::new_in(memory) } else { Self::new_in(&std::env::temp_dir()) }
    }

    fn new_in(place: &Path) -> Self {
        let (dir, keys) = (tempfile::tempdir_in(place).unwrap(), [1, 2].map(raw_key));
        fs::create_dir(dir.path().join("tree")).unwrap();
        for (name, key) in ["old.key", "new.key"].iter().zip(&keys) {
            let path = dir.path().join(name);
            fs::write(&path, key.to_text().unwrap().expose()).unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        }
        let (files, before, links) = Default::default();
        Self { dir, files, before, links, keys }
    }

    /// The same again, elsewhere: links, hard links, modes and times too.
    pub(crate) fn copy(&self) -> Self {
        self.copy_to(Self::new())
    }

    /// The same in a directory of `place`.
    pub(crate) fn copy_in(&self, place: &Path) -> Self {
        self.copy_to(Self::new_in(place))
    }

    fn copy_to(&self, copy: Self) -> Self {
        let copied = Command::new("cp").arg("-a").arg(self.tree()).arg(copy.dir.path()).status();
        assert!(copied.unwrap().success());
        let (files, before, links) = (self.files.clone(), self.before.clone(), self.links.clone());
        Self { files, before, links, ..copy }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.dir.path().join("tree")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.tree().join(name)
    }

    /// Adds a plaintext with a mode and a time that are not the usual ones.
    pub(crate) fn add(&mut self, name: &str, bytes: Vec<u8>) {
        self.write(name, &bytes);
        self.files.insert(name.to_owned(), bytes);
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(MODE)).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(time()).unwrap();
    }

    /// The program with the words of `line`, which hold no spaces.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_modelcrypt"));
        command.args(line.split_whitespace());
        self.prepare(&mut command);
        command
    }

    /// Lets `command` run in this scene, and know nothing of the user who runs the test.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command.current_dir(self.dir.path()).stdin(Stdio::null()).env_remove("MODELCRYPT_KEY");
        command.env("HOME", self.dir.path()).env("XDG_CONFIG_HOME", self.dir.path().join("config"));
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs the program, which must end well.
    pub(crate) fn must(&self, line: &str, when: &str) {
        let output = self.run(line);
        assert!(output.status.success(), "{line}, {when}: {}", told(&output));
    }

    pub(crate) fn start(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// What a sealed file holds, if one of the scene's keys opens it whole.
    pub(crate) fn opened(&self, sealed: &Path) -> Result<Vec<u8>, String> {
        let mut refusals = String::new();
        for key in &self.keys {
            match open(sealed, key) {
                Ok(bytes) => return Ok(bytes),
                Err(refusal) => refusals = format!("{refusals} {refusal}"),
            }
        }
        Err(refusals)
    }

    /// Asserts the promise: each file is whole as plaintext or opens whole, nothing unfinished has its name.
    pub(crate) fn assert_nothing_lost(&self, when: &str) {
        for (name, bytes) in &self.files {
            let (plain, sealed) = (self.path(name), self.path(&format!("{name}.enc")));
            let mut whole = claimed(&plain).any(|path| fs::read(path).unwrap() == *bytes);
            if plain.exists() {
                assert!(fs::read(&plain).unwrap() == *bytes, "{name} is not whole, {when}");
                whole = true;
            }
            if sealed.exists() {
                let held = self.opened(&sealed);
                let held = held.unwrap_or_else(|refusal| panic!("{name}.enc, {when}: {refusal}"));
                let is_before = self.before.get(name) == Some(&held);
                assert!(held == *bytes || is_before, "{name}.enc holds other bytes, {when}");
                whole |= held == *bytes;
            }
            assert!(whole, "{name} is lost, {when}: {:?}", self.names());
        }
        self.assert_links(when);
    }

    /// Each link stands in one form or both, and points to its target in the same.
    pub(crate) fn assert_links(&self, when: &str) {
        for (name, target) in &self.links {
            let plain = fs::read_link(self.path(name)).ok();
            let sealed = fs::read_link(self.path(&format!("{name}.enc"))).ok();
            assert!(plain.is_some() || sealed.is_some(), "the link {name} is lost, {when}");
            assert!(plain.is_none_or(|found| found == Path::new(target)), "{name}, {when}");
            let target = format!("{target}.enc");
            assert!(sealed.is_none_or(|found| found == Path::new(&target)), "{name}.enc, {when}");
        }
    }

    /// All files and links of the tree.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.tree(), &self.tree(), &mut found);
        found.sort();
        found
    }

    pub(crate) fn leftovers(&self) -> Vec<String> {
        let is_ours = |name: &String| name.rsplit('/').next().unwrap().starts_with(".modelcrypt-");
        self.names().into_iter().filter(is_ours).collect()
    }
}

/// Waits for `child`; one that does not end is a deadlock.
pub(crate) fn wait(mut child: Child, what: &str) -> Output {
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(60) {
            let _ = child.kill();
            panic!("{what} does not end");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.wait_with_output().unwrap()
}

pub(crate) fn told(output: &Output) -> String {
    format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr))
}

/// The time that every plaintext was changed at.
pub(crate) fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(1_234_567_890_123_456_789)
}

/// The mode that every plaintext has.
pub(crate) const MODE: u32 = 0o640;

pub(crate) fn open(sealed: &Path, key: &MasterKey) -> Result<Vec<u8>, String> {
    let reader = Opener::open(sealed).and_then(|opener| opener.unlock(key));
    let reader = reader.map_err(|error| error.to_string())?;
    let mut bytes = vec![0; usize::try_from(reader.len()).unwrap()];
    reader.read_exact_at(&mut bytes, 0).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn raw_key(seed: u8) -> MasterKey {
    MasterKey::from_raw(Secret::copy_from(&[seed; 32]))
}

/// Where a run that was killed may have put the file at `plain` aside.
fn claimed(plain: &Path) -> impl Iterator<Item = PathBuf> {
    let name = plain.file_name().unwrap().to_str().unwrap().to_owned();
    let entries = fs::read_dir(plain.parent().unwrap()).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(move |path| {
        let found = path.file_name().unwrap().to_str().unwrap();
        let rest = found.strip_prefix(".modelcrypt-claimed-").and_then(|rest| rest.get(9..));
        rest == Some(&name)
    })
}

fn walk(dir: &Path, root: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), root, found);
        } else {
            found.push(entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}
