//! Every command that README.md shows is run, in its order, as a reader would.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

#[test]
fn every_block_ends_with_the_exit_code_it_announces() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    copy_tree(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-llama"), &dir.path().join("models"));
    let path = search_path();
    let blocks: Vec<_> = blocks(README).into_iter().filter(|block| !block.is_run_by_ci()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let output = Command::new("bash")
            .args(["-euc", &block.text])
            .current_dir(dir.path())
            .env("HOME", &home)
            .env("PATH", &path)
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("MODELCRYPT_KEY")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(block.exit_code()),
            "{}\n{}{}",
            block.text,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
    }
    assert_same_tree(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-llama"),
        &dir.path().join("models"),
    );
}

#[test]
fn the_demo_and_the_tests_are_one_line_each() {
    let blocks = blocks(README);
    for marker in BY_CI {
        let marked: Vec<_> = blocks.iter().filter(|block| block.marker.as_deref() == Some(*marker)).collect();
        assert_eq!(marked.len(), 1, "<!-- {marker} -->");
        assert_eq!(marked[0].text.lines().count(), 1, "{}", marked[0].text);
    }
}

#[test]
fn every_file_that_is_linked_to_is_there() {
    let links = README.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(), "{link}");
    }
}

/// A `sh` block, and the comment right above it.
struct Block {
    marker: Option<String>,
    text: String,
}

impl Block {
    fn is_run_by_ci(&self) -> bool {
        self.marker.as_deref().is_some_and(|marker| BY_CI.contains(&marker))
    }

    fn exit_code(&self) -> i32 {
        self.marker.as_deref().map_or(0, |marker| marker.strip_prefix("exit: ").unwrap().parse().unwrap())
    }
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut marker = None;
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if line == "```sh" {
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block { marker: marker.take(), text: text.join("\n") });
        } else {
            let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
            marker = comment.map(str::to_owned);
        }
    }
    blocks
}

/// The program under test first.
fn search_path() -> std::ffi::OsString {
    let programs = Path::new(env!("CARGO_BIN_EXE_modelcrypt")).parent().unwrap().to_owned();
    let others = env::var_os("PATH").unwrap();
    env::join_paths(std::iter::once(programs).chain(env::split_paths(&others))).unwrap()
}

fn copy_tree(from: impl AsRef<Path>, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Nothing is missing, changed or left over.
fn assert_same_tree(expected: &Path, found: &Path) {
    let diff = Command::new("diff").arg("-r").args([expected, found]).output().unwrap();
    assert!(diff.status.success(), "{}", String::from_utf8_lossy(&diff.stdout));
}

/// The lines that `.ci/run` runs.
const BY_CI: &[&str] = &["demo", "test"];
const README: &str = include_str!("../README.md");
