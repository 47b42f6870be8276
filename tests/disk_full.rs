//! A disk that is full or broken: the run ends with an error that says so, nothing is lost, and once the disk
//! is well again the same verb finishes with nothing left over.
#![cfg(all(target_os = "linux", feature = "cli"))]
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod live;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use live::{Form, Scene, mount, strace, told};

#[test]
fn encrypt_and_decrypt_say_what_a_full_disk_lacks() {
    mount::on_small_disk("encrypt_and_decrypt_say_what_a_full_disk_lacks", "1m", |disk| {
        fill(disk, &Scene::plain(), "encrypt tree --key-file old.key", Form::Old);
        fill(disk, &Scene::changed(), "encrypt tree --update --key-file old.key", Form::Old);
        fill(disk, &Scene::sealed(), "decrypt tree --key-file old.key", Form::Plain);
    });
}

#[test]
fn rewrap_and_reencrypt_say_what_a_full_disk_lacks() {
    mount::on_small_disk("rewrap_and_reencrypt_say_what_a_full_disk_lacks", "1m", |disk| {
        let keys = "--key-file old.key --new-key-file new.key";
        fill(disk, &Scene::sealed(), &format!("rewrap tree {keys}"), Form::New);
        fill(disk, &Scene::sealed(), &format!("reencrypt tree {keys}"), Form::New);
    });
}

#[test]
fn encrypt_survives_an_error_at_each_call() {
    fail_everywhere(&Scene::plain(), "encrypt tree --key-file old.key", Form::Old);
}

#[test]
fn decrypt_survives_an_error_at_each_call() {
    fail_everywhere(&Scene::sealed(), "decrypt tree --key-file old.key", Form::Plain);
}

#[test]
fn rewrap_survives_an_error_at_each_call() {
    fail_everywhere(&Scene::sealed(), "rewrap tree --key-file old.key --new-key-file new.key", Form::New);
}

#[test]
fn reencrypt_survives_an_error_at_each_call() {
    fail_everywhere(&Scene::sealed(), "reencrypt tree --key-file old.key", Form::Old);
}

/// Runs with room for no page, for one, and so on until it is enough.
fn fill(disk: &Path, start: &Scene, line: &str, end: Form) {
    for room in 0.. {
        let when = format!("{line} with room for {room} pages");
        let scene = start.copy_in(disk);
        let filler = disk.join("filler");
        leave_room(&filler, room * PAGE);
        let output = scene.run(line);
        scene.assert_nothing_lost(&when);
        if output.status.success() {
            assert!(room > 0, "{when}: it cannot have made a sidecar");
            scene.assert_form(end, &when);
            fs::remove_file(filler).unwrap();
            return;
        }
        assert_eq!(output.status.code(), Some(1), "{when}: {}", told(&output));
        let told = told(&output);
        assert!(told.contains("bytes are needed, ") && told.contains(" are free"), "{when}: {told}");
        assert_eq!(scene.leftovers(), [""; 0], "{when}");
        fs::remove_file(filler).unwrap();
        scene.must(line, &format!("again after it had run {when}"));
        scene.assert_form(end, &when);
    }
}

fn leave_room(filler: &Path, room: u64) {
    let mut file = File::create_new(filler).unwrap();
    // What a program that has just ended held is given back a little later.
    for _ in 0..3 {
        while file.write_all(&[0; 4096]).is_ok() {}
        thread::sleep(Duration::from_millis(20));
    }
    let len = file.metadata().unwrap().len() / PAGE * PAGE;
    file.set_len(len - room).unwrap();
}

const PAGE: u64 = 4096;

/// A medium that fails once, and a disk that is full from one call on.
fn fail_everywhere(start: &Scene, line: &str, end: Form) {
    if !strace::works() {
        return;
    }
    let line = format!("{line} --jobs 1");
    let calls = strace::calls(&start.copy(), &line);
    for call in calls.iter().filter(|call| !NEVER_FAIL.contains(&call.name.as_str())) {
        for (error, lasting) in [("EIO", false), ("ENOSPC", true)] {
            let scene = start.copy();
            let output = strace::fail(&scene, &line, call, error, lasting);
            let when = format!("with {error} at {call:?}");
            scene.assert_nothing_lost(&when);
            match output.status.code() {
                // Not every call matters, such as that for room in advance.
                Some(0) => scene.assert_form(end, &when),
                // The errors themselves are written, too.
                Some(1) => assert!(!output.stderr.is_empty() || call.name == "write", "{when}"),
                _ => panic!("{when}: {}", told(&output)),
            }
            // What cannot be renamed or removed has to stay.
            if !["link", "rename"].iter().any(|name| call.name.contains(name)) {
                assert_eq!(scene.leftovers(), [""; 0], "{when}");
            }
            scene.must(&line, &format!("again after it was run {when}"));
            scene.assert_form(end, &format!("finished after it was run {when}"));
        }
    }
}

const NEVER_FAIL: [&str; 1] = ["getrandom"];
