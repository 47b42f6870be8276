//! `keygen`.

use modelcrypt::MasterKey;
use modelcrypt::base::SecretText;

use crate::sandbox::Sandbox;

#[test]
fn prints_a_key_that_parses() {
    let ran = Sandbox::new().done(["keygen"]);
    let key = MasterKey::parse(SecretText::new(ran.stdout)).unwrap();
    assert!(key.id().is_some());
}

#[test]
fn writes_a_key_for_its_owner_only_and_prints_its_id() {
    let sandbox = Sandbox::new();
    let ran = sandbox.done(["keygen", "-o", "new.key"]);
    let key = MasterKey::parse(SecretText::new(sandbox.read("new.key"))).unwrap();
    assert_eq!(ran.text(), format!("{}\n", key.id().unwrap()));
    assert!(ran.stderr.contains("back the key up"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(sandbox.path("new.key").metadata().unwrap().mode() & 0o7777, 0o600);
    }
}

#[test]
fn never_replaces_a_file() {
    let sandbox = Sandbox::new();
    sandbox.write("new.key", b"precious");
    sandbox.run(["keygen", "-o", "new.key"]).failed(1, "`new.key` exists and is not replaced");
    assert_eq!(sandbox.read("new.key"), b"precious");
}

#[test]
fn says_how_to_make_the_directory() {
    Sandbox::new().run(["keygen", "-o", "no/new.key"]).failed(1, "hint: `mkdir -p no`");
}

#[test]
fn tells_programs_the_key_or_where_it_is() {
    let sandbox = Sandbox::new();
    let printed = sandbox.done(["keygen", "--json"]).json();
    assert!(printed["key"].as_str().unwrap().starts_with("mck1_"));
    let written = sandbox.done(["keygen", "--json", "-o", "new.key"]).json();
    assert_eq!(written["path"], "new.key");
    assert_eq!(written["key_id"].as_str().unwrap().len(), 16);
    assert!(written.get("key").is_none());
}
