//! `status`, `inspect`, `cat`.

use data_encoding::HEXLOWER;
use modelcrypt::crypto::sha256;

use crate::sandbox::Sandbox;

const FILE: &str = "m/a.safetensors.enc";

#[test]
fn status_works_without_a_key() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write("m/new.bin", b"new");
    let ran = sandbox.done(["status", "m"]);
    let lines: Vec<&str> = ran.text().lines().collect();
    assert!(lines[0].starts_with("file ") && lines[0].ends_with("due"), "{}", lines[0]);
    assert!(lines[1].contains("20.0 kB  sealed") && lines[1].contains("now*"), "{}", lines[1]);
    assert!(lines[3].contains("plaintext") && lines[3].ends_with("encrypt"), "{}", lines[3]);
    assert!(ran.stderr.ends_with("3 files: 1 plaintext, 2 sealed; due: 1 encrypt\n"), "{}", ran.stderr);
}

#[test]
fn status_tells_programs_all_it_knows() {
    let sandbox = Sandbox::with_sealed_model();
    let status = sandbox.done(["status", "m", "--json", "--key-file", "key"]).json();
    let file = &status["files"][0];
    assert_eq!(file["state"], "sealed");
    assert_eq!(file["plaintext_len"], 20_000);
    assert_eq!(file["keys"][0].as_str().unwrap().len(), 16);
    assert_eq!(file["since_is_authentic"], true);
    assert_eq!(status["summary"]["states"]["sealed"], 2);
}

#[test]
fn status_check_fails_for_what_must_not_be_plaintext() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.done(["status", "m", "--check"]);
    sandbox.write("m/new.bin", b"new");
    sandbox
        .run(["status", "m", "--check"])
        .failed(5, "error: the policy wants 1 file sealed that is plaintext\nhint: `modelcrypt encrypt`");
    assert_eq!(sandbox.run(["status", "m", "--check", "--json"]).json()["summary"]["exit_code"], 5);
}

#[test]
fn status_exits_with_4_for_a_damaged_file() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.write(FILE, &sandbox.read(FILE)[..10_000]);
    let ran = sandbox.run(["status", "m"]);
    ran.failed(4, "cut off inside the header");
    assert!(ran.text().contains("damaged"));
}

#[test]
fn status_shows_what_it_can_if_the_key_at_hand_cannot_be_used() {
    let sandbox = Sandbox::with_sealed_model();
    let output = sandbox.command(["status", "m"]).env("MODELCRYPT_KEY", "mck1_x").output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("note: shown without a key"));
    assert_eq!(sandbox.run(["status", "m", "--key-file", "none"]).code, 3);
}

