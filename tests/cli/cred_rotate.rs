//! `cred rotate`, `cred rewrap`.

use crate::sandbox::Sandbox;

fn kept(args: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", args, "old-secret");
    sandbox
}

#[test]
fn a_new_secret_from_standard_input_takes_over() {
    let sandbox = kept(&[]);
    let ran = sandbox.feed(["cred", "rotate", "a", "--stdin", "--grace", "24h", "--json"], b"new-secret\n");
    let json = ran.json();
    let versions = json["credential"]["versions"].as_array().unwrap().clone();
    assert_eq!((&versions[0]["label"], &versions[1]["label"]), (&"PREVIOUS".into(), &"CURRENT".into()));
    assert!(versions[0]["valid_until"].is_string() && !json.to_string().contains("secret\""), "{json}");
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "new-secret");
    assert_eq!(sandbox.done(["cred", "get", "a", "--version", "previous"]).text(), "old-secret");
}

#[test]
fn one_is_made_of_letters_and_digits() {
    let sandbox = kept(&[]);
    sandbox.done(["cred", "rotate", "a", "--generate", "32"]);
    let made = sandbox.done(["cred", "get", "a"]);
    assert!(made.text().len() == 32 && made.text().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    sandbox.run(["cred", "rotate", "a", "--generate", "3"]).failed(2, "length");
}

#[cfg(unix)]
#[test]
fn a_command_makes_one_and_another_checks_it() {
    let sandbox = kept(&[]);
    let make = "echo made-for-$MODELCRYPT_CREDENTIAL";
    let verify = "cat > seen; test \"$(cat seen)\" = made-for-a";
    let ran = sandbox.done(["cred", "rotate", "a", "--exec", make, "--verify", verify]);
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "made-for-a");
    assert!(!ran.stderr.contains("made-for") && ran.stdout.is_empty(), "{}", ran.stderr);
    assert_eq!(sandbox.read("seen"), b"made-for-a");
}

#[cfg(unix)]
#[test]
fn a_check_that_fails_leaves_all_as_it_was() {
    let sandbox = kept(&[]);
    let args = ["cred", "rotate", "a", "--generate", "32", "--verify", "cat >&2; exit 1"];
    sandbox.run(args).failed(5, "did not pass its check");
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "old-secret");
    sandbox.run(["cred", "get", "a", "--version", "pending"]).failed(1, "no version PENDING");
}

#[cfg(unix)]
#[test]
fn what_commands_print_is_not_shown() {
    let sandbox = kept(&[]);
    let make = "echo canary-words >&2; echo canary-secret";
    let ran = sandbox.run([
        "cred",
        "rotate",
        "a",
        "--exec",
        make,
        "--verify",
        "cat; cat >&2; echo canary >&2; exit 1",
    ]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(!ran.stderr.contains("canary") && !ran.text().contains("canary"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn the_commands_do_not_get_the_key_of_the_vault() {
    let sandbox = kept(&[]);
    let key = String::from_utf8(sandbox.read("home/config/modelcrypt/master.key")).unwrap();
    for (variable, named) in [("MODELCRYPT_KEY", None), ("OTHER_KEY", Some("--key-env=OTHER_KEY"))] {
        let look = "env > seen; tr '\\0' '\\n' < /proc/$PPID/environ > seen-above; echo made";
        let args = ["cred", "rotate", "a", "--exec", look, "--verify", "env >> seen"];
        let mut command = sandbox.command(args.into_iter().chain(named));
        let ran = crate::sandbox::Ran::of(command.env(variable, key.trim_end()).output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let seen = String::from_utf8(sandbox.read("seen")).unwrap();
        assert!(seen.contains("MODELCRYPT_CREDENTIAL=a") && !seen.contains("mck1_"), "{variable}");
        assert!(!String::from_utf8_lossy(&sandbox.read("seen-above")).contains("mck1_"), "{variable}");
    }
}

#[test]
fn a_rewrap_that_is_done_may_be_run_again() {
    let sandbox = kept(&[]);
    sandbox.done(["keygen", "-qo", "new.key"]);
    for dropped in [1, 0] {
        let json = sandbox.done(["cred", "rewrap", "--new-key-file", "new.key", "--json"]).json();
        assert_eq!(json["dropped"], dropped);
    }
    sandbox.done(["keygen", "-qo", "third.key"]);
    let stranger = ["cred", "rewrap", "--key-file", "third.key", "--new-key-file", "third.key"];
    sandbox.run(stranger).failed(3, "key");
}

#[test]
fn without_a_way_to_a_new_secret_it_says_how_to_name_one() {
    let sandbox = kept(&[]);
    sandbox.run(["cred", "rotate", "a"]).failed(2, "--stdin");
    sandbox.run(["cred", "rotate"]).failed(2, "NAME");
    sandbox.run(["cred", "rotate", "a", "--due"]).failed(2, "cannot be used with");
    sandbox.run(["cred", "rotate", "a", "--stdin", "--generate", "32"]).failed(2, "cannot be used with");
}

#[cfg(unix)]
#[test]
fn those_that_are_due_are_rotated_by_the_commands_that_they_keep() {
    let sandbox =
        kept(&["--rotate-every", "1d", "--rotate-command", "echo fresh", "--verify-command", "cat > seen"]);
    assert!(sandbox.done(["cred", "rotate", "--due"]).stderr.contains("nothing is due"));
    sandbox.keep("by-hand", &["--rotate-every", "1d"], "x");
    let ran = sandbox.run(["cred", "rotate", "--due", "--before", "7d", "--json"]);
    ran.failed(5, "`by-hand` is due and keeps no command");
    assert_eq!(ran.json()["credentials"][0]["name"], "a");
    assert_eq!(ran.json()["failed"][0]["name"], "by-hand");
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "fresh");
    assert_eq!(sandbox.read("seen"), b"fresh");
}

#[test]
fn another_master_key_opens_the_vault_and_the_old_one_does_not() {
    let sandbox = kept(&[]);
    sandbox.done(["keygen", "-qo", "new.key"]);
    let json = sandbox.done(["cred", "rewrap", "--new-key-file", "new.key", "--json"]).json();
    assert_eq!(
        (&json["verb"], &json["dropped"], &json["others"]),
        (&"cred rewrap".into(), &1.into(), &0.into())
    );
    assert_eq!(sandbox.done(["cred", "get", "a", "--key-file", "new.key"]).text(), "old-secret");
    sandbox.run(["cred", "get", "a"]).failed(3, "key");
    sandbox.run(["cred", "rewrap"]).failed(2, "--new-key-file");
    assert!(sandbox.done(["cred", "audit", "show", "--key-file", "new.key"]).text().contains("rewrap"));
}
