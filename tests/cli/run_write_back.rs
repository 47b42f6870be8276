//! `run --write-back`: what a program has changed is sealed, or kept.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::run::{line, memory, names, run};
use crate::sandbox::Sandbox;

const CHANGE: &str = "printf changed >$MODELCRYPT_DIR/deep/b.bin; printf new >$MODELCRYPT_DIR/new.bin";

/// The directory that was kept in `memory`, which must be the only one.
fn kept(memory: &tempfile::TempDir) -> PathBuf {
    let names = names(memory.path());
    assert!(names.len() == 1 && names[0].starts_with("modelcrypt-kept-"), "{names:?}");
    memory.path().join(&names[0]).join("m")
}

#[test]
fn what_a_program_has_changed_is_sealed_when_it_ends_well() {
    let sandbox = Sandbox::with_sealed_model();
    let (memory, untouched) = (memory(), sandbox.read("m/a.safetensors.enc"));
    let place = ["--write-back", "--place", memory.path().to_str().unwrap()];
    let ran = run(&sandbox, &place, &["sh", "-c", CHANGE]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("sealed") && ran.stderr.contains("new.bin.enc"), "{}", ran.stderr);
    assert!(names(memory.path()).is_empty());
    assert_eq!(names(&sandbox.path("m")).len(), 6, "{:?}", names(&sandbox.path("m")));
    sandbox.done(["verify", "m", "--key-file", "key"]);
    assert_eq!(sandbox.read("m/a.safetensors.enc"), untouched);
    let ran = run(&sandbox, &[], &["cat", "{}/deep/b.bin", "{}/new.bin"]);
    assert_eq!(ran.text(), "changednew");
}

#[test]
fn memory_files_cannot_be_written_back() {
    let sandbox = Sandbox::with_sealed_model();
    for options in [&["--write-back"][..], &["--write-back", "--place", "memfd"]] {
        run(&sandbox, options, &["touch", "started"]).failed(2, "hint: pass --place tmpfs");
    }
    assert!(!sandbox.exists("started"));
}

#[test]
fn what_a_program_that_failed_has_changed_is_kept() {
    let sandbox = Sandbox::with_sealed_model();
    for (end, code) in [("exit 7", 7), ("kill -KILL $$", 137)] {
        let memory = memory();
        let place = ["--write-back", "--place", memory.path().to_str().unwrap()];
        let ran = run(&sandbox, &place, &["sh", "-c", &format!("{CHANGE}; {end}")]);
        ran.failed(code, kept(&memory).to_str().unwrap());
        assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
        assert_eq!(fs::read(kept(&memory).join("deep/b.bin")).unwrap(), b"changed");
        assert_eq!(run(&sandbox, &[], &["cat", "{}/deep/b.bin"]).text(), "weights");
        assert!(!sandbox.exists("m/new.bin.enc"));
    }
}

#[test]
fn a_program_that_failed_and_changed_nothing_leaves_nothing() {
    let sandbox = Sandbox::with_sealed_model();
    let memory = memory();
    let place = ["--write-back", "--place", memory.path().to_str().unwrap()];
    let ran = run(&sandbox, &place, &["sh", "-c", "exit 7"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert_eq!(run(&sandbox, &place, &["./none"]).code, 127);
    assert!(names(memory.path()).is_empty());
}

#[test]
fn what_cannot_be_sealed_is_kept_and_the_run_fails() {
    let sandbox = Sandbox::with_sealed_model();
    let memory = memory();
    let place = ["--write-back", "--place", memory.path().to_str().unwrap()];
    let rewrapped = format!(
        "{CHANGE}; {} rewrap m -q --key-file key --new-key-file other",
        env!("CARGO_BIN_EXE_modelcrypt")
    );
    let ran = run(&sandbox, &place, &["sh", "-c", &rewrapped]);
    ran.failed(1, kept(&memory).to_str().unwrap());
    assert_eq!(fs::read(kept(&memory).join("deep/b.bin")).unwrap(), b"changed");
    sandbox.done(["verify", "m/deep/b.bin.enc", "--key-file", "other"]);
}

#[test]
fn who_interrupts_the_sealing_finds_the_changes_kept() {
    let sandbox = Sandbox::with_sealed_model();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let memory = memory();
        let place = ["--write-back", "--place", memory.path().to_str().unwrap()];
        // Whoever holds the directory has the sealing wait.
        let lock = fs::File::open(sandbox.path("m")).unwrap();
        lock.lock().unwrap();
        let mut command = sandbox.command(line(&place, &["sh", "-c", "printf new >$MODELCRYPT_DIR/new.bin"]));
        let mut holder = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(holder.stderr.take().unwrap());
        let mut told = String::new();
        while !told.contains("waiting for another run") {
            assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "{told}");
        }
        let sent = Command::new("kill").args([format!("-{signal}"), holder.id().to_string()]).status();
        assert!(sent.unwrap().success());
        stderr.read_to_string(&mut told).unwrap();
        assert_eq!(holder.wait().unwrap().code(), Some(code), "{told}");
        assert!(told.contains(kept(&memory).to_str().unwrap()), "{told}");
        assert_eq!(fs::read(kept(&memory).join("new.bin")).unwrap(), b"new");
        assert!(!sandbox.exists("m/new.bin.enc"));
    }
}

#[test]
fn the_key_in_a_variable_seals_what_was_changed() {
    let sandbox = Sandbox::with_sealed_model();
    let memory = memory();
    let place = ["run", "m", "--write-back", "--place", memory.path().to_str().unwrap()];
    let command = [&place[..], &["--", "sh", "-c", CHANGE]].concat();
    let output = sandbox.command(command).env("MODELCRYPT_KEY", sandbox.key_text()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    sandbox.done(["verify", "m", "--key-file", "key"]);
    assert_eq!(run(&sandbox, &[], &["cat", "{}/new.bin"]).text(), "new");
}
