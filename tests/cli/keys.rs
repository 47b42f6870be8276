//! Where keys come from, and what is said when there is none.

use std::fs;

use crate::sandbox::{Ran, Sandbox};

const VERIFY: [&str; 2] = ["verify", "m"];

fn verify(sandbox: &Sandbox, more: &[&str]) -> Ran {
    sandbox.run(VERIFY.iter().chain(more))
}

#[test]
fn every_source_gives_the_key() {
    let sandbox = Sandbox::with_sealed_model();
    for source in [&["--key-file", "key"], &["--key-command", "cat key"], &["--key-env", "K"]] {
        let mut command = sandbox.command(VERIFY.iter().chain(source));
        let output = command.env("K", sandbox.key_text()).output().unwrap();
        assert!(output.status.success(), "{source:?}");
    }
}

#[test]
fn a_passphrase_file_seals_and_opens() {
    let sandbox = Sandbox::with_model();
    sandbox.write("pass", b"correct horse\n");
    private(&sandbox, "pass");
    let key = ["--passphrase-file", "pass"];
    sandbox.done(["encrypt", "m", "--iterations", "100000"].iter().chain(&key));
    sandbox.done(VERIFY.iter().chain(&key));
}

#[test]
fn the_environment_comes_before_the_configured_key_before_the_users_own() {
    let sandbox = Sandbox::with_sealed_model();
    let home = "home/config/modelcrypt";
    fs::create_dir_all(sandbox.path(home)).unwrap();
    fs::copy(sandbox.path("key"), sandbox.path(home).join("master.key")).unwrap();
    assert_eq!(verify(&sandbox, &[]).code, 0);
    fs::copy(sandbox.path("other"), sandbox.path(home).join("work.key")).unwrap();
    sandbox.write(format!("{home}/config.toml"), b"key = 'work.key'\n");
    assert_eq!(verify(&sandbox, &[]).code, 3);
    let output = sandbox.command(VERIFY).env("MODELCRYPT_KEY", sandbox.key_text()).output().unwrap();
    assert!(output.status.success());
}

#[test]
fn the_configuration_that_is_named_names_the_key() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("conf/team.toml", b"key = '../key'\n");
    assert_eq!(verify(&sandbox, &["--config", "conf/team.toml"]).code, 0);
}

#[test]
fn a_configuration_that_came_with_the_model_names_no_key() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/.modelcrypt.toml", b"key = '../key'\n");
    verify(&sandbox, &[]).failed(3, "error: no key was given");
}

#[test]
fn without_a_terminal_no_key_is_asked_for_and_none_is_made() {
    let sandbox = Sandbox::with_model();
    let ran = sandbox.run(["encrypt", "m"]);
    ran.failed(3, "error: no key was given\nhint: pass --key-file FILE");
    for named in [
        "--passphrase-file",
        "--key-command",
        "--keyring",
        "--key-env",
        "$MODELCRYPT_KEY",
        "modelcrypt keygen",
    ] {
        assert!(ran.stderr.contains(named), "{named}");
    }
    assert!(sandbox.exists("m/a.safetensors") && !sandbox.exists("home/config"));
}

#[test]
fn a_wrong_path_is_told_before_a_key_is_asked_for() {
    Sandbox::new().run(["encrypt", "typo"]).failed(1, "typo");
}

#[test]
fn nothing_to_seal_needs_no_key() {
    let sandbox = Sandbox::new();
    sandbox.write("m/config.json", b"{}");
    let ran = sandbox.done(["encrypt", "m"]);
    assert_eq!(ran.stderr, "nothing to do: no model file found (--all takes every file)\n");
}

#[test]
fn two_sources_are_refused() {
    let sandbox = Sandbox::with_model();
    let ran = sandbox.run(["encrypt", "m", "--key-file", "key", "--key-env", "K"]);
    ran.failed(2, "cannot be used with");
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_refused_unless_allowed() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_sealed_model();
    fs::set_permissions(sandbox.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let ran = verify(&sandbox, &["--key-file", "key"]);
    ran.failed(1, "hint: `chmod 600 key`, or pass --allow-loose-permissions");
    assert_eq!(verify(&sandbox, &["--key-file", "key", "--allow-loose-permissions"]).code, 0);
}

#[test]
fn a_key_where_a_file_name_should_be_is_not_shown() {
    let sandbox = Sandbox::with_sealed_model();
    let key = sandbox.key_text();
    for flag in ["--key-file", "--passphrase-file", "--key-command", "--keyring", "--key-env"] {
        let ran = verify(&sandbox, &[flag, &key]);
        assert_eq!(ran.code, 2, "{flag}");
        assert!(!ran.stderr.contains(&key), "{flag}");
    }
}

#[test]
fn a_mistyped_key_never_becomes_a_passphrase() {
    let sandbox = Sandbox::with_model();
    let output = sandbox.command(["encrypt", "m"]).env("MODELCRYPT_KEY", "mck1_oops").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("mck1_oops"));
    assert!(sandbox.exists("m/a.safetensors"));
}

#[test]
fn what_is_missing_is_named_with_what_to_type() {
    let sandbox = Sandbox::with_sealed_model();
    verify(&sandbox, &["--key-env", "NO_SUCH"]).failed(3, "hint: export NO_SUCH");
    verify(&sandbox, &["--key-file", "none"]).failed(3, "hint: `modelcrypt keygen -o none`");
    verify(&sandbox, &["--key-command", "exit 7"]).failed(3, "the key command failed");
    verify(&sandbox, &["--key-file", "other"]).failed(3, "no key slot opens with this key\n");
}

#[test]
fn the_key_in_use_is_never_sealed() {
    let sandbox = Sandbox::with_model();
    fs::rename(sandbox.path("key"), sandbox.path("m/key.bin")).unwrap();
    sandbox.done(["encrypt", "m", "--all", "--key-file", "m/key.bin"]);
    assert!(sandbox.exists("m/key.bin") && sandbox.exists("m/config.json.enc"));
}

fn private(sandbox: &Sandbox, name: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let _ = (sandbox, name);
}

#[test]
fn a_key_where_the_name_of_its_entry_should_be_is_not_shown() {
    let sandbox = Sandbox::with_sealed_model();
    let key = sandbox.key_text();
    let ran = sandbox.run(["keygen", "--keyring", &key]);
    assert_eq!(ran.code, 2);
    assert!(!ran.stderr.contains(&key) && ran.stdout.is_empty());
}

#[cfg(not(feature = "keyring"))]
#[test]
fn without_its_feature_the_keyring_is_refused_by_name() {
    let sandbox = Sandbox::with_sealed_model();
    verify(&sandbox, &["--keyring", "prod"]).failed(2, "was built with the feature `keyring`\nhint: ");
    sandbox.run(["keygen", "--keyring", "prod"]).failed(2, "was built with the feature `keyring`\nhint: ");
}
