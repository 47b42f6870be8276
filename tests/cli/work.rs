//! The verbs that go over trees.

use std::fs;

use crate::sandbox::Sandbox;

const KEY: [&str; 2] = ["--key-file", "key"];
const NEW_KEY: [&str; 4] = ["--key-file", "key", "--new-key-file", "other"];

fn with<'a>(args: &[&'a str], key: &[&'a str]) -> Vec<&'a str> {
    [args, key].concat()
}

#[test]
fn a_tree_is_encrypted_and_comes_back() {
    let sandbox = Sandbox::with_model();
    let ran = sandbox.done(with(&["encrypt", "m"], &KEY));
    assert!(ran.stderr.starts_with("encrypted 2 files, 20.0 kB in "), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
    assert!(sandbox.exists("m/a.safetensors.enc") && sandbox.exists("m/a.safetensors.enc.json"));
    assert!(!sandbox.exists("m/a.safetensors") && sandbox.exists("m/config.json"));
    let again = sandbox.done(with(&["encrypt", "m"], &KEY));
    assert_eq!(again.stderr, "nothing to do: 2 already done\n");
    sandbox.done(with(&["verify", "m"], &KEY));
    sandbox.done(with(&["decrypt", "m"], &KEY));
    assert_eq!(sandbox.read("m/a.safetensors"), vec![7; 20_000]);
    assert!(!sandbox.exists("m/a.safetensors.enc") && !sandbox.exists("m/a.safetensors.enc.json"));
}

#[test]
fn a_wrong_key_touches_nothing() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/new.bin", b"new");
    let before = sandbox.read("m/a.safetensors.enc");
    for verb in ["encrypt", "decrypt", "verify", "reencrypt"] {
        assert_eq!(sandbox.run([verb, "m", "--key-file", "other"]).code, 3, "{verb}");
    }
    assert_eq!(sandbox.read("m/a.safetensors.enc"), before);
    assert!(sandbox.exists("m/new.bin"));
}

#[test]
fn keep_keeps_and_output_leaves_the_source_alone() {
    let sandbox = Sandbox::with_model();
    sandbox.done(with(&["encrypt", "m", "--keep", "--output", "sealed"], &KEY));
    assert!(sandbox.exists("sealed/deep/b.bin.enc") && sandbox.exists("sealed/config.json"));
    assert!(!sandbox.exists("m/deep/b.bin.enc"));
    sandbox.done(with(&["decrypt", "sealed", "--keep"], &KEY));
    assert!(sandbox.exists("sealed/deep/b.bin") && sandbox.exists("sealed/deep/b.bin.enc"));
    sandbox.run(with(&["encrypt", "m", "--output", "m/inside"], &KEY)).failed(2, "hint: pass --output");
}

#[test]
fn patterns_choose_the_files() {
    let sandbox = Sandbox::with_model();
    sandbox.done(with(
        &["encrypt", "m", "--include", "*.json", "--include", "*.bin", "--exclude", "deep/*"],
        &KEY,
    ));
    assert!(sandbox.exists("m/config.json.enc") && sandbox.exists("m/deep/b.bin"));
    sandbox.done(with(&["encrypt", "m", "--all"], &KEY));
    assert!(sandbox.exists("m/a.safetensors.enc") && sandbox.exists("m/deep/b.bin.enc"));
}

#[test]
fn a_dry_run_shows_the_plan_and_does_nothing() {
    let sandbox = Sandbox::with_model();
    let ran = sandbox.done(["encrypt", "m", "--dry-run"]);
    let lines: Vec<&str> = ran.text().lines().collect();
    assert_eq!(lines[0], "action      size  file");
    assert_eq!(lines.len(), 3);
    assert!(
        lines[1].starts_with("encrypt  20.0 kB  m") && lines[1].ends_with("a.safetensors"),
        "{}",
        lines[1]
    );
    assert_eq!(ran.stderr, "would encrypt 2 files, 20.0 kB\n");
    assert!(!sandbox.exists("m/a.safetensors.enc"));
    let plan = sandbox.done(["encrypt", "m", "--dry-run", "--json"]).json();
    assert_eq!(plan["files"][0]["action"], "encrypt");
    assert_eq!(plan["summary"]["bytes"], 20_007);
}

#[test]
fn a_changed_plaintext_is_sealed_anew_only_when_asked() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/deep/b.bin", b"changed");
    sandbox.run(with(&["encrypt", "m"], &KEY)).failed(1, "`modelcrypt encrypt --update`");
    sandbox.done(with(&["encrypt", "m", "--update"], &KEY));
    assert!(!sandbox.exists("m/deep/b.bin"));
    assert_eq!(sandbox.done(with(&["cat", "m/deep/b.bin.enc"], &KEY)).stdout, b"changed");
}

