//! No secret in the open: every verb is run, then every file and every word of theirs is searched.

use std::fs;
use std::path::Path;

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};

use crate::sandbox::{Ran, Sandbox};

const CANARIES: [&str; 6] = [
    "CanarySecretOne7f3a",
    "CanarySecretTwo9c1d",
    "CanaryRotated5e2b8",
    "hf_CanaryTokenQ4w8r",
    "CanaryVariable3x6z",
    "CanaryAccess/K7MDENG+bPx",
];

#[test]
fn no_secret_is_left_in_a_file_or_said() {
    let sandbox = Sandbox::with_master_key();
    let vault = sandbox.path("home/data/modelcrypt");
    fs::create_dir(sandbox.path("tmp")).unwrap();
    let mut said: Vec<Ran> = Vec::new();
    let mut run = |args: &[&str], input: &str| {
        // Not through a file: that is searched too.
        let mut command = sandbox.command(args);
        command.env("TMPDIR", sandbox.path("tmp")).env("TMP", sandbox.path("tmp"));
        command.stdin(std::process::Stdio::piped());
        let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let written = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
        drop(written);
        said.push(Ran::of(child.wait_with_output().unwrap()));
        said.last().unwrap().code
    };
    let [one, two, rotated, token, variable, access] = CANARIES;
    assert_eq!(run(&["cred", "set", "a", "--tag", "t"], one), 0);
    assert_eq!(run(&["cred", "set", "a", "--json", "-v"], two), 0);
    assert_eq!(run(&["cred", "set", "bad", "--type", "jwt"], one), 2);
    assert_eq!(run(&["cred", "set", "bad", "--type", "db_dsn", "-v"], one), 2);
    assert_eq!(run(&["cred", "edit", "a", "--service", "s", "--json"], ""), 0);
    assert_eq!(run(&["cred", "rotate", "a", "--stdin", "--json"], rotated), 0);
    if cfg!(unix) {
        assert_eq!(run(&["cred", "rotate", "a", "--stdin", "--verify", "cat; exit 1"], one), 5);
    }
    assert_eq!(run(&["cred", "setup", "hf"], token), 0);
    assert_eq!(run(&["cred", "setup", "aws", "--access-key-id", "AKIAIOSFODNN7EXAMPLE"], access), 0);
    assert_eq!(
        run(&["cred", "import", "env", "-", "--json"], &format!("V={variable}\nbroken {variable}\n")),
        2
    );
    assert_eq!(run(&["cred", "import", "env", "-"], &format!("V={one}\n")), 1);
    for args in [
        &["cred", "list", "--json"][..],
        &["cred", "list"],
        &["cred", "history", "a", "--json"],
        &["cred", "export", "--json"],
        &["cred", "export", "--format", "env"],
        &["cred", "export", "--format", "k8s"],
        &["cred", "export", "--format", "aws"],
        &["cred", "rollback", "a", "--json"],
        &["cred", "rm", "a", "--json"],
        &["cred", "restore", "a", "--json"],
        &["cred", "audit", "checkpoint", "--json"],
        &["cred", "audit", "verify", "--json"],
        &["cred", "audit", "show", "--json"],
        &["cred", "audit", "show"],
        &["cred", "rm", "V", "--purge"],
    ] {
        assert_eq!(run(args, ""), 0, "{args:?}");
    }
    // What is asked for is exempt: it is not among what was said.
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), two);
    for ran in &said {
        assert_clean(&ran.stdout, "standard output");
        assert_clean(ran.stderr.as_bytes(), "standard error");
    }
    assert!(vault.join("vault.db").exists() && vault.join("vault.db.audit.jsonl").exists());
    let files = search(&sandbox.path(""));
    assert!(files >= 4, "{files}");
}

/// Searches every file below `dir`; how many there are.
fn search(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let searched = |path: std::path::PathBuf| {
        if path.is_dir() {
            return search(&path);
        }
        assert_clean(&fs::read(&path).unwrap(), &path.display().to_string());
        1
    };
    entries.map(searched).sum()
}

fn assert_clean(bytes: &[u8], place: &str) {
    for canary in CANARIES {
        for form in forms(canary) {
            let is_there = bytes.windows(form.len()).any(|window| window == form);
            assert!(!is_there, "`{}` is in {place}", String::from_utf8_lossy(&form));
        }
    }
}

/// As it is, in hexadecimal, and in base64 at each of three alignments.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        secret.into(),
        HEXLOWER.encode(secret.as_bytes()).into(),
        HEXUPPER.encode(secret.as_bytes()).into(),
    ];
    for shift in 0..3 {
        let whole = [&b"\0\0"[..shift], secret.as_bytes()].concat();
        for text in [BASE64.encode(&whole), BASE64URL.encode(&whole)] {
            // Without the characters that what stands before or behind has a part in.
            forms.push(text.as_bytes()[if shift == 0 { 0 } else { 4 }..text.len() - 4].to_vec());
        }
    }
    forms
}

#[test]
fn the_search_finds_what_it_is_for() {
    for text in [
        CANARIES[0].to_owned(),
        HEXLOWER.encode(CANARIES[1].as_bytes()),
        BASE64.encode(format!("x{}y", CANARIES[2]).as_bytes()),
    ] {
        assert!(std::panic::catch_unwind(|| assert_clean(text.as_bytes(), "a test")).is_err(), "{text}");
    }
}
