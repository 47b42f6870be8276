//! The holder killed: what is mapped goes on, nothing of the plaintext stays, and the next call sweeps.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run::{line, memory, names, run};
use crate::sandbox::Sandbox;

/// A run whose program waits, and the directory that it was given.
struct Held {
    holder: Child,
    dir: PathBuf,
}

impl Held {
    fn start(sandbox: &Sandbox, options: &[&str]) -> Self {
        let mut command =
            sandbox.command(line(&[options, &["-q"]].concat(), &["sh", "-c", "echo {}; exec sleep 600"]));
        let mut holder = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut dir = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut dir).unwrap();
        let dir = PathBuf::from(dir.trim_end());
        assert!(dir.is_dir(), "{}", dir.display());
        Self { holder, dir }
    }

    fn lease(&self) -> &Path {
        self.dir.parent().unwrap()
    }

    fn kill(&mut self) {
        self.holder.kill().unwrap();
        self.holder.wait().unwrap();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn what_a_killed_run_leaves_is_removed_by_a_sweep_and_by_the_next_run() {
    let sandbox = Sandbox::with_sealed_model();
    fs::create_dir(sandbox.path("disk")).unwrap();
    let (memory, disk) = (memory(), sandbox.path("disk"));
    let [memory, disk] = [memory.path().to_str().unwrap(), disk.to_str().unwrap()];
    // Where guards are made unless told otherwise needs no name.
    for (place, sweep) in [("memfd", &["sweep"][..]), (memory, &["sweep", memory]), (disk, &["sweep", disk])]
    {
        let again = ["run", "m", "--key-file", "key", "--place", place, "--", "true"];
        for remover in [sweep, &again] {
            let mut held = Held::start(&sandbox, &["--place", place]);
            let living = Held::start(&sandbox, &["--place", place]);
            held.kill();
            // In the usual places others sweep too.
            assert!(held.lease().is_dir() || place == "memfd", "{place}");
            let ran = sandbox.run(remover);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            assert!(!held.lease().exists(), "{remover:?}");
            assert_eq!(fs::read(living.dir.join("deep/b.bin")).unwrap(), b"weights");
        }
    }
}

#[test]
fn a_sweep_tells_what_it_has_removed() {
    let sandbox = Sandbox::with_sealed_model();
    let memory = memory();
    let place = memory.path().to_str().unwrap();
    let mut held = Held::start(&sandbox, &["--place", place]);
    held.kill();
    let told = sandbox.done(["sweep", place, "--json"]).json();
    let lease = held.lease().to_str().unwrap().to_owned();
    assert!(told["files"].as_array().unwrap().iter().any(|file| file["path"] == *lease), "{told}");
    assert!(names(memory.path()).is_empty());
}

#[test]
fn a_mapping_outlives_the_holder_and_no_plaintext_stays() {
    let sandbox = Sandbox::new();
    sandbox.done(["keygen", "-q", "-o", "key"]);
    let content = canary_content();
    sandbox.write("m/a.safetensors", &content);
    sandbox.done(["encrypt", "m", "--key-file", "key"]);
    fs::create_dir(sandbox.path("tmp")).unwrap();
    let mut command = sandbox.command(line(&["-q"], &["sh", "-c", "echo {}; exec sleep 600"]));
    command.env("TMPDIR", sandbox.path("tmp"));
    let mut holder = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut dir = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut dir).unwrap();
    let dir = PathBuf::from(dir.trim_end());
    let mut mapper = Mapper::start(&dir.join("a.safetensors"));
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(fs::read(dir.join("a.safetensors")).is_err(), "the link leads nowhere");
    assert!(mapper.sha256() == modelcrypt::crypto::sha256(&content), "what is mapped has changed");
    sandbox.write("control", &content[..64]);
    let holding = holding_canary(&[&sandbox.path(""), dir.parent().unwrap()]);
    assert_eq!(holding, [sandbox.path("control")]);
    assert_eq!(run(&sandbox, &[], &["true"]).code, 0);
    assert!(!dir.parent().unwrap().exists());
}

