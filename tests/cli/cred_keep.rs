//! `cred set`, `edit`, `get`, `list`, `history`, `rm`, `restore`, `rollback`.

use crate::sandbox::Sandbox;

#[test]
fn what_is_kept_is_given_byte_for_byte() {
    let sandbox = Sandbox::with_master_key();
    let ran = sandbox.keep("api", &["--type", "api_key"], "s3cr3t-value\n");
    assert!(
        ran.stderr.contains("made the vault") && ran.stderr.contains("kept api, version 1, in the vault")
    );
    assert_eq!(sandbox.done(["cred", "get", "api"]).stdout, b"s3cr3t-value");
    sandbox.keep("pem", &[], "two\nlines\n");
    assert_eq!(sandbox.done(["cred", "get", "pem/secret"]).stdout, b"two\nlines\n");
    assert!(sandbox.exists("home/data/modelcrypt/vault.db"));
}

#[test]
fn a_secret_comes_from_a_file_or_a_variable_too() {
    let sandbox = Sandbox::with_master_key();
    sandbox.write("secret.txt", b"from the file\n");
    sandbox.done(["cred", "store", "a", "--from-file", "secret.txt"]);
    assert_eq!(sandbox.done(["cred", "get", "a"]).stdout, b"from the file");
    let mut command = sandbox.command(["cred", "set", "b", "--from-env", "SECRET"]);
    assert!(command.env("SECRET", "from the variable").status().unwrap().success());
    assert_eq!(sandbox.done(["cred", "get", "b"]).stdout, b"from the variable");
    sandbox.run(["cred", "set", "c", "--from-env", "MISSING"]).failed(1, "`MISSING` is not set");
    sandbox.run(["cred", "set", "c", "--from-file", "a", "--from-env", "B"]).failed(2, "cannot be used with");
    sandbox.run(["cred", "set", "c"]).failed(2, "the secret is empty");
}

#[test]
fn a_vault_lies_where_the_variable_says() {
    let sandbox = Sandbox::with_master_key();
    let ran =
        sandbox.command(["cred", "list"]).env("MODELCRYPT_VAULT", sandbox.path("x/v.db")).output().unwrap();
    assert!(ran.status.success() && !sandbox.exists("x"));
    sandbox.write("input", b"secret");
    let input = std::fs::File::open(sandbox.path("input")).unwrap();
    let mut command = sandbox.command(["cred", "set", "a"]);
    command.env("MODELCRYPT_VAULT", sandbox.path("x/v.db")).stdin(input);
    assert!(command.status().unwrap().success());
    assert!(sandbox.exists("x/v.db") && sandbox.exists("x/v.db.audit.jsonl"));
    assert!(!sandbox.exists("home/data/modelcrypt"));
}

#[test]
fn without_a_key_none_is_made_and_without_a_vault_none_is_needed() {
    let sandbox = Sandbox::new();
    sandbox.feed(["cred", "set", "a"], b"secret").failed(3, "key");
    assert!(!sandbox.exists("home/data/modelcrypt/vault.db"));
    sandbox.run(["cred", "get", "a"]).failed(1, "vault: there is none at");
    let ran = Sandbox::new().command(["cred", "get", "a"]).env("MODELCRYPT__A", "from the variable").output();
    assert_eq!(ran.unwrap().stdout, b"from the variable");
}

#[test]
fn another_key_does_not_open_the_vault() {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", &[], "secret");
    sandbox.done(["keygen", "-qo", "other"]);
    sandbox.run(["cred", "get", "a", "--key-file", "other"]).failed(3, "key that the vault was made with");
}

