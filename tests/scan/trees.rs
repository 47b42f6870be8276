//! Which files are looked through.

use std::fmt::Write;
use std::fs;

use modelcrypt::mask::{Confidence, Severity};
use modelcrypt::scan::{Error, Scanner};

use crate::project::{PASSWORD, Project, secret_line, token};

#[test]
fn hidden_files_are_scanned_ignored_ones_are_not() {
    let project = Project::of_git();
    project.write(".gitignore", "ignored.env\n/build/\n");
    for name in [".env", "src/.hidden/a.cfg", "ignored.env", "build/out.cfg", "src/build/out.cfg"] {
        project.write(name, secret_line());
    }
    // Of another tool, which is no reason to be let off.
    project.write(".ignore", ".env\n");
    project.write(".git/info/note.cfg", secret_line());
    let report = project.scan();
    assert_eq!(project.found_in(&report), [".env", "src/.hidden/a.cfg", "src/build/out.cfg"]);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
}

#[test]
fn a_path_that_is_named_is_scanned_whatever_ignores_it() {
    let project = Project::of_git();
    project.write(".gitignore", "*.env\n");
    project.write("a.env", secret_line());
    assert!(project.scan().findings.is_empty());
    let report = Scanner::new().scan(&[project.path("a.env")]);
    assert_eq!(project.found_in(&report), ["a.env"]);
}

#[test]
fn a_file_is_told_once_and_in_the_order_of_names_however_often_it_is_named() {
    let project = Project::new();
    for name in ["b.cfg", "a/z.cfg", "a/b.cfg", "c.cfg"] {
        project.write(name, format!("{}\n\n{}\n", secret_line(), token()));
    }
    let names = ["c.cfg", "", "a", "./a/b.cfg"].map(|name| project.path(name));
    let report = Scanner::new().scan(&names);
    assert_eq!(project.found_in(&report), ["a/b.cfg", "a/z.cfg", "b.cfg", "c.cfg"]);
    let lines: Vec<u64> = report.findings.iter().map(|f| f.region.as_ref().unwrap().start.line).collect();
    assert_eq!(lines, [1, 3, 1, 3, 1, 3, 1, 3]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_if_they_are_named() {
    let (project, elsewhere) = (Project::new(), Project::new());
    elsewhere.write("a.cfg", secret_line());
    std::os::unix::fs::symlink(elsewhere.path("a.cfg"), project.path("link.cfg")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(""), project.path("dir")).unwrap();
    assert!(project.scan().findings.is_empty());
    for name in ["link.cfg", "dir"] {
        let report = Scanner::new().scan(&[project.path(name)]);
        assert_eq!(report.findings.len(), 1, "{name}: {:?}", report.failures);
    }
}

#[test]
fn binary_files_are_left_out_and_counted() {
    let project = Project::new();
    project.write("a.bin", [b"\0\x01\x02", secret_line().as_bytes()].concat());
    project.write("b.txt", [secret_line().as_bytes(), b"\n\xff\xfe latin"].concat());
    let report = project.scan();
    assert_eq!((project.found_in(&report), report.binary), (vec!["b.txt".to_owned()], 1));
}

#[test]
fn a_file_that_this_program_sealed_is_left_out_and_counted() {
    let project = Project::new();
    let key = modelcrypt::MasterKey::generate().unwrap();
    let sealed = modelcrypt::seal_bytes(&key, secret_line().as_bytes()).unwrap();
    project.write("a.env.enc", sealed);
    let report = project.scan();
    assert_eq!((report.sealed, report.findings.len(), report.binary), (1, 0, 0));
}

#[test]
fn what_cannot_be_scanned_is_told_and_stops_nothing() {
    let project = Project::new();
    project.write("a.cfg", secret_line());
    project.write("b.safetensors", [&1000_u64.to_le_bytes()[..], b"{}"].concat());
    let report = Scanner::new().scan(&[project.path("none"), project.path("")]);
    assert_eq!(project.found_in(&report), ["a.cfg"]);
    let told: Vec<_> =
        report.failures.iter().map(|failed| (project.name(&failed.path), &failed.error)).collect();
    let [(header, Error::Tensors(_)), (none, Error::Read(_))] = &told[..] else { panic!("{told:?}") };
    assert_eq!((header.as_str(), none.as_str()), ("b.safetensors", "none"));
}

#[cfg(unix)]
#[test]
fn a_fifo_does_not_hang_it() {
    let project = Project::new();
    let fifo = project.path("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    assert!(project.scan().failures.is_empty());
    let report = Scanner::new().scan(&[fifo]);
    assert!(matches!(report.failures[0].error, Error::NotAFile));
}

#[test]
fn what_is_less_severe_or_less_sure_is_not_reported() {
    let project = Project::new();
    project.write("a.cfg", secret_line());
    let severity = project.scan().findings[0].severity();
    assert!(severity < Severity::Critical);
    assert_eq!(project.scan_with(&Scanner::new().min_severity(severity)).findings.len(), 1);
    assert!(project.scan_with(&Scanner::new().min_severity(Severity::Critical)).findings.is_empty());
    assert!(project.scan().findings.iter().all(|finding| finding.confidence >= Confidence::Medium));
}

#[test]
fn a_long_file_is_scanned_a_window_at_a_time_and_nothing_is_lost_or_told_twice() {
    let project = Project::new();
    let filler = "some words of no importance, and then some more of them\n";
    let mut text = String::new();
    let mut expected = Vec::new();
    // Around every end of a window, and where one begins.
    for (number, until) in [4 << 20, 8 << 20].into_iter().enumerate() {
        while text.len() < until - (80 << 10) {
            text.push_str(filler);
        }
        while text.len() < until + (80 << 10) {
            expected.push(text.matches('\n').count() as u64 + 1);
            writeln!(text, "password = \"{PASSWORD}{number}\"").unwrap();
            text.push_str(&filler.repeat(7));
        }
    }
    let project_file = project.path("log.cfg");
    fs::write(&project_file, &text).unwrap();
    let report = project.scan();
    let lines: Vec<u64> = report.findings.iter().map(|f| f.region.as_ref().unwrap().start.line).collect();
    assert_eq!(lines, expected);
    for finding in &report.findings {
        let bytes = finding.region.as_ref().unwrap().bytes.clone().unwrap();
        let span = usize::try_from(bytes.start).unwrap()..usize::try_from(bytes.end).unwrap();
        assert!(text[span].starts_with(PASSWORD));
    }
    assert_eq!(report.bytes, text.len() as u64);
}

#[test]
fn one_line_of_many_megabytes_is_scanned_too() {
    let project = Project::new();
    let text = format!("{}password=\"{PASSWORD}\" {}", "word ".repeat(1_100_000), "word ".repeat(1_000_000));
    let finding = project.only("a.cfg", text);
    let region = finding.region.unwrap();
    assert_eq!((region.start.line, region.start.column), (1, 5_500_000 + 11));
}
