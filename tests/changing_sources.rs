//! Sources that somebody changes while they are read, and signals: what is new is never deleted, and no
//! mixture is left in its place.
#![cfg(all(target_os = "linux", feature = "cli"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a step that fails fails the test")]

mod live;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use live::strace::{self, Call};
use live::{Form, Scene, told, wait};
use rustix::process::{Pid, Signal, kill_process};

const ENCRYPT: &str = "encrypt tree --key-file old.key";
const NAME: &str = "large.safetensors";
const LEN: usize = 48 * 1024 * 1024;

#[test]
fn a_source_that_grows_is_kept() {
    change_while_read(|scene| {
        let mut file = File::options().append(true).open(scene.path(NAME)).unwrap();
        file.write_all(b"more").unwrap();
    });
}

#[test]
fn a_source_that_is_cut_is_kept() {
    change_while_read(|scene| {
        File::options().write(true).open(scene.path(NAME)).unwrap().set_len(LEN as u64 / 2).unwrap();
    });
}

#[test]
fn a_source_that_is_written_over_is_kept() {
    change_while_read(|scene| {
        let file = File::options().write(true).open(scene.path(NAME)).unwrap();
        file.write_all_at(b"other bytes", 0).unwrap();
        file.write_all_at(b"other bytes", LEN as u64 - 20).unwrap();
    });
}

#[test]
fn a_source_that_is_replaced_is_kept() {
    change_while_read(replace);
}

/// A trainer's way to write a checkpoint. Whenever it happens, the new one stays.
#[test]
fn a_source_may_be_replaced_at_any_time() {
    let start = Scene::large(LEN);
    let took = time(&start);
    for step in 0..20 {
        let scene = start.copy();
        let run = scene.start(ENCRYPT);
        let delay = took * step / 20;
        sleep(delay);
        // Where the old one stood, or stands no more.
        replace(&scene);
        let output = wait(run, ENCRYPT);
        let when = format!("replaced after {delay:?} of {took:?}: {}", told(&output));
        let sealed = scene.path(&format!("{NAME}.enc"));
        let is_new = |bytes: &[u8]| bytes == REPLACEMENT;
        assert_eq!(scene.leftovers(), [""; 0], "{when}");
        match output.status.code() {
            // Before the run has looked, or after it has removed what it sealed.
            Some(0) if !scene.path(NAME).exists() => {
                assert!(is_new(&scene.opened(&sealed).unwrap()), "{when}");
            }
            Some(0) => {
                assert!(is_new(&fs::read(scene.path(NAME)).unwrap()), "{when}");
                assert!(scene.opened(&sealed).unwrap() == scene.files[NAME], "{when}");
            }
            Some(1) => {
                assert!(is_new(&fs::read(scene.path(NAME)).unwrap()), "{when}");
                assert!(!sealed.exists(), "{when}");
            }
            _ => panic!("{when}"),
        }
    }
}

/// The sealed file and its sidecar are there, and what they were made of is to be renamed aside.
#[test]
fn a_source_that_is_replaced_right_before_its_removal_is_kept() {
    if !strace::works() {
        return;
    }
    let scene = Scene::large(40_000);
    let aside = Call { name: "renameat2".to_owned(), at: 2 };
    let run = strace::delay(&scene, &format!("{ENCRYPT} --jobs 1"), &aside);
    let sidecar = scene.path(&format!("{NAME}.enc.json"));
    until(|| sidecar.exists());
    sleep(Duration::from_millis(300));
    replace(&scene);
    let output = wait(run, ENCRYPT);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert_eq!(fs::read(scene.path(NAME)).unwrap(), REPLACEMENT);
    assert_eq!(scene.names(), [NAME]);
}

#[test]
fn a_signal_stops_each_verb_and_leaves_nothing() {
    let plain = Scene::large(LEN);
    let sealed = plain.copy();
    sealed.must(ENCRYPT, "to begin with");
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        interrupt(&plain, ENCRYPT, signal, code, Form::Plain, Form::Old);
        interrupt(&sealed, "decrypt tree --key-file old.key", signal, code, Form::Old, Form::Plain);
        let reencrypt = "reencrypt tree --key-file old.key --new-key-file new.key";
        interrupt(&sealed, reencrypt, signal, code, Form::Old, Form::New);
    }
}

#[test]
fn a_run_that_waits_heeds_a_signal() {
    let scene = Scene::plain();
    let locked = File::open(scene.path("deep")).unwrap();
    locked.lock().unwrap();
    let run = scene.start(ENCRYPT);
    sleep(Duration::from_millis(200));
    send(&run, Signal::TERM);
    let output = wait(run, ENCRYPT);
    assert_eq!(output.status.code(), Some(143), "{}", told(&output));
    scene.assert_form(Form::Plain, "while it waited");
}

/// Does `change` when the run has begun to write.
fn change_while_read(change: impl Fn(&Scene)) {
    let scene = Scene::large(LEN);
    let run = scene.start(ENCRYPT);
    until_begun(&scene);
    change(&scene);
    let changed = fs::read(scene.path(NAME)).unwrap();
    let output = wait(run, ENCRYPT);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("changed while it was read"), "{}", told(&output));
    assert!(fs::read(scene.path(NAME)).unwrap() == changed);
    assert_eq!(scene.names(), [NAME]);
}

const REPLACEMENT: &[u8] = b"a new checkpoint";

fn replace(scene: &Scene) {
    let beside = scene.dir().join("new");
    fs::write(&beside, REPLACEMENT).unwrap();
    fs::rename(beside, scene.path(NAME)).unwrap();
}

fn time(start: &Scene) -> Duration {
    let scene = start.copy();
    let started = Instant::now();
    scene.must(ENCRYPT, "undisturbed");
    started.elapsed()
}

fn interrupt(start: &Scene, line: &str, signal: Signal, code: i32, before: Form, after: Form) {
    let scene = start.copy();
    let run = scene.start(line);
    until_begun(&scene);
    send(&run, signal);
    let output = wait(run, line);
    assert_eq!(output.status.code(), Some(code), "{line}: {}", told(&output));
    scene.assert_form(before, &format!("{line} after {signal:?}"));
    scene.must(line, "again");
    scene.assert_form(after, &format!("{line} again after {signal:?}"));
}

/// Waits for the run's first temporary.
fn until_begun(scene: &Scene) {
    until(|| !scene.leftovers().is_empty());
}

fn until(done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(30), "it does not come");
        sleep(Duration::from_micros(200));
    }
}

fn send(run: &Child, signal: Signal) {
    kill_process(Pid::from_child(run), signal).unwrap();
}
