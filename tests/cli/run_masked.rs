//! `run --mask`: what a program prints has no secret in it any more.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::run::{line, run};
use crate::sandbox::Sandbox;

const LEAK: &str =
    "echo model loaded; echo DB_PASSWORD=Tr0ub4dor\\&3; echo api_key=s3cr3t-Zq7w-91 >&2; exit 7";

#[test]
fn both_streams_are_masked_and_the_exit_code_stays() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = run(&sandbox, &["--mask"], &["sh", "-c", LEAK]);
    assert_eq!(ran.code, 7);
    assert!(ran.text().starts_with("model loaded\nDB_PASSWORD=__masked.password."), "{}", ran.text());
    assert!(ran.stderr.contains("api_key=__masked.api-key."), "{}", ran.stderr);
    assert!(!ran.text().contains("Tr0ub4dor") && !ran.stderr.contains("Zq7w"));
}

#[test]
fn nothing_is_masked_that_nobody_asked_to_mask() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = run(&sandbox, &[], &["sh", "-c", LEAK]);
    assert_eq!(ran.text(), "model loaded\nDB_PASSWORD=Tr0ub4dor&3\n");
}

#[test]
fn the_last_line_comes_without_its_end_and_much_output_comes_whole() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = run(&sandbox, &["--mask"], &["sh", "-c", "seq 1 200000; printf 'password=Tr0ub4dor-end'"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (numbers, last) = ran.text().rsplit_once('\n').unwrap();
    assert_eq!(numbers.lines().count(), 200_000);
    assert!(last.starts_with("password=__masked."), "{last}");
}

#[test]
fn a_line_comes_while_the_program_goes_on() {
    let sandbox = Sandbox::with_sealed_model();
    let mut command = sandbox.command(line(&["--mask"], &["sh", "-c", "echo ready; exec sleep 60"]));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "ready\n");
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_bar_of_progress_comes_before_its_line_is_whole() {
    let sandbox = Sandbox::with_sealed_model();
    let program = "printf '\\r 10%%|#   | token=Zq7w3Fx9Rt5K | 1/10 [00:01]'; exec sleep 60";
    let mut command = sandbox.command(line(&["--mask"], &["sh", "-c", program]));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut bar = Vec::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_until(b']', &mut bar).unwrap();
    let bar = String::from_utf8(bar).unwrap();
    assert!(
        bar.starts_with("\r 10%|#   | token=__masked.token.") && bar.ends_with("__ | 1/10 [00:01]"),
        "{bar}"
    );
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_process_that_is_left_behind_keeps_nobody_waiting() {
    let sandbox = Sandbox::with_sealed_model();
    let begin = Instant::now();
    let ran = run(&sandbox, &["--mask"], &["sh", "-c", "sleep 300 & printf 'secret=Zq7w-canary'"]);
    assert!(ran.code == 0 && ran.text().starts_with("secret=__masked."), "{}", ran.text());
    assert!(begin.elapsed() < Duration::from_secs(200));
}
