//! For people: a place that editors jump to, what it is, and the line with the secret masked.

use std::fmt::Write;
use std::path::Path;

use crate::mask::{Confidence, Severity};
use crate::scan::{Finding, Report};

/// Two lines for each finding. Paths are escaped where a terminal would act on them.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut lines = String::new();
    for finding in &report.findings {
        let _ = writeln!(lines, "{}", headline(finding));
        let _ = writeln!(lines, "    {}", finding.preview);
    }
    lines
}

/// `a/b.py:3:14: high: API key (api-key, medium confidence)`.
pub(super) fn headline(finding: &Finding) -> String {
    let mut line = printable(&finding.path);
    if let Some(region) = &finding.region {
        let _ = write!(line, ":{}:{}", region.start.line, region.start.column);
    }
    let _ = write!(line, ": {}: {}", severity(finding.severity()), description(finding));
    line
}

/// `API key (api-key, medium confidence), output of cell 3`.
pub(super) fn description(finding: &Finding) -> String {
    let sure = confidence(finding.confidence);
    let mut text = format!("{} ({}, {sure} confidence)", finding.rule.title, finding.rule.id);
    if let Some(within) = &finding.within {
        let _ = write!(text, ", {}", escaped(&within.to_string()));
    }
    text
}

/// As it is written.
#[must_use]
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

fn printable(path: &Path) -> String {
    escaped(&path.display().to_string())
}

fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}
