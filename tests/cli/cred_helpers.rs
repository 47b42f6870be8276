//! `cred helper`: the programs that call it are the real ones where there are some.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use modelcrypt::credentials::{CredentialStore, Kind, Selector};

use crate::cred_scene::Scene;
use crate::sandbox::Ran;

impl Scene {
    /// What the secret of `name` is now; `None` if it is not given.
    fn secret(&self, name: &str) -> Option<String> {
        let found = self.vault().get(&name.parse().unwrap(), Selector::CURRENT).ok()?;
        Some(String::from_utf8(found.secret.expose().to_vec()).unwrap())
    }

    fn versions(&self, name: &str) -> usize {
        self.vault().entry(&name.parse().unwrap()).unwrap().history.versions().len()
    }
}

fn feed(mut command: Command, input: &str) -> Ran {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

/// `program` with the environment of `scene`, and with the tested program first in the PATH.
fn with_environment(scene: &Scene, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let ours = scene.command(["list"]);
    let mut command = Command::new(program);
    command.current_dir(ours.get_current_dir().unwrap()).stdin(Stdio::null());
    for (name, value) in ours.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_modelcrypt")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = [bin].into_iter().chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(paths).unwrap());
    command
}

#[test]
fn an_access_key_is_printed_as_credential_process_wants_it() {
    let scene = Scene::new();
    scene.add("aws", Kind::Aws, "canary/secret", |record| record.username = Some("AKIDEXAMPLE".into()));
    let document = "{\"Version\":1,\"AccessKeyId\":\"AKIDEXAMPLE\",\"SecretAccessKey\":\"canary/secret\"}\n";
    assert_eq!(scene.done(["helper", "aws", "aws"]).text(), document);

    let secret = r#"{"secret_access_key":"canary","session_token":"token-canary"}"#;
    scene.add("sts", Kind::Aws, secret, |record| {
        record.username = Some("ASIAEXAMPLE".into());
        record.expires = modelcrypt::base::from_rfc3339("2999-01-01T00:00:00Z").map(Into::into);
    });
    let document = scene.done(["helper", "aws", "sts"]).json();
    assert_eq!(document["SessionToken"], "token-canary");
    assert_eq!(document["Expiration"], "2999-01-01T00:00:00Z");

    scene.add("db", Kind::HttpBasic, "db-canary", |record| record.username = Some("me".into()));
    scene.run(["helper", "aws", "db"]).failed(2, "`db` is of the type http_basic");
    scene.run(["helper", "aws", "nobody"]).failed(1, "no credential `nobody`");
}

#[test]
fn botocore_gets_an_access_key_through_a_profile() {
    let scene = Scene::new();
    scene.add("aws", Kind::Aws, "canary/secret", |record| record.username = Some("AKIDEXAMPLE".into()));
    let ask = "
import botocore.session
keys = botocore.session.Session(profile='ours').get_credentials().get_frozen_credentials()
print(keys.access_key, keys.secret_key, keys.token)";
    let python = std::env::var_os("MODELCRYPT_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let has_it = Command::new(&python).args(["-c", "import botocore"]).stderr(Stdio::null()).status();
    if !has_it.is_ok_and(|status| status.success()) {
        return crate::skip::skip("botocore is not installed");
    }
    scene.sandbox.write(
        "aws-config",
        b"[profile ours]\ncredential_process = modelcrypt cred helper aws aws\nregion = eu-west-1\n",
    );
    let mut command = with_environment(&scene, python);
    command.args(["-c", ask]).env("AWS_CONFIG_FILE", scene.sandbox.path("aws-config"));
    let ran = Ran::of(command.output().unwrap());
    assert_eq!(ran.text(), "AKIDEXAMPLE canary/secret None\n", "{}", ran.stderr);
}

/// As Docker calls it: by a file name of its own.
fn docker(scene: &Scene, action: &str, input: &str) -> (i32, String) {
    let link = scene.sandbox.path("docker-credential-modelcrypt");
    if fs::symlink_metadata(&link).is_err() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_modelcrypt"), &link).unwrap();
    }
    let mut command = with_environment(scene, link);
    command.arg(action);
    let ran = feed(command, input);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    (ran.code, ran.text().to_owned())
}

#[test]
fn docker_keeps_finds_lists_and_erases_logins_byte_for_byte() {
    let scene = Scene::new();
    scene.add("seed", Kind::Custom, "x", |_| {});
    let hub = "https://index.docker.io/v1/";
    let not_found = (1, "credentials not found in native keychain\n".to_owned());
    assert_eq!(docker(&scene, "list", ""), (0, "{}\n".into()));
    assert_eq!(docker(&scene, "get", hub), not_found);
    let login = |server: &str, user: &str, secret: &str| {
        format!("{{\"ServerURL\":\"{server}\",\"Username\":\"{user}\",\"Secret\":\"{secret}\"}}\n")
    };
    let first = login(hub, "me", "canary-1");
    assert_eq!(docker(&scene, "store", &first), (0, String::new()));
    assert_eq!(docker(&scene, "get", hub), (0, first.clone()));
    assert_eq!(docker(&scene, "get", &format!("{hub}\n")), (0, first.clone()));
    assert_eq!(docker(&scene, "store", &login("ghcr.io", "<token>", "canary-2")), (0, String::new()));
    let users = "{\"ghcr.io\":\"<token>\",\"https://index.docker.io/v1/\":\"me\"}\n";
    assert_eq!(docker(&scene, "list", ""), (0, users.into()));

    assert_eq!(docker(&scene, "store", &first), (0, String::new()));
    assert_eq!(scene.versions("docker:index.docker.io_v1"), 1, "the same again is no new version");
    let second = login(hub, "you", "canary-3");
    assert_eq!(docker(&scene, "store", &second), (0, String::new()));
    assert_eq!(docker(&scene, "get", hub), (0, second.clone()));
    assert_eq!(docker(&scene, "erase", hub), (0, String::new()));
    assert_eq!(docker(&scene, "get", hub), not_found);
    assert_eq!(docker(&scene, "erase", hub), not_found);
    assert_eq!(docker(&scene, "store", &second), (0, String::new()));
    assert_eq!(docker(&scene, "get", hub), (0, second));
}

#[test]
fn docker_is_told_what_is_wrong_in_its_own_words() {
    let scene = Scene::filled();
    assert_eq!(docker(&scene, "get", "\n").1, "no credentials server URL\n");
    let store = |text: &str| docker(&scene, "store", text).1;
    assert_eq!(store(r#"{"ServerURL":"","Username":"me","Secret":"canary"}"#), "no credentials server URL\n");
    assert_eq!(store(r#"{"ServerURL":"a","Username":"","Secret":"canary"}"#), "no credentials username\n");
    let shown = store("canary");
    assert!(shown.contains("not an object") && !shown.contains("canary"), "{shown}");
    assert!(docker(&scene, "version", "").1.starts_with("docker-credential-modelcrypt 0."));
}

/// The real one, which calls the program as its helper.
fn git(scene: &Scene, action: &str, input: &str) -> Ran {
    let mut command = with_environment(scene, "git");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "");
    command.args(["-c", "credential.helper=", "-c", "credential.helper=!modelcrypt cred helper git"]);
    command.args(["credential", action]);
    feed(command, input)
}

#[test]
fn git_fills_approves_and_rejects_logins() {
    let scene = Scene::new();
    scene.add("seed", Kind::Custom, "x", |_| {});
    let server = "protocol=https\nhost=git.example\n";
    assert_ne!(git(&scene, "fill", server).code, 0, "there is none");
    let login = format!("{server}username=me\npassword=canary=1\n");
    assert_eq!(git(&scene, "approve", &login).code, 0);
    assert_eq!(scene.secret("git:git.example").as_deref(), Some("canary=1"));
    assert_eq!(git(&scene, "fill", server).text(), login);
    assert_eq!(git(&scene, "approve", &login).code, 0);
    assert_eq!(scene.versions("git:git.example"), 1, "the same again is no new version");

    let other = format!("{server}username=you\npassword=canary=2\n");
    assert_eq!(git(&scene, "approve", &other).code, 0);
    assert_eq!(git(&scene, "fill", &format!("{server}username=you\n")).text(), other);
    assert_eq!(git(&scene, "fill", &format!("{server}username=me\n")).text(), login);

    let wrong = format!("{server}username=me\npassword=another\n");
    assert_eq!(git(&scene, "reject", &wrong).code, 0);
    assert_eq!(
        git(&scene, "fill", &format!("{server}username=me\n")).text(),
        login,
        "it is not what was refused"
    );
    assert_eq!(git(&scene, "reject", &login).code, 0);
    assert_ne!(git(&scene, "fill", &format!("{server}username=me\n")).code, 0);
    assert_ne!(git(&scene, "fill", "protocol=http\nhost=git.example\n").code, 0, "never in the clear");
}