#[test]
fn control_characters_in_names_do_not_reach_the_terminal() {
    if cfg!(not(unix)) {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("m/a\x1b[2Jb\n.bin", b"x");
    let ran = sandbox.done(["status", "m"]);
    assert!(ran.text().contains("m/a\\u{1b}[2Jb\\n.bin"), "{}", ran.text());
}

#[test]
fn inspect_shows_the_header_without_a_key_and_the_metadata_with_one() {
    let sandbox = Sandbox::with_sealed_model();
    let bare = sandbox.done(["inspect", FILE]);
    assert!(bare.text().contains("plaintext:   20.0 kB (20000 bytes)"), "{}", bare.text());
    assert!(!bare.text().contains("sha256"));
    assert!(bare.stderr.contains("note: without its key nothing of this is authenticated"));
    let full = sandbox.done(["inspect", FILE, "--key-file", "key"]);
    assert!(full.text().contains("name:        a.safetensors"), "{}", full.text());
    assert!(full.stderr.is_empty());
}

#[test]
fn inspect_tells_programs_what_is_authentic() {
    let sandbox = Sandbox::with_sealed_model();
    let bare = sandbox.done(["inspect", FILE, "--json"]).json();
    assert_eq!((&bare["authentic"], &bare["sidecar"]), (&false.into(), &true.into()));
    assert!(bare["metadata"].is_null());
    let full = sandbox.done(["inspect", FILE, "--json", "--key-file", "key"]).json();
    assert_eq!(full["metadata"]["name"], "a.safetensors");
    assert_eq!(full["copies"]["state"], "identical");
}

#[test]
fn inspect_judges_what_it_is_given() {
    let sandbox = Sandbox::with_sealed_model();
    sandbox.run(["inspect", FILE, "--key-file", "other"]).failed(3, "no key slot opens");
    sandbox.run(["inspect", "m/config.json"]).failed(4, "not a sealed file");
    sandbox.run(["inspect", "none"]).failed(1, "none");
    sandbox.run(["inspect", "m/a.safetensors"]).failed(1, "hint: did you mean m/a.safetensors.enc?");
    sandbox.write("cut.enc", &sandbox.read(FILE)[..20_000]);
    sandbox.run(["inspect", "cut.enc"]).failed(4, "cut off inside the payload");
}

#[test]
fn inspect_names_a_damaged_copy() {
    let sandbox = Sandbox::with_sealed_model();
    let mut sealed = sandbox.read(FILE);
    sealed[9000] ^= 1;
    sandbox.write(FILE, &sealed);
    assert!(sandbox.done(["inspect", FILE]).text().contains("copies:      B is damaged"));
    sandbox.run(["verify", FILE, "--key-file", "key"]).failed(4, "hint: the next `modelcrypt rewrap`");
}

#[test]
fn inspect_prints_only_the_sha256_when_asked() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = sandbox.done(["inspect", FILE, "--sha256", "--key-file", "key"]);
    assert_eq!(ran.text(), HEXLOWER.encode(&sha256(&vec![7; 20_000])) + "\n");
    sandbox.run(["inspect", FILE, "--sha256"]).failed(3, "no key was given");
    let stream = sandbox.feed(["encrypt", "-", "--key-file", "key"], b"x").stdout;
    sandbox.write("s.enc", &stream);
    sandbox.run(["inspect", "s.enc", "--sha256", "--key-file", "key"]).failed(1, "it came from a stream");
}

#[test]
fn cat_prints_the_plaintext_or_a_range_of_it() {
    let sandbox = Sandbox::with_model();
    let plaintext: Vec<u8> = (0..5_000_000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    sandbox.write("p.bin", &plaintext);
    sandbox.done(["encrypt", "p.bin", "--key-file", "key"]);
    let cat =
        |more: &[&str]| sandbox.done(["cat", "p.bin.enc", "--key-file", "key"].iter().chain(more)).stdout;
    assert!(cat(&[]) == plaintext);
    assert!(cat(&["--range", "16380:10"]) == plaintext[16_380..16_390]);
    assert!(cat(&["--range", "4999990:100"]) == plaintext[4_999_990..]);
    assert!(cat(&["--range", "4000000:"]) == plaintext[4_000_000..]);
    assert!(cat(&["--range", "5000000:1"]).is_empty());
    let behind = ["cat", "p.bin.enc", "--key-file", "key", "--range", "5000001:1"];
    sandbox.run(behind).failed(2, "behind the end, which is at 5000000");
    sandbox.run(["cat", "p.bin.enc", "--range", "x"]).failed(2, "START:LEN");
}

#[cfg(unix)]
#[test]
fn a_link_that_is_named_is_followed() {
    let sandbox = Sandbox::with_sealed_model();
    std::os::unix::fs::symlink(sandbox.path("m/deep/b.bin.enc"), sandbox.path("link")).unwrap();
    assert_eq!(sandbox.done(["cat", "link", "--key-file", "key"]).stdout, b"weights");
    sandbox.done(["inspect", "link"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_given_byte_for_byte() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    sandbox.write(std::ffi::OsStr::from_bytes(b"m/\xff.bin"), b"x");
    let status = sandbox.done(["status", "m", "--json"]).json();
    assert_eq!(status["files"][0]["path"], "m/\u{fffd}.bin");
    assert_eq!(status["files"][0]["path_b64"], "bS__LmJpbg");
}
