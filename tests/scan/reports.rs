//! How findings are told.

use modelcrypt::scan::{Baseline, Report, Scanner, report};
use serde_json::Value;

use crate::project::{PASSWORD, Project, secret_line};

#[test]
fn text_begins_with_a_place_that_editors_jump_to() {
    let project = Project::new();
    project.write("a b.cfg", format!("x\n  {}\n", secret_line()));
    let text = report::text(&project.scan());
    let lines: Vec<&str> = text.lines().collect();
    let place = format!("{}:2:15: high: Password (password, ", project.path("a b.cfg").display());
    assert!(lines[0].starts_with(&place) && lines[0].ends_with(" confidence)"), "{text}");
    assert_eq!(lines[1], "    password = \"[masked:password]\"");
}

#[cfg(unix)]
#[test]
fn a_name_cannot_forge_a_line() {
    let project = Project::new();
    project.write("a\n\u{1b}[2Jb.cfg", secret_line());
    let text = report::text(&project.scan());
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("a\\u{a}\\u{1b}[2Jb.cfg:1:13: "), "{text}");
}

#[test]
fn no_format_shows_a_secret() {
    let project = Project::new();
    project.write(
        "a.cfg",
        format!("{0}\nurl = \"https://deploy:{PASSWORD}@hub.internal\" # {PASSWORD}\n", secret_line()),
    );
    let report = project.scan();
    assert!(report.findings.len() >= 2);
    let json = serde_json::to_string(&report::json(&report)).unwrap();
    for told in [report::text(&report), json, report::sarif(&report).to_string(), format!("{report:?}")] {
        assert!(told.contains("[masked:") && !told.contains(&PASSWORD[..6]), "{told}");
    }
}

#[test]
fn json_has_every_field() {
    let project = Project::new();
    project.write("a.cfg", format!("\n{}\n", secret_line()));
    let report = project.scan();
    let json = serde_json::to_value(report::json(&report)).unwrap();
    let finding = &json[0];
    for (field, expected) in [
        ("rule", Value::from("password")),
        ("title", "Password".into()),
        ("severity", "high".into()),
        ("line", 2.into()),
        ("column", 13.into()),
        ("end_line", 2.into()),
        ("end_column", (13 + PASSWORD.len()).into()),
        ("bytes", serde_json::json!([13, 13 + PASSWORD.len()])),
        ("preview", "password = \"[masked:password]\"".into()),
        ("fingerprint", Value::Null),
    ] {
        assert_eq!(finding[field], expected, "{field}");
    }
    assert!(finding["confidence"].is_string() && finding["path"].as_str().unwrap().ends_with("a.cfg"));
}

#[test]
fn sarif_has_rules_levels_and_columns_in_utf16() {
    let project = Project::new();
    project.write("a.cfg", format!("x = \"\u{1f600}\"; {}\n", secret_line()));
    let scanner = Scanner::new().baseline(Baseline::load_or_new(&project.path("b.json")).unwrap());
    let report = scanner.scan(&[project.path(""), project.path("none")]);
    let sarif = report::sarif(&report);
    let run = &sarif["runs"][0];
    let result = &run["results"][0];
    assert_eq!((&sarif["version"], &run["columnKind"]), (&"2.1.0".into(), &"utf16CodeUnits".into()));
    assert_eq!((&result["ruleId"], &result["level"]), (&"password".into(), &"error".into()));
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "password");
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startColumn"], 1 + "x = \"12\"; password = \"".len());
    let fingerprint = result["partialFingerprints"]["modelcryptBaseline/v1"].as_str().unwrap();
    assert_eq!(fingerprint, fingerprint_of(&report));
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

fn fingerprint_of(report: &Report) -> String {
    report.findings[0].fingerprint.unwrap().to_hex()
}
