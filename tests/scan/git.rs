//! What is staged.

use std::path::Path;

use modelcrypt::scan::{Error, Scanner};

use crate::project::{Project, secret_line};

#[test]
fn the_staged_content_counts_and_not_the_working_tree() {
    let project = Project::of_git();
    project.write("staged.cfg", secret_line());
    project.write("clean.cfg", "a = 1\n");
    project.git(&["add", "."]);
    project.write("staged.cfg", "mended = true\n");
    project.write("clean.cfg", secret_line());
    project.write("untracked.cfg", secret_line());
    assert_eq!(staged(&project, ""), ["staged.cfg"]);
}

#[test]
fn what_was_committed_before_is_not_staged() {
    let project = Project::of_git();
    for name in ["old.cfg", "changed.cfg", "removed.cfg"] {
        project.write(name, secret_line());
    }
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "-m", "a"]);
    assert!(staged(&project, "").is_empty());
    project.write("changed.cfg", format!("# more\n{}", secret_line()));
    project.git(&["rm", "--quiet", "removed.cfg"]);
    project.git(&["mv", "old.cfg", "renamed.cfg"]);
    project.git(&["add", "."]);
    assert_eq!(staged(&project, ""), ["changed.cfg", "renamed.cfg"]);
}

#[test]
fn names_may_be_odd_and_are_told_from_where_one_is() {
    let project = Project::of_git();
    for name in ["a b/ä\".cfg", "sub/x.cfg", "new\nline.cfg", "[a].cfg"] {
        project.write(name, secret_line());
    }
    project.git(&["add", "."]);
    assert_eq!(staged(&project, ""), ["[a].cfg", "a b/ä\".cfg", "new\nline.cfg", "sub/x.cfg"]);
    assert_eq!(staged(&project, "sub"), ["../[a].cfg", "../a b/ä\".cfg", "../new\nline.cfg", "x.cfg"]);
    let report = Scanner::new().scan_staged(&project.path(""), &["[a].cfg".into()]).unwrap();
    assert_eq!(report.scanned, [Path::new("[a].cfg")]);
}

#[cfg(unix)]
#[test]
fn links_and_empty_files_hold_nothing() {
    let project = Project::of_git();
    std::os::unix::fs::symlink("a.cfg", project.path("link.cfg")).unwrap();
    project.write("empty.cfg", "");
    project.write("a.cfg", secret_line());
    project.git(&["add", "."]);
    let report = Scanner::new().scan_staged(&project.path(""), &[]).unwrap();
    assert_eq!(report.scanned, [Path::new("a.cfg"), Path::new("empty.cfg")]);
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn where_no_repository_is_git_says_so() {
    let project = Project::new();
    project.write(".git", "gitdir: /nowhere\n");
    let error = Scanner::new().scan_staged(&project.path(""), &[]).unwrap_err();
    assert!(matches!(error, Error::Git(_)) && error.to_string().contains("not a git repository"), "{error}");
}

fn staged(project: &Project, from: &str) -> Vec<String> {
    let report = Scanner::new().scan_staged(&project.path(from), &[]).unwrap();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    report.findings.iter().map(|finding| finding.path.to_str().unwrap().to_owned()).collect()
}