#[test]
fn a_secret_that_is_not_what_its_type_says_is_refused_and_not_shown() {
    let sandbox = Sandbox::with_master_key();
    for (kind, word) in
        [("db_dsn", "secret:"), ("huggingface", "hf_"), ("jwt", "secret:"), ("aws", "username")]
    {
        let ran = sandbox.feed(["cred", "set", "a", "--type", kind], b"canary-value");
        ran.failed(2, word);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
    let endpoint = ["cred", "set", "a", "--extra", "endpoint=http://far.example"];
    sandbox.feed(endpoint, b"x").failed(2, "extra.endpoint: it is not https");
    sandbox.run(["cred", "get", "a"]).failed(1, "no credential `a`");
}

#[test]
fn a_secret_in_the_place_of_a_name_is_not_repeated() {
    let sandbox = Sandbox::with_master_key();
    let ran = sandbox.feed(["cred", "set", "canary value"], b"x");
    ran.failed(2, "name:");
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    let ran = sandbox.feed(["cred", "set", "a", "--extra", "canary"], b"x");
    ran.failed(2, "not KEY=VALUE");
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
}

#[test]
fn a_field_is_given_by_its_name() {
    let sandbox = Sandbox::with_master_key();
    let dsn = "postgres://me:p%40ss@db.example:5432/main";
    sandbox.keep("db", &["--type", "db_dsn", "--username", "me", "--extra", "sslmode=require"], dsn);
    for (field, value) in
        [("password", "p@ss"), ("host", "db.example"), ("sslmode", "require"), ("username", "me")]
    {
        assert_eq!(sandbox.done(["cred", "get", &format!("db/{field}")]).text(), value);
    }
    sandbox.run(["cred", "get", "db/nothing"]).failed(1, "no field `nothing`");
}

#[test]
fn json_has_a_secret_only_if_it_is_asked_for() {
    let sandbox = Sandbox::with_master_key();
    let kept = sandbox.keep("a", &["--tag", "x", "--json"], "canary").json();
    assert_eq!((&kept["verb"], &kept["credential"]["name"]), (&"cred set".into(), &"a".into()));
    assert_eq!(
        (&kept["credential"]["type"], &kept["credential"]["store"]),
        (&"custom".into(), &"vault".into())
    );
    assert!(!kept.to_string().contains("canary"));
    let refused = sandbox.run(["cred", "get", "a", "--json"]);
    refused.failed(5, "--reveal");
    assert_eq!(refused.json()["error"]["kind"], "policy_violation");
    let given = sandbox.done(["cred", "get", "a", "--json", "--reveal"]).json();
    assert_eq!(
        (&given["value"], &given["version"], &given["store"]),
        (&"canary".into(), &1.into(), &"vault".into())
    );
    let listed = sandbox.done(["cred", "list", "--json"]);
    assert!(!listed.text().contains("canary"));
    assert_eq!(listed.json()["credentials"][0]["tags"][0], "x");
}

#[test]
fn a_new_secret_is_a_new_version_and_the_old_one_can_come_back() {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", &["--description", "first"], "one");
    let ran = sandbox.keep("a", &["--service", "s"], "two");
    assert!(ran.stderr.contains("version 2"), "{}", ran.stderr);
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "two");
    assert_eq!(sandbox.done(["cred", "get", "a", "--version", "1"]).text(), "one");
    assert_eq!(sandbox.done(["cred", "get", "a", "--version", "previous"]).text(), "one");
    let history = sandbox.done(["cred", "history", "a"]);
    assert!(history.text().contains("CURRENT") && history.text().contains("PREVIOUS"), "{}", history.text());
    assert!(sandbox.done(["cred", "rollback", "a"]).stderr.contains("version 1 of a is the current one"));
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "one");
    let json = sandbox.done(["cred", "history", "a", "--json"]).json();
    assert_eq!(
        (&json["credential"]["description"], &json["credential"]["service"]),
        (&"first".into(), &"s".into())
    );
    sandbox.run(["cred", "rollback", "a", "--to", "7"]).failed(1, "no version 7");
    sandbox.feed(["cred", "set", "a", "--type", "api_key"], b"x").failed(2, "is of the type custom");
}

#[test]
fn edit_changes_what_is_named_and_takes_away_what_is_empty() {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", &["--tag", "x", "--service", "s", "--extra", "k=v"], "secret");
    let args =
        ["cred", "edit", "a", "--tag", "y", "--untag", "x", "--service", "", "--extra", "k=", "--json"];
    let credential = sandbox.done(args).json()["credential"].clone();
    assert_eq!(credential["tags"], serde_json::json!(["y"]));
    assert!(credential.get("service").is_none() && credential.get("extra").is_none(), "{credential}");
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "secret");
}

