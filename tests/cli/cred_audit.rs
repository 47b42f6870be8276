//! `cred audit`.

use crate::sandbox::{Ran, Sandbox};

const LOG: &str = "home/data/modelcrypt/vault.db.audit.jsonl";

fn used() -> Sandbox {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", &[], "canary");
    sandbox.done(["cred", "get", "a"]);
    sandbox.run(["cred", "get", "b"]).failed(1, "no credential");
    sandbox
}

#[test]
fn every_access_is_on_record_failed_ones_too() {
    let sandbox = used();
    let all = sandbox.done(["cred", "audit", "show"]);
    assert!(all.text().contains("create") && all.text().contains("get") && !all.text().contains("canary"));
    let failed = sandbox.done(["cred", "audit", "show", "b", "--failed", "--json"]).json();
    let lines = failed["lines"].as_array().unwrap();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["name"] == "b" && line["outcome"] == "failed"));
    assert_eq!(sandbox.done(["cred", "audit", "show", "--limit", "1"]).text().lines().count(), 2);
    assert_eq!(sandbox.done(["cred", "audit", "show", "--since", "2100-01-01"]).text(), "");
    assert!(sandbox.done(["cred", "audit", "show", "--since", "1h"]).text().lines().count() > 3);
}

#[test]
fn who_claims_to_be_somebody_is_on_record_as_that() {
    let sandbox = used();
    let mut command = sandbox.command(["cred", "get", "a"]);
    command.env("MODELCRYPT_ACTOR", "trainer-7").env("MODELCRYPT_CORRELATION_ID", "job-42");
    assert_eq!(Ran::of(command.output().unwrap()).code, 0);
    let lines = sandbox.done(["cred", "audit", "show", "--limit", "1", "--json"]).json();
    let line = &lines["lines"][0];
    assert_eq!((&line["actor"], &line["correlation"]), (&"trainer-7".into(), &"job-42".into()));
}

#[test]
fn an_edited_line_is_found_and_ends_the_giving() {
    let sandbox = used();
    assert!(sandbox.done(["cred", "audit", "verify"]).stderr.contains("unchanged"));
    let log = String::from_utf8(sandbox.read(LOG)).unwrap();
    std::fs::write(sandbox.path(LOG), log.replacen("\"name\":\"a\"", "\"name\":\"c\"", 1)).unwrap();
    let ran = sandbox.run(["cred", "audit", "verify", "--json"]);
    ran.failed(4, "was edited");
    assert_eq!(ran.json()["is_tampered"], true);
}

#[test]
fn a_shortened_log_is_found_and_no_secret_is_given() {
    let sandbox = used();
    let log = String::from_utf8(sandbox.read(LOG)).unwrap();
    std::fs::write(sandbox.path(LOG), log.lines().next().unwrap().to_owned() + "\n").unwrap();
    sandbox.run(["cred", "audit", "verify"]).failed(4, "missing");
    let ran = sandbox.run(["cred", "get", "a"]);
    ran.failed(4, "audit log");
    assert!(ran.stdout.is_empty());
}

#[test]
fn a_checkpoint_goes_to_a_second_place_and_counts_there() {
    let sandbox = used();
    let json = sandbox.done(["cred", "audit", "checkpoint", "-o", "marks", "--json"]).json();
    assert!(json["checkpoint"]["signature"].is_string() && sandbox.exists("marks"));
    let verified = sandbox.done(["cred", "audit", "verify", "--checkpoints", "marks", "--json"]).json();
    assert_eq!((&verified["checkpoints"], &verified["is_tampered"]), (&1.into(), &false.into()));
    let forged = String::from_utf8(sandbox.read("marks")).unwrap().replacen("\"seq\":", "\"seq\":1", 1);
    std::fs::write(sandbox.path("marks"), forged).unwrap();
    sandbox
        .run(["cred", "audit", "verify", "--checkpoints", "marks"])
        .failed(4, "was not signed by this vault");
}

#[test]
fn a_new_name_leaves_no_failed_access() {
    let sandbox = used();
    let failed = sandbox.done(["cred", "audit", "show", "a", "--failed", "--json"]).json();
    assert_eq!(failed["lines"], serde_json::json!([]));
    sandbox.run(["cred", "edit", "nobody", "--tag", "t"]).failed(1, "no credential");
    let failed = sandbox.done(["cred", "audit", "show", "nobody", "--failed", "--json"]).json();
    assert_eq!(failed["lines"].as_array().unwrap().len(), 1);
}

#[test]
fn a_vault_that_is_gone_without_its_log_is_not_just_absent() {
    let sandbox = used();
    std::fs::rename(sandbox.path("home/data/modelcrypt/vault.db"), sandbox.path("stolen.db")).unwrap();
    let weaker =
        |args: &[&str]| Ran::of(sandbox.command(args).env("MODELCRYPT__A", "weaker").output().unwrap());
    let got = weaker(&["cred", "get", "a"]);
    got.failed(4, "its audit log is still there");
    assert!(got.stdout.is_empty());
    weaker(&["cred", "export", "--reveal"]).failed(4, "its audit log is still there");
    sandbox.feed(["cred", "set", "b"], b"new").failed(4, "its audit log is still there");
    assert!(!sandbox.exists("home/data/modelcrypt/vault.db"));
    std::fs::rename(sandbox.path("stolen.db"), sandbox.path("home/data/modelcrypt/vault.db")).unwrap();
    assert_eq!(weaker(&["cred", "get", "a"]).text(), "canary");
}

#[test]
fn a_vault_whose_name_looks_like_a_uri_is_a_file() {
    let sandbox = Sandbox::with_master_key();
    std::fs::create_dir(sandbox.path("p")).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(sandbox.path("p"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for name in ["file:v.db", "file:v.db?mode=memory"] {
        let run = |args: &[&str]| {
            let mut command = sandbox.command(args);
            command.current_dir(sandbox.path("p")).env("MODELCRYPT_VAULT", name).env("SECRET", "canary");
            Ran::of(command.output().unwrap())
        };
        let set = run(&["cred", "set", "a", "--from-env", "SECRET"]);
        assert_eq!(set.code, 0, "{}", set.stderr);
        assert_eq!(run(&["cred", "get", "a"]).text(), "canary", "{name}");
        assert!(sandbox.exists(std::path::Path::new("p").join(name)) && !sandbox.exists("p/v.db"), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_put_on_record_does_not_take_place() {
    let sandbox = used();
    std::fs::remove_file(sandbox.path(LOG)).unwrap();
    std::fs::create_dir(sandbox.path(LOG)).unwrap();
    let ran = sandbox.run(["cred", "get", "a"]);
    assert!(ran.code != 0 && ran.stdout.is_empty(), "{}", ran.stderr);
}
