//! `run`: a program on a model that is opened for it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::{Ran, Sandbox};

/// `run m` under the key, with `options`, and the program `command`.
pub(crate) fn run(sandbox: &Sandbox, options: &[&str], command: &[&str]) -> Ran {
    sandbox.run(line(options, command))
}

pub(crate) fn line<'a>(options: &[&'a str], command: &[&'a str]) -> Vec<&'a str> {
    [&["run", "m", "--key-file", "key"], options, &["--"], command].concat()
}

/// A directory of its own in memory.
pub(crate) fn memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap()
}

pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_program_sees_the_model_and_the_model_is_gone_when_it_ends() {
    let sandbox = Sandbox::with_sealed_model();
    let (memory, disk) = (memory(), sandbox.path("disk"));
    fs::create_dir(&disk).unwrap();
    for place in ["memfd", "tmpfs", memory.path().to_str().unwrap(), disk.to_str().unwrap()] {
        let seen = "echo $MODELCRYPT_DIR; cat $1/deep/b.bin $1/config.json; wc -c <$1/a.safetensors";
        let ran = run(&sandbox, &["--place", place], &["sh", "-c", seen, "sh", "{}"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let (dir, content) = ran.text().split_once('\n').unwrap();
        assert_eq!(content, "weights{}20000\n", "{place}");
        assert!(Path::new(dir).is_absolute() && dir.ends_with("/m"), "{dir}");
        assert!(!Path::new(dir).parent().unwrap().exists(), "{place}");
    }
    assert!(names(memory.path()).is_empty() && names(&disk).is_empty());
    assert_eq!(sandbox.read("m/config.json"), b"{}");
}

#[test]
fn braces_are_the_directory_wherever_they_stand() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = run(&sandbox, &[], &["printf", "%s\\n", "{}", "--model={}/a", "{}{}", "{", "$MODELCRYPT_DIR"]);
    let lines: Vec<_> = ran.text().lines().collect();
    let dir = lines[0];
    let wanted = [dir, &format!("--model={dir}/a"), &format!("{dir}{dir}"), "{", "$MODELCRYPT_DIR"];
    assert_eq!(lines, wanted);
}

#[test]
fn one_sealed_file_can_be_run_on() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = sandbox.run(["run", "m/deep/b.bin.enc", "--key-file", "key", "--", "cat", "{}/b.bin"]);
    assert_eq!((ran.code, ran.text()), (0, "weights"), "{}", ran.stderr);
}

#[test]
fn the_exit_code_is_the_programs_own() {
    let sandbox = Sandbox::with_sealed_model();
    for code in [0, 1, 3, 77, 255] {
        let ran = run(&sandbox, &[], &["sh", "-c", &format!("exit {code}")]);
        assert_eq!(ran.code, code, "{}", ran.stderr);
    }
    for (signal, code) in [("TERM", 143), ("KILL", 137), ("INT", 130), ("SEGV", 139)] {
        let ran = run(&sandbox, &[], &["sh", "-c", &format!("kill -{signal} $$; sleep 60")]);
        assert_eq!(ran.code, code, "{}", ran.stderr);
    }
}

#[test]
fn a_program_that_cannot_be_started_ends_as_under_env() {
    let sandbox = Sandbox::with_sealed_model();
    let memory = memory();
    let options = ["--place", memory.path().to_str().unwrap()];
    sandbox.write("plain", b"#!/bin/sh\n");
    for (program, code) in [("no-such-program", 127), ("./missing", 127), ("./plain", 126), ("./m", 126)] {
        let ran = run(&sandbox, &options, &[program]);
        ran.failed(code, &format!("starting `{program}`"));
        assert!(names(memory.path()).is_empty());
    }
}

#[test]
fn without_a_key_nothing_is_started() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.run(["run", "m", "--", "touch", "started"]).failed(3, "hint: pass --key-file");
    sandbox.run(["run", "m", "--key-file", "other", "--", "touch", "started"]).failed(3, "a.safetensors.enc");
    sandbox.run(["run", "m", "--key-env", "NOT_SET", "--", "touch", "started"]).failed(3, "NOT_SET");
    assert!(!sandbox.exists("started"));
}

#[test]
fn what_must_not_load_ends_with_its_own_code() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/evil.bin", b"pickle");
    run(&sandbox, &[], &["touch", "started"]).failed(5, "hint: `modelcrypt encrypt` seals it");
    assert_eq!(run(&sandbox, &["--allow-plaintext"], &["true"]).code, 0);
    fs::remove_file(sandbox.path("m/evil.bin")).unwrap();
    fs::rename(sandbox.path("m/deep/b.bin.enc"), sandbox.path("m/deep/c.bin.enc")).unwrap();
    run(&sandbox, &[], &["touch", "started"]).failed(4, "--allow-renamed");
    assert_eq!(run(&sandbox, &["--allow-renamed"], &["cat", "{}/deep/c.bin"]).text(), "weights");
    fs::rename(sandbox.path("m/deep/c.bin.enc"), sandbox.path("m/deep/b.bin.enc")).unwrap();
    let mut bytes = sandbox.read("m/a.safetensors.enc");
    bytes[20_000] ^= 1;
    sandbox.write("m/a.safetensors.enc", &bytes);
    run(&sandbox, &[], &["touch", "started"]).failed(4, "a.safetensors.enc");
    assert!(!sandbox.exists("started"));
}

