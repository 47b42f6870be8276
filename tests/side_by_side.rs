//! Two runs at the same time, on a tree and on a directory of it: nothing is lost, none waits for ever.
#![cfg(all(target_os = "linux", feature = "cli"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a step that fails fails the test")]

mod live;

use std::time::Duration;

use live::{Form, Scene, bytes, told, wait};

const ENCRYPT: &str = "encrypt {} --key-file old.key";
const DECRYPT: &str = "decrypt {} --key-file old.key";
const REWRAP: &str = "rewrap {} --key-file old.key --new-key-file new.key";
const REENCRYPT: &str = "reencrypt {} --key-file old.key";
const REENCRYPT_TO_NEW: &str = "reencrypt {} --key-file old.key --new-key-file new.key";

#[test]
fn two_runs_of_one_verb_both_end_well() {
    both_end_well(&tree(), ENCRYPT, Form::Old);
    let sealed = sealed();
    both_end_well(&sealed, DECRYPT, Form::Plain);
    both_end_well(&sealed, REWRAP, Form::New);
    both_end_well(&sealed, REENCRYPT, Form::Old);
    both_end_well(&sealed, REENCRYPT_TO_NEW, Form::New);
}

#[test]
fn encrypt_and_decrypt_do_not_harm_each_other() {
    meet(&tree(), ENCRYPT, DECRYPT, &[0]);
    meet(&tree(), DECRYPT, ENCRYPT, &[0]);
    meet(&sealed(), ENCRYPT, DECRYPT, &[0]);
    meet(&sealed(), DECRYPT, ENCRYPT, &[0]);
}

/// Who comes second finds files that its key no longer opens.
#[test]
fn decrypt_and_a_change_of_the_key_do_not_harm_each_other() {
    meet(&sealed(), DECRYPT, REWRAP, &[0, 3]);
    meet(&sealed(), REWRAP, DECRYPT, &[0, 3]);
    meet(&sealed(), DECRYPT, REENCRYPT_TO_NEW, &[0, 3]);
    meet(&sealed(), REENCRYPT_TO_NEW, DECRYPT, &[0, 3]);
}

#[test]
fn reencrypt_and_encrypt_do_not_harm_each_other() {
    meet(&tree(), REENCRYPT, ENCRYPT, &[0]);
    meet(&tree(), ENCRYPT, REENCRYPT, &[0]);
    meet(&sealed(), REENCRYPT, ENCRYPT, &[0]);
    meet(&sealed(), REENCRYPT, DECRYPT, &[0]);
}

fn tree() -> Scene {
    let mut scene = Scene::plain();
    scene.add("deep/er/long.gguf", bytes(300_000));
    scene.add("deep/er/short.pt", bytes(16_384));
    scene
}

fn sealed() -> Scene {
    let scene = tree();
    scene.must("encrypt tree --key-file old.key", "to begin with");
    scene
}

fn both_end_well(start: &Scene, verb: &str, end: Form) {
    for (first, second) in [("tree", "tree"), ("tree", "tree/deep"), ("tree/deep", "tree")] {
        for delay in delays() {
            let scene = start.copy();
            let lines = [verb.replace("{}", first), verb.replace("{}", second)];
            let when = format!("{lines:?} after {delay:?}");
            together(&scene, &lines, delay, &[0], &when);
            scene.assert_form(end, &when);
        }
    }
}

/// `first` on the tree, `second` on a directory of it; each ends with one of `codes`.
fn meet(start: &Scene, first: &str, second: &str, codes: &[i32]) {
    for delay in delays() {
        let scene = start.copy();
        let lines = [first.replace("{}", "tree"), second.replace("{}", "tree/deep")];
        let when = format!("{lines:?} after {delay:?}");
        together(&scene, &lines, delay, codes, &when);
        // All plain again, if need be with both keys in turn.
        let old = scene.run("decrypt tree --key-file old.key");
        let new = scene.run("decrypt tree --key-file new.key");
        assert!(old.status.success() || new.status.success(), "{when}: {}{}", told(&old), told(&new));
        scene.assert_form(Form::Plain, &when);
    }
}

fn together(scene: &Scene, lines: &[String; 2], delay: Duration, codes: &[i32], when: &str) {
    let first = scene.start(&lines[0]);
    std::thread::sleep(delay);
    let second = scene.start(&lines[1]);
    for run in [first, second] {
        let output = wait(run, when);
        assert!(output.status.code().is_some_and(|code| codes.contains(&code)), "{when}: {}", told(&output));
    }
    scene.assert_nothing_lost(when);
    assert_eq!(scene.leftovers(), [""; 0], "{when}");
}

/// From both at once to the second when the first is about to end.
fn delays() -> impl Iterator<Item = Duration> {
    (0..20).map(|step| Duration::from_millis(2 * step))
}
