//! On a terminal: the offer of a key, passphrases, the progress. Python lends the terminal; where there is no
//! Python nothing is tested here.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use crate::sandbox::Sandbox;

const MADE: &str = "home/config/modelcrypt/master.key";

/// What the terminal showed, and the exit code. `None`: there is no Python.
pub(crate) fn talk(sandbox: &Sandbox, answers: &[(&str, &str)], args: &[&str]) -> Option<(String, i32)> {
    let program = sandbox.command(args);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/on_a_terminal.py");
    let mut python = Command::new("python3");
    python.arg(script).args(answers.iter().flat_map(|(question, answer)| [question, answer])).arg("--");
    python.arg(program.get_program()).args(program.get_args()).env("TERM", "xterm");
    python.current_dir(program.get_current_dir()?);
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let output = python.output().ok()?;
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code()?))
}

#[test]
fn encrypt_offers_to_make_a_key_and_tells_to_back_it_up() {
    let sandbox = Sandbox::with_model();
    let Some((shown, code)) = talk(&sandbox, &[("[Y/n]", "\\n")], &["encrypt", "m"]) else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("There is no key yet") && shown.contains("back it up now"), "{shown}");
    let made = sandbox.path(MADE).metadata().unwrap();
    assert_eq!(made.mode() & 0o7777, 0o600);
    assert_eq!(sandbox.path("home/config/modelcrypt").metadata().unwrap().mode() & 0o777, 0o700);
    sandbox.done(["verify", "m"]);
}

#[test]
fn who_declines_types_a_passphrase_twice() {
    let sandbox = Sandbox::with_model();
    let answers = [
        ("[Y/n]", "n\\n"),
        ("Passphrase: ", "horse\\n"),
        ("again: ", "house\\n"),
        ("Passphrase: ", "horse\\n"),
        ("again: ", "horse\\n"),
    ];
    let Some((shown, code)) = talk(&sandbox, &answers, &["encrypt", "m", "--iterations", "100000"]) else {
        return;
    };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("They differ") && !shown.contains("horse"), "{shown}");
    assert!(!sandbox.exists(MADE));
    let asked = [("Key or passphrase: ", "horse\\n")];
    let (shown, code) = talk(&sandbox, &asked, &["decrypt", "m"]).unwrap();
    assert_eq!(code, 0, "{shown}");
    assert!(sandbox.exists("m/a.safetensors"));
}

#[test]
fn no_new_key_is_offered_where_files_are_sealed_already() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/new.bin", b"new");
    let answers = [("Key or passphrase of the sealed files: ", "wrong\\n")];
    let Some((shown, code)) = talk(&sandbox, &answers, &["encrypt", "m"]) else { return };
    assert_eq!(code, 3, "{shown}");
    assert!(sandbox.exists("m/new.bin") && !sandbox.exists(MADE));
}

#[test]
fn an_empty_answer_is_no_key() {
    let sandbox = Sandbox::with_sealed_model();
    let Some((shown, code)) = talk(&sandbox, &[("passphrase: ", "\\n")], &["verify", "m"]) else { return };
    assert_eq!(code, 3, "{shown}");
    assert!(shown.contains("no key was given"), "{shown}");
}

#[test]
fn a_signal_at_the_prompt_ends_the_program() {
    let sandbox = Sandbox::with_sealed_model();
    let Some((shown, code)) = talk(&sandbox, &[("passphrase: ", "\\x03")], &["verify", "m"]) else { return };
    assert_eq!(code, 130, "{shown}");
    std::fs::rename(sandbox.path("m/a.safetensors.enc"), sandbox.path("a.enc")).unwrap();
    sandbox.write("fresh/a.bin", b"x");
    let (shown, code) = talk(&sandbox, &[("[Y/n]", "\\x03")], &["encrypt", "fresh"]).unwrap();
    assert_eq!(code, 130, "{shown}");
}

#[test]
fn inspect_and_status_never_ask() {
    let sandbox = Sandbox::with_sealed_model();
    for args in [&["inspect", "m/a.safetensors.enc"][..], &["status", "m"]] {
        let Some((shown, code)) = talk(&sandbox, &[], args) else { return };
        assert_eq!(code, 0, "{shown}");
    }
}

#[test]
fn each_finished_file_has_its_line_and_the_bar_goes_away() {
    let sandbox = Sandbox::with_model();
    let Some((shown, code)) = talk(&sandbox, &[], &["encrypt", "m", "--key-file", "key"]) else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("encrypted m/a.safetensors (20.0 kB)\r\n"), "{shown}");
    assert!(shown.contains("encrypted 2 files, 20.0 kB in "), "{shown}");
    let (quiet, _) = talk(&sandbox, &[], &["decrypt", "m", "-q", "--key-file", "key"]).unwrap();
    assert_eq!(quiet, "");
}

#[test]
fn sealed_bytes_are_not_written_to_a_terminal() {
    let sandbox = Sandbox::with_model();
    let Some((shown, code)) = talk(&sandbox, &[], &["encrypt", "-", "--key-file", "key"]) else { return };
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("not written to a terminal"), "{shown}");
}