#[test]
fn a_configuration_that_is_named_counts_and_the_directorys_own_does_not() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/mine.bin", b"mine");
    sandbox.write("own.toml", b"exclude = ['mine.bin']");
    assert_eq!(run(&sandbox, &["--config", "own.toml"], &["cat", "{}/mine.bin"]).text(), "mine");
    fs::rename(sandbox.path("own.toml"), sandbox.path("m/.modelcrypt.toml")).unwrap();
    run(&sandbox, &[], &["touch", "started"]).failed(5, "mine.bin");
}

#[test]
fn a_place_that_is_none_is_an_error() {
    let sandbox = Sandbox::with_sealed_model();
    run(&sandbox, &["--place", "ramdisk"], &["true"]).failed(1, "ramdisk");
}

#[test]
fn standard_streams_are_the_programs_own() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = sandbox.feed(line(&["-q"], &["sh", "-c", "cat; echo told >&2"]), b"input");
    assert_eq!((ran.code, ran.text(), &*ran.stderr), (0, "input", "told\n"));
}

/// As many as it would have without us: some programs close all that they may have, one by one.
#[test]
fn a_program_may_have_as_many_descriptors_as_its_starter() {
    let sandbox = Sandbox::with_sealed_model();
    for key in ["--key-file=key", "--key-env=K"] {
        let ours = sandbox.command(["run", "m", key, "--", "sh", "-c", "ulimit -Sn; ulimit -Hn"]);
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "ulimit -Sn 200; ulimit -Hn 300; exec \"$@\"", "sh"]);
        shell.arg(ours.get_program()).args(ours.get_args()).current_dir(ours.get_current_dir().unwrap());
        let output = shell.env("K", sandbox.key_text()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "200\n300\n", "{key}: {output:?}");
    }
}

#[test]
fn a_program_dumps_no_core_with_the_model_in_it() {
    let sandbox = Sandbox::with_sealed_model();
    let told = "ulimit -Hc; ulimit -Sc; cat /proc/self/coredump_filter";
    for options in [&[][..], &["--place", "tmpfs"], &["--place", "tmpfs", "--write-back"]] {
        let ran = run(&sandbox, options, &["sh", "-c", told]);
        let lines: Vec<_> = ran.text().lines().collect();
        assert_eq!(lines[..2], ["0", "0"]);
        let filter = u32::from_str_radix(lines[2], 16).unwrap();
        let shared = 0x02 | 0x08 | 0x40;
        assert_eq!(filter & shared, 0, "{filter:x}");
        assert_ne!(filter, 0, "what is not shared stays as it was");
    }
}

#[test]
fn decrypt_writes_only_to_memory_if_it_is_told_so() {
    let sandbox = Sandbox::with_sealed_model();
    let line = |output: &str| -> Vec<String> {
        ["decrypt", "m", "--key-file", "key", "--require-memory-backed", "--output", output]
            .map(str::to_owned)
            .to_vec()
    };
    let memory = memory();
    let inside = memory.path().join("new/deep");
    let ran = sandbox.run(line(inside.to_str().unwrap()));
    let may_swap = fs::read_to_string("/proc/swaps").unwrap().lines().count() > 1;
    if may_swap {
        ran.failed(5, "swap");
    } else {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(fs::read(inside.join("deep/b.bin")).unwrap(), b"weights");
    }
    if let Some(disk) = disk() {
        let out = disk.path().join("out");
        sandbox.run(line(out.to_str().unwrap())).failed(5, "does not lie in memory");
        sandbox.run([&line(out.to_str().unwrap())[..], &["--dry-run".into()]].concat()).failed(5, "memory");
        // By way of a directory that is not there the path would be looked at in one place and made in another.
        let ups = "../".repeat(memory.path().components().count() + 1);
        let around =
            format!("{}/none/{ups}{}", memory.path().display(), out.strip_prefix("/").unwrap().display());
        sandbox.run(line(&around)).failed(2, "not there");
        assert!(names(disk.path()).is_empty());
    }
    sandbox.run(["decrypt", "m", "--key-file", "key", "--require-memory-backed"]).failed(2, "--output");
    assert!(!sandbox.exists("m/deep/b.bin"));
}

/// A directory that lies on no tmpfs, if there is one.
fn disk() -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir_in(PathBuf::from(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    (rustix::fs::statfs(dir.path()).unwrap().f_type != 0x0102_1994).then_some(dir)
}
