//! For programs: every finding as an object.

use std::ops::Range;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::text::{confidence, severity};
use crate::scan::{CellPart, Finding, Report, Within};

/// The findings, each as it stands in a JSON document.
#[must_use]
pub fn json(report: &Report) -> Vec<JsonFinding<'_>> {
    report.findings.iter().map(JsonFinding::from).collect()
}

/// A finding as it stands in a JSON document.
#[derive(Debug, Serialize)]
pub struct JsonFinding<'r> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_b64: Option<String>,
    rule: &'r str,
    title: &'r str,
    severity: &'static str,
    confidence: &'static str,
    line: Option<u64>,
    column: Option<u64>,
    end_line: Option<u64>,
    end_column: Option<u64>,
    bytes: Option<[u64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cell_part: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_key: Option<&'r str>,
    preview: &'r str,
    fingerprint: Option<String>,
}

impl<'r> From<&'r Finding> for JsonFinding<'r> {
    fn from(finding: &'r Finding) -> Self {
        let exact = || BASE64URL_NOPAD.encode(finding.path.as_os_str().as_encoded_bytes());
        let region = finding.region.as_ref();
        let both = |Range { start, end }: Range<u64>| [start, end];
        let (cell, cell_part, metadata_key) = match &finding.within {
            Some(Within::Cell { number, part: CellPart::Source }) => (Some(*number), Some("source"), None),
            Some(Within::Cell { number, part: CellPart::Output }) => (Some(*number), Some("output"), None),
            Some(Within::Metadata { key }) => (None, None, Some(key.as_str())),
            None => (None, None, None),
        };
        Self {
            path: finding.path.to_string_lossy().into_owned(),
            path_b64: if finding.path.to_str().is_some() { None } else { Some(exact()) },
            rule: &finding.rule.id,
            title: &finding.rule.title,
            severity: severity(finding.severity()),
            confidence: confidence(finding.confidence),
            line: region.map(|region| region.start.line),
            column: region.map(|region| region.start.column),
            end_line: region.map(|region| region.end.line),
            end_column: region.map(|region| region.end.column),
            bytes: region.and_then(|region| region.bytes.clone()).map(both),
            cell,
            cell_part,
            metadata_key,
            preview: &finding.preview,
            fingerprint: finding.fingerprint.map(|fingerprint| fingerprint.to_hex()),
        }
    }
}
