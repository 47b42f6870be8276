//! `scan`: arguments, formats, exit codes, words.

use std::process::Command;

use crate::sandbox::{Ran, Sandbox};

/// Has a secret by its name.
const SECRET_LINE: &[u8] = b"password = \"Zq9xLw3Kp8vT\"\n";

#[test]
fn findings_are_told_with_their_place_and_end_it_with_5() {
    let sandbox = Sandbox::new();
    sandbox.write("tree/.env", SECRET_LINE);
    sandbox.write("tree/clean.txt", b"nothing\n");
    let ran = sandbox.run(["scan", "tree"]);
    ran.failed(5, "1 finding in 1 file (1 high); 2 files, ");
    let text = ran.text();
    assert!(text.starts_with("tree/.env:1:13: high: Password (password, "), "{text}");
    assert!(text.ends_with("\n    password = \"[masked:password]\"\n"), "{text}");
    assert!(ran.stderr.contains("hint: ") && ran.stderr.contains("modelcrypt:allow"), "{}", ran.stderr);
    assert!(!format!("{text}{}", ran.stderr).contains("Zq9x"));
}

#[test]
fn a_clean_tree_is_0_and_the_path_may_be_left_out() {
    let sandbox = Sandbox::new();
    sandbox.write("tree/a.txt", b"nothing\n");
    let ran = Ran::of(sandbox.command(["scan"]).current_dir(sandbox.path("tree")).output().unwrap());
    assert_eq!((ran.code, ran.text()), (0, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("no finding; 1 file, 8 B in "), "{}", ran.stderr);
    sandbox.write("tree/a.txt", SECRET_LINE);
    let ran = Ran::of(sandbox.command(["scan", "-q"]).current_dir(sandbox.path("tree")).output().unwrap());
    assert!(ran.code == 5 && ran.text().starts_with("a.txt:1:13: "), "{}", ran.text());
}

#[test]
fn what_cannot_be_read_is_1_and_a_finding_weighs_more() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", b"nothing\n");
    sandbox.run(["scan", "none", "a.txt"]).failed(1, "error: none: reading: ");
    sandbox.write("a.txt", SECRET_LINE);
    let ran = sandbox.run(["scan", "none", "a.txt"]);
    ran.failed(5, "error: none: reading: ");
    assert!(ran.stderr.contains(", 1 failed"), "{}", ran.stderr);
}

#[test]
fn json_is_one_object() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", SECRET_LINE);
    for flags in [&["--json"][..], &["--format", "json"]] {
        let ran = sandbox.run([&["scan", "a.txt", "none"], flags].concat());
        let json = ran.json();
        assert_eq!((ran.code, &json["verb"]), (5, &"scan".into()));
        assert_eq!(json["findings"][0]["rule"], "password");
        assert_eq!(
            (&json["findings"][0]["path"], &json["findings"][0]["line"]),
            (&"a.txt".into(), &1.into())
        );
        assert_eq!(
            (&json["files"][0]["path"], &json["files"][0]["error"]["kind"]),
            (&"none".into(), &"not_found".into())
        );
        let summary = &json["summary"];
        for (field, number) in [("files", 1), ("findings", 1), ("known", 0), ("failed", 1), ("exit_code", 5)]
        {
            assert_eq!(summary[field], number, "{field}");
        }
        assert_eq!(summary["severities"], serde_json::json!({ "high": 1 }));
    }
}

#[test]
fn sarif_is_a_log_and_no_second_format() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", SECRET_LINE);
    let ran = sandbox.run(["scan", "a.txt", "--format", "sarif"]);
    let sarif = ran.json();
    assert_eq!((ran.code, &sarif["version"]), (5, &"2.1.0".into()));
    let uri = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "a.txt");
    sandbox.run(["scan", "a.txt", "--json", "--format", "sarif"]).failed(2, "two formats");
}

#[test]
fn a_baseline_accepts_what_is_there_and_nothing_new() {
    let sandbox = Sandbox::new();
    sandbox.write("tree/a.txt", SECRET_LINE);
    sandbox.run(["scan", "tree", "--baseline", "b.json"]).failed(1, "hint: --update-baseline makes one");
    let made = sandbox.done(["scan", "tree", "--baseline", "b.json", "--update-baseline"]);
    assert!(made.stderr.contains("b.json knows 1 finding"), "{}", made.stderr);
    let known = sandbox.done(["scan", "tree", "--baseline", "b.json"]);
    assert!(known.text().is_empty() && known.stderr.contains("no finding, 1 known; "), "{}", known.stderr);
    sandbox.write("tree/new.txt", SECRET_LINE);
    let ran = sandbox.run(["scan", "tree", "--baseline", "b.json", "--json"]);
    let json = ran.json();
    assert_eq!((&json["findings"][0]["path"], ran.code), (&"tree/new.txt".into(), 5));
    assert_eq!(json["findings"][0]["fingerprint"].as_str().unwrap().len(), 64);
    sandbox.run(["scan", "tree", "--update-baseline"]).failed(2, "--baseline");
    sandbox.write("b.json", b"{}");
    sandbox.run(["scan", "tree", "--baseline", "b.json"]).failed(2, "the baseline `b.json` is none: ");
}

#[test]
fn severities_below_the_one_that_is_asked_for_are_left_out() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", SECRET_LINE);
    assert_eq!(sandbox.run(["scan", "a.txt", "--min-severity", "high"]).code, 5);
    sandbox.done(["scan", "a.txt", "--min-severity", "critical"]);
}

#[test]
fn staged_content_is_scanned_and_not_the_working_tree() {
    let sandbox = Sandbox::new();
    git(&sandbox, &["init", "-q", "tree"]);
    sandbox.write("tree/a.txt", SECRET_LINE);
    git(&sandbox, &["-C", "tree", "add", "a.txt"]);
    sandbox.write("tree/a.txt", b"mended\n");
    let staged = |sandbox: &Sandbox| {
        Ran::of(sandbox.command(["scan", "--staged"]).current_dir(sandbox.path("tree")).output().unwrap())
    };
    let ran = staged(&sandbox);
    assert!(ran.code == 5 && ran.text().starts_with("a.txt:1:13: "), "{}", ran.stderr);
    git(&sandbox, &["-C", "tree", "add", "a.txt"]);
    assert_eq!(staged(&sandbox).code, 0);
    let mut no_git = sandbox.command(["scan", "--staged"]);
    let ran = Ran::of(no_git.env("PATH", "").output().unwrap());
    ran.failed(1, "error: git cannot be started");
    let mut outside = sandbox.command(["scan", "--staged"]);
    let ran = Ran::of(outside.env("GIT_CEILING_DIRECTORIES", sandbox.path("..")).output().unwrap());
    ran.failed(1, "not a git repository");
}

fn git(sandbox: &Sandbox, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(args).current_dir(sandbox.path("")).env("HOME", sandbox.path("home"));
    assert!(git.output().unwrap().status.success());
}
