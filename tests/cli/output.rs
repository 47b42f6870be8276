//! What is said where: quiet, verbose, colours, JSON.

use std::process::Stdio;

use crate::sandbox::Sandbox;

const ENCRYPT: [&str; 4] = ["encrypt", "m", "--key-file", "key"];

#[test]
fn quiet_says_nothing_when_all_is_well() {
    let sandbox = Sandbox::with_model();
    let ran = sandbox.done(ENCRYPT.iter().chain(&["-q"]));
    assert_eq!((ran.stderr.as_str(), ran.stdout.len()), ("", 0));
    let ran = sandbox.run(["verify", "m", "-q", "--key-file", "other"]);
    assert!(ran.stderr.starts_with("error: ") && !ran.stderr.contains("verified"), "{}", ran.stderr);
}

#[test]
fn verbose_has_a_line_for_each_file() {
    let ran = Sandbox::with_model().done(ENCRYPT.iter().chain(&["-v", "--jobs", "1"]));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        lines[0].ends_with("a.safetensors (20.0 kB)") && lines[0].starts_with("encrypted m"),
        "{}",
        lines[0]
    );
    assert_eq!(lines.len(), 3);
}

#[test]
fn colour_comes_when_asked_for_only() {
    let sandbox = Sandbox::new();
    let plain = sandbox.run(["encrypt", "typo"]);
    assert!(plain.stderr.starts_with("error: "), "{}", plain.stderr);
    let coloured = sandbox.run(["encrypt", "typo", "--color", "always"]);
    assert!(coloured.stderr.starts_with("\x1b[1;31merror:\x1b[0m "), "{}", coloured.stderr);
}

#[test]
fn json_is_one_object_that_sums_up() {
    let sandbox = Sandbox::with_model();
    let done = sandbox.done(ENCRYPT.iter().chain(&["--json"])).json();
    assert_eq!(done["verb"], "encrypt");
    assert_eq!(done["files"][0]["outcome"], "encrypted");
    assert_eq!(done["files"][0]["plaintext_len"], 20_000);
    let summary = &done["summary"];
    assert_eq!((&summary["done"], &summary["bytes"]), (&2.into(), &20_007.into()));
    let again = sandbox.done(ENCRYPT.iter().chain(&["--json"])).json();
    assert_eq!(again["files"][0]["outcome"], "already_done");
    assert_eq!(again["summary"]["skipped"], 2);
}

#[test]
fn json_comes_on_failure_too() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = sandbox.run(["verify", "m", "--json", "--key-file", "other"]);
    assert_eq!(ran.code, 3);
    let error = &ran.json()["files"][0]["error"];
    assert_eq!(error["kind"], "wrong_key");
    assert!(error["hint"].as_str().unwrap().contains("--key-file"));
    let ran = sandbox.run(["verify", "m", "--json"]);
    assert_eq!(ran.json()["error"]["kind"], "no_key");
    assert_eq!(ran.json()["summary"]["exit_code"], ran.code);
}

#[test]
fn bytes_and_scripts_have_no_json() {
    let sandbox = Sandbox::with_sealed_model();
    for args in [&["cat", "m/a.safetensors.enc"][..], &["completions", "bash"], &["man"]] {
        assert_eq!(sandbox.run(args.iter().chain(&["--json"])).code, 2, "{args:?}");
    }
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/new.bin", b"new");
    let mut child = sandbox
        .command(["status", "m", "--check"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_standard_output_is_an_error() {
    let sandbox = Sandbox::with_sealed_model();
    for args in [&["status", "m"][..], &["cat", "m/a.safetensors.enc", "--key-file", "key"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = sandbox.command(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("writing to standard output"), "{args:?}");
    }
}
