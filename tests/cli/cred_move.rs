//! `cred setup`, `cred import`, `cred export`.

use std::process::Command;

use crate::sandbox::{Ran, Sandbox};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const PROFILES: &str = "\
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
region = eu-west-1
[lab]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
[sso]
sso_session = x
";

#[test]
fn setup_takes_flags_and_standard_input() {
    let sandbox = Sandbox::with_master_key();
    let args = ["cred", "setup", "aws", "--access-key-id", "AKIAIOSFODNN7EXAMPLE", "--region", "eu-west-1"];
    assert_eq!(sandbox.feed(args, SECRET.as_bytes()).code, 0);
    assert_eq!(sandbox.done(["cred", "get", "aws/access_key_id"]).text(), "AKIAIOSFODNN7EXAMPLE");
    assert_eq!(sandbox.done(["cred", "get", "aws/secret_access_key"]).text(), SECRET);
    assert_eq!(sandbox.done(["cred", "get", "aws/region"]).text(), "eu-west-1");
    sandbox.feed(["cred", "setup", "aws"], b"x").failed(2, "--access-key-id");
    assert_eq!(sandbox.feed(["cred", "setup", "hf"], b"hf_abcdefghij\n").code, 0);
    assert_eq!(sandbox.done(["cred", "get", "huggingface"]).text(), "hf_abcdefghij");
    sandbox.feed(["cred", "setup", "hf", "--name", "x"], b"not-a-token").failed(2, "hf_");
}

#[test]
fn profiles_of_aws_are_taken_over_once() {
    let sandbox = Sandbox::with_master_key();
    sandbox.write("credentials", PROFILES.as_bytes());
    let ran = sandbox.done(["cred", "import", "aws", "credentials", "--tag", "moved"]);
    assert!(ran.stderr.contains("took over 2 credentials"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`sso` has no access key"), "{}", ran.stderr);
    assert_eq!(sandbox.done(["cred", "get", "aws:lab/access_key_id"]).text(), "AKIAI44QH8DHBEXAMPLE");
    let again = sandbox.done(["cred", "import", "aws", "credentials", "--json"]).json();
    assert_eq!(again["already_there"], serde_json::json!(["aws", "aws:lab"]));
    assert_eq!(again["credentials"], serde_json::json!([]));
}

#[cfg(unix)]
#[test]
fn secrets_go_into_no_file_that_others_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a", &[], "canary");
    for (mode, args, code) in [
        (0o644, &["--reveal"][..], 5),
        (0o640, &["--reveal"], 5),
        (0o600, &["--reveal"], 0),
        (0o644, &["--reveal", "--allow-loose-permissions"], 0),
        (0o644, &[], 0),
    ] {
        sandbox.write("out", b"");
        std::fs::set_permissions(sandbox.path("out"), PermissionsExt::from_mode(mode)).unwrap();
        let mut command = sandbox.command(["cred", "export"].iter().chain(args));
        let out = std::fs::File::options().write(true).open(sandbox.path("out")).unwrap();
        let ran = Ran::of(command.stdout(out).output().unwrap());
        assert_eq!(ran.code, code, "{mode:o} {args:?}: {}", ran.stderr);
        let text = String::from_utf8(sandbox.read("out")).unwrap();
        assert_eq!(text.contains("canary"), code == 0 && !args.is_empty(), "{mode:o} {args:?}");
    }
}

#[cfg(unix)]
#[test]
fn that_others_could_read_what_is_taken_over_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_master_key();
    for (mode, name, is_said) in [(0o644, "A", true), (0o600, "B", false)] {
        sandbox.write(".env", format!("{name}=canary").as_bytes());
        std::fs::set_permissions(sandbox.path(".env"), PermissionsExt::from_mode(mode)).unwrap();
        let ran = sandbox.done(["cred", "import", "env", ".env"]);
        assert_eq!(ran.stderr.contains("others may get at"), is_said, "{}", ran.stderr);
    }
}

#[test]
fn another_secret_of_one_that_is_there_is_replaced_only_if_asked_to() {
    let sandbox = Sandbox::with_master_key();
    sandbox.write("token", b"hf_abcdefghij\n");
    sandbox.done(["cred", "import", "hf", "token"]);
    sandbox.write("token", b"hf_klmnopqrst\n");
    sandbox.run(["cred", "import", "hf", "token"]).failed(1, "--replace");
    assert_eq!(sandbox.done(["cred", "get", "huggingface"]).text(), "hf_abcdefghij");
    sandbox.done(["cred", "import", "hf", "token", "--replace"]);
    assert_eq!(sandbox.done(["cred", "get", "huggingface"]).text(), "hf_klmnopqrst");
}

