//! `presign`, `sign-url`, `verify-url`.

use std::process::Command;
use std::time::{Duration, SystemTime};

use modelcrypt::base::to_rfc3339;

use crate::sandbox::{Ran, Sandbox};

const OBJECT: &str = "s3://models/llama/a b.enc";
const URL: &str = "https://models.example/llama/a.enc";

#[test]
fn presign_prints_a_url_for_the_credential_in_the_environment() {
    let ran = presign(&[OBJECT, "--region", "eu-west-1", "--expires", "15m"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let url = ran.text();
    assert!(
        url.starts_with("https://models.s3.eu-west-1.amazonaws.com/llama/a%20b.enc?X-Amz-Algorithm="),
        "{url}"
    );
    assert!(url.contains("&X-Amz-Expires=900&") && url.contains("Credential=AKIDEXAMPLE%2F"), "{url}");
    assert!(!url.contains("Security-Token") && ran.stderr.is_empty());
}

#[test]
fn presign_takes_what_stands_on_the_command_line() {
    let ran = presign(&[
        "s3://models/..//%2F+é",
        "--endpoint",
        "http://127.0.0.1:9000",
        "--method",
        "put",
        "--header",
        "Content-Type: a/b",
        "--query",
        "partNumber=1",
        "--version-id",
        "v",
        "--json",
    ]);
    let json = ran.json();
    let url = json["url"].as_str().unwrap();
    assert!(
        url.starts_with("http://127.0.0.1:9000/models/..//%252F%2B%C3%A9?versionId=v&partNumber=1&X-Amz"),
        "{url}"
    );
    assert!(
        url.contains("%2Fus-east-1%2Fs3%2F") && url.contains("SignedHeaders=content-type%3Bhost&"),
        "{url}"
    );
    assert_eq!((&json["verb"], &json["method"]), (&"presign".into(), &"PUT".into()));
    assert_eq!(json["headers"]["content-type"], "a/b");
    assert!(ran.stderr.contains("content-type") && json["expires"].as_str().unwrap().ends_with('Z'));
    let virtual_host = presign(&[OBJECT, "--endpoint", "https://s3.example", "--virtual-host"]);
    assert!(virtual_host.text().starts_with("https://models.s3.example/llama/"));
    let path_style = presign(&[OBJECT, "--region", "us-east-1", "--path-style"]);
    assert!(path_style.text().starts_with("https://s3.us-east-1.amazonaws.com/models/llama/"));
}

#[cfg(unix)]
#[test]
fn presign_takes_a_key_that_is_no_text_byte_for_byte() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    let object = OsStr::from_bytes(b"s3://models/\xff\n");
    let mut command =
        with_credential(sandbox.command([OsStr::new("presign"), object, OsStr::new("--region=eu-west-1")]));
    let ran = Ran::of(command.output().unwrap());
    assert!(ran.text().contains("amazonaws.com/%FF%0A?"), "{}", ran.stderr);
}

#[test]
fn presign_signs_a_session_token_and_no_longer_than_it_lives() {
    let sandbox = Sandbox::new();
    let end = to_rfc3339(SystemTime::now() + Duration::from_secs(600));
    let mut command = with_credential(sandbox.command(["presign", OBJECT, "--region", "eu-west-1"]));
    let ran = Ran::of(
        command.env("AWS_SESSION_TOKEN", "to/ken").env("AWS_CREDENTIAL_EXPIRATION", end).output().unwrap(),
    );
    assert!(ran.text().contains("&X-Amz-Security-Token=to%2Fken&"), "{}", ran.stderr);
    assert!(ran.stderr.contains("when the credential ends"), "{}", ran.stderr);
    let ended = command.env("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z").output().unwrap();
    Ran::of(ended).failed(3, "the credential has expired\nhint: get a new credential");
}

#[test]
fn presign_without_a_credential_or_a_region_says_what_to_export() {
    let sandbox = Sandbox::new();
    sandbox.run(["presign", OBJECT, "--region", "eu-west-1"]).failed(3, "hint: export AWS_ACCESS_KEY_ID");
    presign(&[OBJECT]).failed(2, "hint: pass --region REGION or export AWS_REGION");
    let mut command = with_credential(sandbox.command(["presign", OBJECT]));
    assert!(command.env("AWS_REGION", "eu-north-1").output().unwrap().status.success());
}

#[test]
fn presign_refuses_what_cannot_be_meant() {
    let region = ["--region", "eu-west-1"];
    for (arguments, words) in [
        (&["models/a"][..], "s3://BUCKET/KEY"),
        (&["s3://models"], "s3://BUCKET/KEY"),
        (&["s3://models/"], "the object key is empty"),
        (&[OBJECT, "--expires", "8d"], "a life of 691200 s"),
        (&[OBJECT, "--expires", "900"], "not a number with s, m, h or d"),
        (&[OBJECT, "--endpoint", "http://s3.example"], "hint: use https, or pass --allow-http"),
        (&[OBJECT, "--header", "x-amz-server-side-encryption-customer-key:c2VjcmV0"], "is a secret"),
        (&[OBJECT, "--header", "no-colon-c2VjcmV0"], "is not NAME:VALUE"),
        (&[OBJECT, "--header", "Host:x"], "the signature's own"),
        (&[OBJECT, "--query", "X-Amz-Expires=1"], "the signature's own"),
        (&["s3://my.bucket/a", "--virtual-host"], "hint: pass --path-style"),
    ] {
        let ran = presign(&[arguments, &region].concat());
        ran.failed(2, words);
        assert!(!ran.stderr.contains("c2VjcmV0"), "{}", ran.stderr);
    }
    let allowed = presign(&[OBJECT, "--endpoint", "http://s3.example", "--allow-http"]);
    assert_eq!(allowed.code, 0);
}

#[test]
fn a_secret_that_is_none_is_not_shown() {
    let sandbox = Sandbox::new();
    let mut command =
        with_credential(sandbox.command(["presign", OBJECT, "--region", "eu-west-1", "-v", "--json"]));
    let ran = Ran::of(command.env("AWS_SECRET_ACCESS_KEY", "hidden secret").output().unwrap());
    ran.failed(2, "secret access key is empty or has spaces");
    assert!(!ran.stderr.contains("hidden") && !ran.text().contains("hidden"));
}

#[test]
fn a_signed_url_verifies_with_the_key_that_signed_it() {
    let sandbox = Sandbox::with_model();
    let signed = sandbox.done([
        "sign-url",
        URL,
        "--expires",
        "1h",
        "--method",
        "get",
        "--method",
        "HEAD",
        "--key-file",
        "key",
    ]);
    let url = signed.text().trim_end();
    assert!(url.starts_with(&format!("{URL}?mc-v=1&mc-kid=")) && signed.stderr.is_empty());
    let ran = sandbox.done(["verify-url", url, "--method", "HEAD", "--key-file", "key"]);
    assert!(ran.text().contains("for GET, HEAD, signed with the key "), "{}", ran.text());
    let piped = sandbox.feed(
        ["verify-url", "-", "--method", "GET", "--key-file", "key", "--json"],
        signed.text().as_bytes(),
    );
    let json = piped.json();
    assert_eq!(json["methods"], serde_json::json!(["GET", "HEAD"]));
    assert_eq!(json["kid"].as_str().unwrap().len(), 16);
    assert!(json["not_before"].is_null() && json["expires"].is_string());
}

#[test]
fn verify_url_tells_what_is_wrong_by_its_exit_code() {
    let sandbox = Sandbox::with_model();
    let signed = sandbox
        .done(["sign-url", URL, "--expires", "1h", "--kid", "2026-01", "--key-file", "key", "--json"])
        .json();
    assert_eq!(signed["kid"], "2026-01");
    let url = signed["url"].as_str().unwrap();
    let verify = |url: &str, method: &str, key: &str| {
        sandbox.run(["verify-url", url, "--method", method, "--key-file", key])
    };
    assert_eq!(verify(url, "GET", "key").code, 0);
    verify(url, "PUT", "key").failed(5, "is not for this method");
    verify(url, "GET", "other").failed(4, "the signature of the URL does not hold");
    verify(&url.replacen("a.enc", "b.enc", 1), "GET", "key")
        .failed(4, "the signature of the URL does not hold");
    verify(&format!("{url}&x="), "GET", "key").failed(4, "the signature of the URL does not hold");
    verify(URL, "GET", "key").failed(4, "has no signature");
    verify("models.example", "GET", "key").failed(2, "begins with neither https:// nor http://");
    let ran = verify(&url.replacen("mc-sig=", "mc-sig=A", 1), "GET", "key");
    assert!(!ran.stderr.contains(url.rsplit_once('=').unwrap().1), "{}", ran.stderr);
}

#[test]
fn a_passphrase_signs_no_urls() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(["sign-url", URL, "--expires", "1h"]);
    let ran = Ran::of(command.env("MODELCRYPT_KEY", "correct horse").output().unwrap());
    ran.failed(2, "a passphrase does not sign URLs\nhint: make a key with `modelcrypt keygen -o FILE`");
}

#[test]
fn sign_url_refuses_what_could_be_read_in_two_ways() {
    let sandbox = Sandbox::with_model();
    for (url, words) in [
        ("https://models.example/a/../b", "`.` or `..`"),
        ("https://models.example/a?mc-exp=1", "like those of a signature"),
        ("http://models.example/a", "--allow-http"),
        ("https://models.example", "has no path"),
    ] {
        sandbox.run(["sign-url", url, "--expires", "1h", "--key-file", "key"]).failed(2, words);
    }
    sandbox.run(["sign-url", URL, "--expires", "8d", "--key-file", "key"]).failed(2, "a life of");
    sandbox.run(["sign-url", URL, "--key-file", "key"]).failed(2, "--expires");
}

fn presign(arguments: &[&str]) -> Ran {
    let sandbox = Sandbox::new();
    let command = sandbox.command(["presign"].iter().chain(arguments));
    Ran::of(with_credential(command).output().unwrap())
}

fn with_credential(mut command: Command) -> Command {
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    command
}
