//! `encrypt -`, `decrypt -`, and `cat` into a pipe.

use std::process::Stdio;

use crate::sandbox::Sandbox;

const SEAL: [&str; 4] = ["encrypt", "-", "--key-file", "key"];
const OPEN: [&str; 4] = ["decrypt", "-", "--key-file", "key"];

#[test]
fn a_stream_comes_back() {
    let sandbox = Sandbox::with_model();
    for len in [0, 1, 16_383, 16_384, 16_385, 100_000] {
        let plaintext = vec![7; len];
        let sealed = sandbox.feed(SEAL, &plaintext);
        assert_eq!((sealed.code, sealed.stderr.as_str()), (0, ""));
        let opened = sandbox.feed(OPEN, &sealed.stdout);
        assert_eq!(opened.code, 0, "{}", opened.stderr);
        assert!(opened.stdout == plaintext, "{len}");
    }
}

#[test]
fn a_file_of_the_tree_comes_through_the_pipe_too() {
    let sandbox = Sandbox::with_sealed_model();
    assert_eq!(sandbox.feed(OPEN, &sandbox.read("m/deep/b.bin.enc")).stdout, b"weights");
}

#[test]
fn a_stream_cut_short_ends_with_4_after_what_was_authentic() {
    let sandbox = Sandbox::with_model();
    let sealed = sandbox.feed(SEAL, &vec![7; 40_000]).stdout;
    let opened = sandbox.feed(OPEN, &sealed[..sealed.len() - 1]);
    opened.failed(4, "error: standard input: cut off inside the payload\nhint: throw away");
    assert!(opened.stdout == vec![7; 32_768]);
}

#[test]
fn nothing_comes_out_for_a_wrong_key_or_other_bytes() {
    let sandbox = Sandbox::with_model();
    let sealed = sandbox.feed(SEAL, b"secret").stdout;
    let opened = sandbox.feed(["decrypt", "-", "--key-file", "other"], &sealed);
    assert_eq!((opened.code, opened.stdout.len()), (3, 0));
    let opened = sandbox.feed(OPEN, b"something else");
    assert_eq!((opened.code, opened.stdout.len()), (4, 0));
}

#[test]
fn what_means_nothing_to_a_pipe_is_refused() {
    let sandbox = Sandbox::with_model();
    for more in [&["--keep"][..], &["--output", "o"], &["--dry-run"], &["--jobs", "2"], &["--json"]] {
        assert_eq!(sandbox.feed(SEAL.iter().chain(more), b"").code, 2, "{more:?}");
        assert_eq!(sandbox.feed(OPEN.iter().chain(more), b"").code, 2, "{more:?}");
    }
    sandbox.run(["encrypt", "-", "m", "--key-file", "key"]).failed(2, "`-` stands alone");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::with_model();
    sandbox.write("big.bin", &vec![7; 10_000_000]);
    sandbox.done(["encrypt", "big.bin", "--key-file", "key"]);
    let mut child = sandbox
        .command(["cat", "big.bin.enc", "--key-file", "key"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
}
