//! For code hosts: SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Component, Path};

use serde_json::{Value, json};

use super::text::{confidence, description, severity};
use crate::mask::{Rule, Severity};
use crate::scan::{Failed, Finding, Report};

/// The report as a SARIF log of one run. A path below the working directory is relative to it.
#[must_use]
pub fn sarif(report: &Report) -> Value {
    let rules: BTreeMap<&str, &Rule> =
        report.findings.iter().map(|finding| (finding.rule.id.as_str(), finding.rule)).collect();
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(index, &id)| (id, index)).collect();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(finding, index[finding.rule.id.as_str()])).collect();
    let notifications: Vec<Value> = report.failures.iter().map(notification).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "modelcrypt",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": report.failures.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": ["security", "secret"], "security-severity": score(rule.severity) },
    })
}

fn result(finding: &Finding, rule_index: usize) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(&finding.path) } });
    if let Some(region) = &finding.region {
        place["region"] = json!({
            "startLine": region.start.line,
            "startColumn": region.start.utf16_column,
            "endLine": region.end.line,
            "endColumn": region.end.utf16_column,
        });
    }
    let mut location = json!({ "physicalLocation": place });
    if let Some(within) = &finding.within {
        location["logicalLocations"] = json!([{ "name": within.to_string() }]);
    }
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rule_index,
        "level": level(finding.severity()),
        "message": { "text": format!("{}: {}", description(finding), finding.preview) },
        "locations": [location],
        "properties": {
            "severity": severity(finding.severity()),
            "confidence": confidence(finding.confidence),
        },
    });
    if let Some(fingerprint) = finding.fingerprint {
        result["partialFingerprints"] = json!({ "modelcryptBaseline/v1": fingerprint.to_hex() });
    }
    result
}

fn notification(failed: &Failed) -> Value {
    json!({
        "level": "error",
        "message": { "text": failed.error.to_string() },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&failed.path) } } }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// As GitHub sorts alerts: over 9 critical, over 7 high, over 4 medium.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "2.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}

/// A reference as RFC 3986 has it: relative where the path is.
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    for component in path.components() {
        match component {
            Component::Prefix(prefix) => {
                uri.push_str("file:///");
                push_encoded(&mut uri, prefix.as_os_str().as_encoded_bytes());
            }
            Component::RootDir if uri.is_empty() => uri.push_str("file://"),
            Component::RootDir | Component::CurDir => {}
            other => {
                if !uri.is_empty() {
                    uri.push('/');
                }
                push_encoded(&mut uri, other.as_os_str().as_encoded_bytes());
            }
        }
    }
    if uri.is_empty() { ".".into() } else { uri }
}

fn push_encoded(uri: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn paths_become_references() {
        for (path, expected) in [
            ("a/b.py", "a/b.py"),
            ("./a b/é#?.txt", "a%20b/%C3%A9%23%3F.txt"),
            ("/srv/a:b", "file:///srv/a%3Ab"),
            ("../a", "../a"),
            ("a:b", "a%3Ab"),
        ] {
            assert_eq!(uri(Path::new(path)), expected);
        }
    }
}