#[test]
fn what_is_removed_is_not_given_until_it_is_restored_or_purged() {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", &[], "secret");
    sandbox.done(["cred", "rm", "a"]);
    sandbox.run(["cred", "get", "a"]).failed(1, "`modelcrypt cred restore a`");
    assert!(sandbox.done(["cred", "list"]).text().contains("deactivated"));
    sandbox.done(["cred", "restore", "a"]);
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "secret");
    sandbox.done(["cred", "rm", "a", "--purge"]);
    sandbox.run(["cred", "restore", "a"]).failed(1, "no credential `a`");
}

#[test]
fn the_list_shows_what_is_due_and_no_secret() {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("old", &["--rotate-every", "1s", "--type", "api_key", "--tag", "prod"], "canary-1");
    sandbox.keep("young", &["--rotate-every", "90d", "--username", "me"], "canary-2");
    sandbox.keep("ended", &["--expires", "2020-01-01"], "canary-3");
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let table = sandbox.done(["cred", "list"]);
    let line = |name: &str| table.text().lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("old").contains("DUE since") && line("old").contains("prod"), "{}", table.text());
    assert!(line("young").contains("due ") && line("young").contains("me"), "{}", table.text());
    assert!(line("ended").contains("expired 2020-01-01"), "{}", table.text());
    assert!(!table.text().contains("canary"));
    let due = sandbox.done(["cred", "list", "--due"]);
    assert!(due.text().contains("old") && due.text().contains("ended") && !due.text().contains("young"));
    let tagged = sandbox.done(["cred", "list", "--tag", "prod", "--type", "api_key"]);
    assert_eq!(tagged.text().lines().count(), 2);
    sandbox.run(["cred", "get", "ended"]).failed(5, "expired at 2020-01-01");
}

#[test]
fn the_environment_answers_last_and_is_never_written() {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", &[], "of the vault");
    let with_variable = |args: &[&str]| {
        let output =
            sandbox.command(args).env("MODELCRYPT__A", "of the env").env("MODELCRYPT__B", "b").output();
        crate::sandbox::Ran::of(output.unwrap())
    };
    assert_eq!(with_variable(&["cred", "get", "a"]).text(), "of the vault");
    let ran = with_variable(&["cred", "get", "b", "-v"]);
    assert_eq!(ran.text(), "b");
    assert!(ran.stderr.contains("not from the vault: it is not there"), "{}", ran.stderr);
    with_variable(&["cred", "get", "b", "--store", "vault"]).failed(1, "no credential `b`");
    with_variable(&["cred", "rm", "b"]).failed(2, "read-only");
}

#[test]
fn a_manifest_adds_what_its_files_hold() {
    let sandbox = Sandbox::with_master_key();
    sandbox.write("m/secrets.json", br#"{"db": {"url": "postgres://u:p@db.example/x"}}"#);
    let manifest = "provider_credentials:\n  - id: warehouse\n    provider: postgres\n    auth: {type: db_dsn, source: file, file_path: secrets.json, file_key: db.url}\n";
    sandbox.write("m/manifest.yaml", manifest.as_bytes());
    #[cfg(unix)]
    for (path, mode) in [("m", 0o700), ("m/secrets.json", 0o600), ("m/manifest.yaml", 0o600)] {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(sandbox.path(path), PermissionsExt::from_mode(mode)).unwrap();
    }
    let ran = sandbox.done(["cred", "get", "warehouse/host", "--manifest", "m/manifest.yaml"]);
    assert_eq!(ran.text(), "db.example");
    let table = sandbox.done(["cred", "list", "--manifest", "m/manifest.yaml"]);
    assert!(table.text().contains("manifest"), "{}", table.text());
}

#[cfg(feature = "keyring")]
#[test]
fn a_keyring_that_does_not_answer_is_never_replaced_by_the_vault() {
    let sandbox = Sandbox::with_master_key();
    sandbox
        .feed(["cred", "set", "a", "--store", "keyring"], b"secret")
        .failed(1, "the store `keyring` is unavailable");
    sandbox.run(["cred", "get", "a"]).failed(1, "no credential `a`: keyring: ");
    sandbox.keep("a", &["--store", "vault"], "secret");
    assert_eq!(sandbox.done(["cred", "get", "a"]).text(), "secret");
    sandbox.run(["cred", "get", "a", "--store", "keyring"]).failed(1, "the store `keyring` is unavailable");
}
