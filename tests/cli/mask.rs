//! `mask`: what a pipe gets.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use crate::sandbox::Sandbox;

/// Looks like a Hugging Face token, and is none.
fn token() -> String {
    ["hf", "_", "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"].concat()
}

#[test]
fn a_secret_goes_and_the_rest_stays() {
    let sandbox = Sandbox::new();
    let text =
        format!("epoch 1 loss 0.25\nloading with {}\nDB_PASSWORD=Tr0ub4dor&3\n\ttokens: 4096\n", token());
    for args in [&["mask"][..], &["mask", "-"]] {
        let ran = sandbox.feed(args, text.as_bytes());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let lines: Vec<&str> = ran.text().lines().collect();
        assert_eq!((lines.len(), lines[0], lines[3]), (4, "epoch 1 loss 0.25", "\ttokens: 4096"));
        assert!(
            lines[1].starts_with("loading with __masked.") && lines[2].starts_with("DB_PASSWORD=__masked.")
        );
        assert!(!ran.text().contains(&token()) && !ran.text().contains("Tr0ub4dor"));
    }
}

#[test]
fn a_file_is_read_and_left_as_it_is() {
    let sandbox = Sandbox::new();
    let text = format!("{}\n", token());
    sandbox.write("log", text.as_bytes());
    let ran = sandbox.done(["mask", "log"]);
    assert!(ran.text().starts_with("__masked."), "{}", ran.text());
    assert_eq!(sandbox.read("log"), text.as_bytes());
    sandbox.run(["mask", "nowhere"]).failed(1, "nowhere: ");
}

#[test]
fn the_same_secret_has_one_fingerprint_in_a_run_and_another_in_the_next() {
    let sandbox = Sandbox::new();
    let text = format!("{0}\n{0}\n", token());
    let masked = || sandbox.feed(["mask"], text.as_bytes()).text().to_owned();
    let (first, second) = (masked(), masked());
    let lines: Vec<&str> = first.lines().collect();
    assert_eq!(lines[0], lines[1]);
    assert_ne!(first, second);
}

#[test]
fn what_is_known_goes_in_every_encoding() {
    let sandbox = Sandbox::new();
    let secret = "correct horse battery staple";
    sandbox.write("known", format!("\u{feff}{secret}\r\n\nsecond-value\n").as_bytes());
    let encoded = data_encoding::BASE64.encode(format!("xy{secret}z").as_bytes());
    let hex = data_encoding::HEXLOWER.encode(secret.as_bytes());
    let text = format!("a {secret} b\n{encoded}\n{hex}\ncorrect%20horse%20battery%20staple\nsecond-value\n");
    let ran = sandbox.feed(["mask", "--known-from", "known"], text.as_bytes());
    assert_eq!((ran.code, ran.text().matches("__masked.known-value.").count()), (0, 5), "{}", ran.text());
    for part in ["horse", &encoded[8..24], &hex[..8], "second"] {
        assert!(!ran.text().contains(part), "{part}");
    }
}

#[test]
fn a_known_value_that_is_too_short_is_told_with_its_line_and_not_shown() {
    let sandbox = Sandbox::new();
    sandbox.write("known", b"long enough\nzq9\n");
    let ran = sandbox.feed(["mask", "--known-from", "known"], b"");
    ran.failed(2, "known:2: ");
    assert!(!ran.stderr.contains("zq9"));
}

#[test]
fn a_line_comes_as_soon_as_it_is_whole_and_a_prompt_before() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(["mask"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    input.write_all(b"first\nPassword: ").unwrap();
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "first\n");
    // A prompt comes though its line is not whole, and what is typed behind it does not.
    let mut prompt = [0; 10];
    output.read_exact(&mut prompt).unwrap();
    assert_eq!(&prompt, b"Password: ");
    input.write_all(b"hunter2x").unwrap();
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("__masked.password."), "{rest}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn json_stays_json() {
    let sandbox = Sandbox::new();
    let text = "{\"level\":\"info\",\"password\":12345678,\"msg\":\"api_key=\\\"s3cr3t-Zq7w\\\"\"}\n";
    let ran = sandbox.feed(["mask"], text.as_bytes());
    let line = ran.json();
    assert!(line["password"].as_str().is_some_and(|text| text.starts_with("__masked.")), "{line}");
    assert!(!ran.text().contains("s3cr3t-Zq7w"));
    assert_eq!(line["level"], "info");
}

#[test]
fn bytes_that_are_no_text_pass() {
    let sandbox = Sandbox::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let ran = sandbox.feed(["mask"], &bytes);
    assert!(ran.code == 0 && ran.stdout == bytes);
}

#[test]
fn it_has_no_json_of_its_own() {
    Sandbox::new().feed(["mask", "--json"], b"").failed(2, "no --json");
}