#[test]
fn of_several_faults_the_gravest_is_the_exit_code() {
    let sandbox = Sandbox::with_sealed_model();
    let mut sealed = sandbox.read("m/a.safetensors.enc");
    sealed[17_000] ^= 1;
    sandbox.write("m/a.safetensors.enc", &sealed);
    let ran = sandbox.run(with(&["verify", "m"], &KEY));
    ran.failed(4, "a.safetensors.enc: chunk 0 does not authenticate\nhint: restore the file from a copy\n");
    assert!(ran.stderr.contains("verified 1 file, "), "{}", ran.stderr);
    assert!(ran.stderr.ends_with(", 1 failed\n"), "{}", ran.stderr);
    assert!(!sandbox.exists("m/a.safetensors"));
}

#[test]
fn a_renamed_file_is_refused_unless_allowed() {
    let sandbox = Sandbox::with_sealed_model();
    fs::rename(sandbox.path("m/deep/b.bin.enc"), sandbox.path("m/deep/c.bin.enc")).unwrap();
    sandbox.run(with(&["decrypt", "m"], &KEY)).failed(4, "hint: rename it back to `b.bin.enc`");
    sandbox.done(with(&["verify", "m", "--allow-renamed"], &KEY));
    sandbox.done(with(&["decrypt", "m", "--allow-renamed"], &KEY));
    assert_eq!(sandbox.read("m/deep/c.bin"), b"weights");
}

#[test]
fn rewrap_changes_the_key() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = sandbox.done(with(&["rewrap", "m"], &NEW_KEY));
    assert!(ran.stderr.starts_with("rewrapped 2 files in "), "{}", ran.stderr);
    assert_eq!(sandbox.run(with(&["verify", "m"], &KEY)).code, 3);
    sandbox.done(["verify", "m", "--key-file", "other"]);
}

#[test]
fn rewrap_goes_stage_by_stage_for_fleets() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.done(with(&["rewrap", "m", "--stage", "add"], &NEW_KEY));
    sandbox.done(with(&["verify", "m"], &KEY));
    sandbox.done(["verify", "m", "--key-file", "other"]);
    sandbox.done(with(&["rewrap", "m", "--stage", "drop"], &NEW_KEY));
    assert_eq!(sandbox.run(with(&["verify", "m"], &KEY)).code, 3);
}

#[test]
fn rewrap_that_fails_for_one_file_says_that_the_others_stay() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/deep/b.bin.enc", b"not ours any more");
    let ran = sandbox.run(with(&["rewrap", "m"], &NEW_KEY));
    ran.failed(4, "note: because of that, 1 file left as before");
    sandbox.done(with(&["cat", "m/a.safetensors.enc"], &KEY));
}

#[test]
fn rewrap_needs_a_new_key_that_is_another() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.run(with(&["rewrap", "m"], &KEY)).failed(2, "--new-key-file");
    let same = ["--new-key-file", "key"];
    sandbox.run(with(&["rewrap", "m"], &[KEY, same].concat())).failed(2, "the new key is the old one");
}

#[test]
fn reencrypt_makes_new_files_under_the_same_key_or_a_new_one() {
    let sandbox = Sandbox::with_sealed_model();
    let before = sandbox.read("m/deep/b.bin.enc");
    sandbox.done(with(&["reencrypt", "m"], &KEY));
    assert_ne!(sandbox.read("m/deep/b.bin.enc"), before);
    sandbox.done(with(&["reencrypt", "m"], &NEW_KEY));
    sandbox.done(["verify", "m", "--key-file", "other"]);
}

#[test]
fn sweep_removes_what_killed_runs_have_left() {
    let sandbox = Sandbox::with_model();
    sandbox.write("m/.modelcrypt-tmp-0011223344556677", b"half");
    let ran = sandbox.done(["sweep", "m"]);
    assert!(ran.stderr.contains("swept 1 file in "), "{}", ran.stderr);
    assert!(!sandbox.exists("m/.modelcrypt-tmp-0011223344556677"));
    let again = sandbox.done(["sweep", "m"]);
    assert_eq!(again.stderr, "nothing to do: no run has left anything behind\n");
}

#[test]
fn any_number_of_threads_will_do_but_none() {
    let sandbox = Sandbox::with_model();
    sandbox.run(with(&["encrypt", "m", "--jobs", "0"], &KEY)).failed(2, "--jobs");
    sandbox.done(with(&["encrypt", "m", "--jobs", "1"], &KEY));
    sandbox.done(with(&["decrypt", "m", "--jobs", "7"], &KEY));
}

#[test]
fn too_few_iterations_are_refused_before_anything_is_done() {
    let sandbox = Sandbox::with_model();
    let args = ["encrypt", "m", "--key-command", "echo horse", "--iterations", "1000"];
    sandbox.run(args).failed(2, "hint: pass --iterations 100000 or more");
    assert!(sandbox.exists("m/a.safetensors"));
}