#[test]
fn variables_are_taken_over_and_a_bad_line_does_not_stop_the_others() {
    let sandbox = Sandbox::with_master_key();
    sandbox.write(".env", b"# x\nexport A='a b'\nB=\ncanary\nC=\"c\\nd\" # e\n");
    let ran = sandbox.run(["cred", "import", "env", ".env"]);
    ran.failed(2, "line 4: it has no `=`");
    assert!(ran.stderr.contains("took over 2 credentials, 1 failed") && !ran.stderr.contains("canary"));
    assert_eq!(sandbox.done(["cred", "get", "A"]).text(), "a b");
    assert_eq!(sandbox.done(["cred", "get", "C"]).text(), "c\nd");
}

#[test]
fn fernet_values_are_opened_by_the_key_in_a_variable() {
    const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    const TOKEN: &str = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
    let sandbox = Sandbox::with_master_key();
    sandbox.write("f.env", format!("A={TOKEN}\nB=plain\n").as_bytes());
    sandbox.write("f.json", format!("{{\"C\": \"{TOKEN}\"}}").as_bytes());
    let import = |file: &str, key: &str| {
        let args = ["cred", "import", "fernet", file, "--fernet-key-env", "OLD_KEY"];
        Ran::of(sandbox.command(args).env("OLD_KEY", key).output().unwrap())
    };
    import("f.env", KEY).failed(3, "`B` is no Fernet token");
    assert_eq!(import("f.json", &format!("{},{KEY}", KEY.replace("cw", "dw"))).code, 0);
    assert_eq!(sandbox.done(["cred", "get", "A"]).text(), "hello");
    assert_eq!(sandbox.done(["cred", "get", "C"]).text(), "hello");
    import("f.env", "not a key").failed(2, "Fernet keys");
    sandbox.run(["cred", "import", "fernet", "f.env"]).failed(3, "`FERNET_KEY` is not set");
}

/// Where Python and its `cryptography` are: values that they have encrypted.
#[test]
fn fernet_values_of_pythons_cryptography_are_opened() {
    let script = "from cryptography.fernet import Fernet\nk = Fernet.generate_key()\nf = Fernet(k)\nprint(k.decode())\n\
         for v in ('', 'a', 'x' * 15, 'y' * 16, 'z' * 1000): print(f.encrypt(v.encode()).decode())";
    let Ok(output) = Command::new("python3").args(["-c", script]).output() else { return };
    if !output.status.success() {
        return;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let (key, tokens) = text.split_once('\n').unwrap();
    let key = modelcrypt::crypto::FernetKey::parse(key.as_bytes()).unwrap();
    let opened: Vec<_> = tokens.lines().map(|token| key.open(token.as_bytes()).unwrap()).collect();
    let lens: Vec<_> = opened.iter().map(|secret| secret.expose().len()).collect();
    assert_eq!(lens, [0, 1, 15, 16, 1000]);
}

#[test]
fn an_export_has_secrets_only_if_they_are_asked_for() {
    let sandbox = Sandbox::with_master_key();
    sandbox.write("credentials", PROFILES.as_bytes());
    sandbox.done(["cred", "import", "aws", "credentials"]);
    for format in ["json", "env", "k8s", "aws"] {
        let hidden = sandbox.done(["cred", "export", "--format", format]);
        assert!(!hidden.text().contains("wJalr") && hidden.stderr.contains("--reveal"), "{}", hidden.text());
        let revealed = sandbox.done(["cred", "export", "--format", format, "--reveal"]);
        let secret = if format == "k8s" { "d0phbHJY" } else { SECRET };
        assert!(revealed.text().contains(secret), "{format}: {}", revealed.text());
    }
    sandbox.run(["cred", "export", "--format", "env", "--json"]).failed(2, "two forms");
}

#[test]
fn what_is_exported_can_be_taken_over_again() {
    let sandbox = Sandbox::with_master_key();
    sandbox.write("credentials", PROFILES.as_bytes());
    sandbox.write(".env", b"A=\"it's $5 \\\\ \"\nB='two\nlines'\n");
    sandbox.done(["cred", "import", "aws", "credentials"]);
    sandbox.done(["cred", "import", "env", ".env"]);
    let profiles = sandbox.done(["cred", "export", "--format", "aws", "--reveal"]);
    let variables = sandbox.done(["cred", "export", "--format", "env", "--reveal", "A", "B"]);
    let other = Sandbox::with_master_key();
    assert_eq!(other.feed(["cred", "import", "aws", "-"], &profiles.stdout).code, 0);
    assert_eq!(other.feed(["cred", "import", "env", "-"], &variables.stdout).code, 0);
    for name in ["aws", "aws/access_key_id", "aws/region", "aws:lab", "A", "B"] {
        assert_eq!(
            sandbox.done(["cred", "get", name]).stdout,
            other.done(["cred", "get", name]).stdout,
            "{name}"
        );
    }
}

#[test]
fn two_that_would_be_one_variable_are_not_exported() {
    let sandbox = Sandbox::with_master_key();
    sandbox.keep("a-b", &[], "1");
    sandbox.keep("a.b", &[], "2");
    sandbox.run(["cred", "export", "--format", "env"]).failed(2, "are both the variable A_B");
    assert!(sandbox.done(["cred", "export", "--format", "env", "a.b"]).text().contains("A_B"));
}