/// A disk of which every block can be searched, whatever file it belongs to.
#[test]
fn no_block_of_a_disk_ever_held_the_plaintext() {
    let sandbox = Sandbox::new();
    sandbox.done(["keygen", "-q", "-o", "key"]);
    let content = canary_content();
    sandbox.write("m/a.safetensors", &content);
    sandbox.done(["encrypt", "m", "--key-file", "key"]);
    let (image, mounted) = (sandbox.path("image"), sandbox.path("mounted"));
    fs::create_dir(&mounted).unwrap();
    fs::File::create(&image).unwrap().set_len(32 << 20).unwrap();
    // In a name space of its own: what is mounted goes with it.
    let script = "mkfs.ext4 -q \"$1\" && mount -o loop \"$1\" \"$2\" || exit 99
        cp -a m key \"$2\" && cd \"$2\" && mkdir tmp && export TMPDIR=$PWD/tmp HOME=$PWD
        \"$3\" run m -q --key-file key -- sh -c 'cat {}/a.safetensors >/dev/null; echo ok; exec sleep 600' >ready &
        until grep -q ok ready; do kill -0 $! || exit 98; sleep 0.05; done
        kill -KILL $!; wait $!
        \"$3\" run m -q --key-file key -- true || exit 97
        cd / && sync -f \"$2\" && umount \"$2\"";
    let mut unshare = Command::new("unshare");
    unshare.args(["-m", "--", "sh", "-c", script, "sh"]).args([&image, &mounted]);
    let ran = unshare.arg(env!("CARGO_BIN_EXE_modelcrypt")).current_dir(sandbox.path("")).output();
    let ran = match ran {
        Ok(ran) if ![Some(99), Some(1)].contains(&ran.status.code()) => ran,
        other => {
            return crate::skip_without_root(&format!("no disk of its own can be mounted here: {other:?}"));
        }
    };
    assert!(ran.status.success(), "{ran:?}");
    let bytes = fs::read(&image).unwrap();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let sealed = sandbox.read("m/a.safetensors.enc");
    assert!(holds(&sealed[20_000..20_064]), "the sealed file is not there: the search is no good");
    assert!(!holds(&content[..32]) && !holds(&content[content.len() - 32..]));
}

/// Bytes of which every 32 tell where they come from.
fn canary_content() -> Vec<u8> {
    (0..8192).flat_map(|line| format!("canary-Zq7w-{line:08}-not-to-see\n").into_bytes()).collect()
}

/// The files below `dirs` in which a line of the canary stands.
fn holding_canary(dirs: &[&Path]) -> Vec<PathBuf> {
    let mut holding = Vec::new();
    for entry in dirs.iter().flat_map(|dir| fs::read_dir(dir).into_iter().flatten()) {
        let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().unwrap())).unwrap();
        if kind.is_dir() {
            holding.extend(holding_canary(&[&path]));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(11).any(|window| window == b"canary-Zq7w"))
        {
            holding.push(path);
        }
    }
    holding
}

/// Another program that has the file mapped.
struct Mapper {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Mapper {
    fn start(path: &Path) -> Self {
        let script = "import hashlib, mmap, sys
with open(sys.argv[1], 'rb') as file:
    mapped = mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ)
print('mapped', flush=True)
sys.stdin.readline()
print(hashlib.sha256(mapped).hexdigest(), flush=True)";
        let mut python = Command::new("python3");
        python.args(["-c", script]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "mapped\n");
        Self { child, stdout }
    }

    fn sha256(&mut self) -> [u8; 32] {
        self.child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        self.child.wait().unwrap();
        data_encoding::HEXLOWER.decode(line.trim_end().as_bytes()).unwrap().try_into().unwrap()
    }
}
