//! The file that tells another process that a model is there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use serde_json::Value;

use crate::run::{memory, names, run};
use crate::sandbox::Sandbox;

const READY: [&str; 2] = ["--ready-file", "ready"];

#[test]
fn it_holds_the_directory_while_the_program_runs() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = run(&sandbox, &READY, &["sh", "-c", "cat ready; stat -c %a ready; echo $MODELCRYPT_DIR"]);
    let lines: Vec<_> = ran.text().lines().collect();
    assert_eq!(lines, [lines[2], "600", lines[2]]);
    assert!(!sandbox.exists("ready"));
    assert!(!names(&sandbox.path("")).iter().any(|name| name.starts_with(".modelcrypt")));
}

#[test]
fn it_holds_an_object_if_that_is_asked_for() {
    let sandbox = Sandbox::with_sealed_model();
    let ran =
        run(&sandbox, &[&READY[..], &["--json"]].concat(), &["sh", "-c", "cat ready; echo $MODELCRYPT_DIR"]);
    let (object, dir) = ran.text().split_once('\n').unwrap();
    let object: Value = serde_json::from_str(object).unwrap();
    assert_eq!(object["path"], dir.trim_end());
    assert_eq!(object["plaintext_len"], 20_007);
    assert!(object["may_swap"].is_boolean() && object["locked_len"].is_u64());
    assert!(!sandbox.exists("ready"));
}

#[test]
fn one_that_a_killed_run_has_left_is_gone_before_the_model_is_opened() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("ready", b"/stale");
    sandbox.write("m/evil.bin", b"pickle");
    assert_eq!(run(&sandbox, &READY, &["true"]).code, 5);
    assert!(!sandbox.exists("ready"));
}

#[test]
fn another_runs_file_is_not_removed() {
    let sandbox = Sandbox::with_sealed_model();
    let other = "echo other >new; mv new ready";
    assert_eq!(run(&sandbox, &READY, &["sh", "-c", other]).code, 0);
    assert_eq!(sandbox.read("ready"), b"other\n");
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("target", b"precious");
    symlink("target", sandbox.path("ready")).unwrap();
    run(&sandbox, &READY, &["touch", "started"]).failed(2, "`ready` is not a regular file");
    fs::remove_file(sandbox.path("ready")).unwrap();
    fs::create_dir(sandbox.path("ready")).unwrap();
    run(&sandbox, &READY, &["touch", "started"]).failed(2, "`ready` is not a regular file");
    fs::remove_dir(sandbox.path("ready")).unwrap();
    assert!(Command::new("mkfifo").arg(sandbox.path("ready")).status().unwrap().success());
    run(&sandbox, &READY, &["touch", "started"]).failed(2, "`ready` is not a regular file");
    assert_eq!(sandbox.read("target"), b"precious");
    assert!(sandbox.exists("ready") && !sandbox.exists("started"));
}

#[test]
fn where_it_cannot_be_written_nothing_is_started() {
    let sandbox = Sandbox::with_sealed_model();
    let memory = memory();
    for write_back in [&[][..], &["--write-back"]] {
        let place = ["--ready-file", "none/ready", "--place", memory.path().to_str().unwrap()];
        run(&sandbox, &[&place, write_back].concat(), &["touch", "started"]).failed(1, "none/ready");
        assert!(!sandbox.exists("started") && names(memory.path()).is_empty());
    }
}

#[test]
fn it_is_gone_where_the_program_cannot_be_started() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("plain", b"");
    fs::set_permissions(sandbox.path("plain"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(run(&sandbox, &READY, &["./plain"]).code, 126);
    assert!(!sandbox.exists("ready"));
}
