//! What is known and accepted.

use std::fs;

use modelcrypt::mask::Severity;
use modelcrypt::scan::{Baseline, Error, Report, Scanner};

use crate::project::{PASSWORD, Project, secret_line};

#[test]
fn a_known_secret_may_move_in_its_file_and_is_new_in_another() {
    let project = Project::new();
    project.write("src/a.cfg", secret_line());
    accept(&project);
    project.write("src/a.cfg", format!("\n\n# moved\n  {}\n", secret_line()));
    assert_eq!(counts(&scan(&project)), (0, 1));
    project.write("src/b.cfg", secret_line());
    let report = scan(&project);
    assert_eq!((counts(&report), project.found_in(&report)), ((1, 1), vec!["src/b.cfg".to_owned()]));
    project.write("src/a.cfg", secret_line().replace(PASSWORD, "anotherhunter2Mx7Qe"));
    project.write("src/b.cfg", "");
    assert_eq!(project.found_in(&scan(&project)), ["src/a.cfg"]);
}

#[test]
fn it_holds_nothing_that_can_be_looked_up() {
    let (one, two) = (Project::new(), Project::new());
    for project in [&one, &two] {
        project.write("a.cfg", secret_line());
        accept(project);
    }
    let read = |project: &Project| fs::read_to_string(project.path(FILE)).unwrap();
    let (one, two) = (read(&one), read(&two));
    assert!(!one.contains(PASSWORD) && one.contains("\"rule\": \"password\"") && one.contains("a.cfg"));
    let fingerprint = |text: &str| text.split("\"fingerprint\": \"").nth(1).unwrap()[..64].to_owned();
    assert_ne!(fingerprint(&one), fingerprint(&two));
}

#[test]
fn a_path_is_told_from_the_baseline_on_wherever_the_tree_lies() {
    let project = Project::new();
    project.write("src/a.cfg", secret_line());
    accept(&project);
    let moved = Project::new();
    for name in ["src/a.cfg", FILE] {
        moved.write(name, fs::read(project.path(name)).unwrap());
    }
    assert_eq!(counts(&scan(&moved)), (0, 1));
    let file_alone = scanner(&moved).scan(&[moved.path("src/../src/a.cfg")]);
    assert_eq!(counts(&file_alone), (0, 1));
}

#[test]
fn an_update_forgets_what_is_gone_and_keeps_what_it_did_not_come_by() {
    let project = Project::new();
    for name in ["gone.cfg", "mended.cfg", "stays.cfg", "sub/other.cfg"] {
        project.write(name, secret_line());
    }
    accept(&project);
    assert_eq!(load(&project).len(), 4);
    fs::remove_file(project.path("gone.cfg")).unwrap();
    project.write("mended.cfg", "password = os.environ['P']\n");

    // Only `sub`: the others were not looked at.
    update(&project, Scanner::new(), "sub");
    assert_eq!(load(&project).len(), 4);
    // Only what is critical: what these are was not looked for.
    update(&project, Scanner::new().min_severity(Severity::Critical), "");
    assert_eq!(load(&project).len(), 4);
    update(&project, Scanner::new(), "");
    assert_eq!(load(&project).len(), 2);
    assert_eq!(counts(&scan(&project)), (0, 2));
}

#[test]
fn the_baseline_itself_is_not_scanned_and_stays_the_same_if_nothing_changes() {
    let project = Project::new();
    project.write("a.cfg", secret_line());
    accept(&project);
    let before = fs::read(project.path(FILE)).unwrap();
    accept(&project);
    assert_eq!(fs::read(project.path(FILE)).unwrap(), before);
    assert_eq!(scan(&project).scanned, [project.path("a.cfg")]);
}

#[test]
fn what_is_no_baseline_is_said_to_be_none() {
    let project = Project::new();
    for text in [
        "",
        "{}",
        r#"{"schema":"modelcrypt/scan-baseline/v2","fingerprint_key":"","findings":[]}"#,
        r#"{"schema":"modelcrypt/scan-baseline/v1","fingerprint_key":"00","findings":[]}"#,
    ] {
        project.write(FILE, text);
        assert!(matches!(Baseline::load(&project.path(FILE)), Err(Error::Baseline { .. })), "{text}");
        assert!(Baseline::load_or_new(&project.path(FILE)).is_err(), "{text}");
    }
    let missing = Baseline::load(&project.path("none.json")).unwrap_err();
    assert!(matches!(missing, Error::BaselineFile { .. }));
}

const FILE: &str = "baseline.json";

fn load(project: &Project) -> Baseline {
    Baseline::load(&project.path(FILE)).unwrap()
}

fn scanner(project: &Project) -> Scanner {
    Scanner::new().baseline(load(project))
}

fn scan(project: &Project) -> Report {
    project.scan_with(&scanner(project))
}

fn accept(project: &Project) {
    update(project, Scanner::new(), "");
}

fn update(project: &Project, scanner: Scanner, under: &str) {
    let scanner = scanner.baseline(Baseline::load_or_new(&project.path(FILE)).unwrap());
    let report = scanner.scan(&[project.path(under)]);
    scanner.into_updated_baseline(&report).unwrap().write().unwrap();
}

fn counts(report: &Report) -> (usize, usize) {
    (report.findings.len(), report.known.len())
}
