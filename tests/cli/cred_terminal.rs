//! Credentials on a terminal: what is asked for, and what is not shown.

use crate::sandbox::Sandbox;
use crate::terminal::talk;

#[test]
fn a_secret_is_asked_for_twice_and_not_shown() {
    let sandbox = Sandbox::with_master_key();
    let answers = [
        ("Secret of a: ", "canary-1\\n"),
        ("again: ", "canary-2\\n"),
        ("Secret of a: ", "canary-1\\n"),
        ("again: ", "canary-1\\n"),
    ];
    let Some((shown, code)) = talk(&sandbox, &answers, &["cred", "set", "a"]) else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("They differ") && !shown.contains("canary"), "{shown}");
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "canary-1");
}

#[test]
fn a_secret_goes_to_a_terminal_only_if_it_is_asked_for() {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", &[], "canary");
    let Some((shown, code)) = talk(&sandbox, &[], &["cred", "get", "a"]) else { return };
    assert_eq!(code, 5, "{shown}");
    assert!(!shown.contains("canary") && shown.contains("--reveal"), "{shown}");
    let (shown, code) = talk(&sandbox, &[], &["cred", "get", "a", "--reveal"]).unwrap();
    assert_eq!((shown.as_str(), code), ("canary\r\n", 0));
    let (shown, _) = talk(&sandbox, &[], &["cred", "export", "--format", "env"]).unwrap();
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn the_first_secret_makes_the_key_if_somebody_says_so() {
    let sandbox = Sandbox::new();
    let answers = [("[Y/n]", "\\n"), ("Secret of a: ", "secret\\n"), ("again: ", "secret\\n")];
    let Some((shown, code)) = talk(&sandbox, &answers, &["cred", "set", "a"]) else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("back it up now") && shown.contains("made the vault"), "{shown}");
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "secret");
}

#[test]
fn setup_asks_for_what_it_needs() {
    let sandbox = Sandbox::with_master_key();
    let answers = [
        ("Access key id:", "AKIAIOSFODNN7EXAMPLE\\n"),
        ("Region", "eu-west-1\\n"),
        ("Secret access key: ", "canary\\n"),
        ("again: ", "canary\\n"),
    ];
    let Some((shown, code)) = talk(&sandbox, &answers, &["cred", "setup", "aws"]) else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(sandbox.done(["cred", "get", "aws/region"]).text(), "eu-west-1");
    assert_eq!(sandbox.done(["cred", "get", "aws"]).text(), "canary");
}
