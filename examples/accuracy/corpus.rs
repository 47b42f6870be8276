//! Reads a corpus in the layout of Samsung `CredData`: `meta/*.csv` beside `data/`.

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Files with what is known of their lines.
pub(crate) struct Corpus {
    pub(crate) files: Vec<Labelled>,
}

/// One file and its rows.
pub(crate) struct Labelled {
    /// Below the corpus folder.
    pub(crate) path: PathBuf,
    pub(crate) text: Vec<u8>,
    pub(crate) rows: Vec<Row>,
}

/// What somebody said of one place.
pub(crate) struct Row {
    pub(crate) truth: Truth,
    pub(crate) category: String,
    /// Bytes of all its lines.
    pub(crate) lines: Range<usize>,
    /// Bytes of its value, where that is known.
    pub(crate) value: Option<Range<usize>>,
}

/// Whether there is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    Secret,
    /// Something else, or a template for a secret.
    Other,
}

impl Corpus {
    /// Reads every file that the tables of `folder/meta` name and that exists.
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut records: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for entry in std::fs::read_dir(folder.join("meta"))? {
            for record in csv::Reader::from_path(entry?.path())?.deserialize() {
                let record: Record = record?;
                records.entry(record.path.clone()).or_default().push(record);
            }
        }
        let mut files = Vec::new();
        for (path, records) in records {
            let Ok(text) = std::fs::read(folder.join(&path)) else { continue };
            let starts = line_starts(&text);
            let rows = records.iter().filter_map(|record| record.locate(&text, &starts)).collect();
            files.push(Labelled { path: PathBuf::from(path), text, rows });
        }
        Ok(Self { files })
    }
}

/// One line of a table; columns that do not matter here are left out.
#[derive(Deserialize)]
struct Record {
    #[serde(rename = "FilePath")]
    path: String,
    #[serde(rename = "LineStart")]
    first: usize,
    #[serde(rename = "LineEnd")]
    last: usize,
    #[serde(rename = "GroundTruth")]
    truth: String,
    #[serde(rename = "ValueStart")]
    value_start: Option<f64>,
    #[serde(rename = "ValueEnd")]
    value_end: Option<f64>,
    #[serde(rename = "Category")]
    category: String,
}

impl Record {
    fn locate(&self, text: &[u8], starts: &[usize]) -> Option<Row> {
        let first = *starts.get(self.first.checked_sub(1)?)?;
        let last = *starts.get(self.last - 1)?;
        let end = starts.get(self.last).map_or(text.len(), |next| next - 1);
        let truth = if self.truth.starts_with('T') && self.truth != "Template" {
            Truth::Secret
        } else {
            Truth::Other
        };
        let value_start = offset(&text[first..], self.value_start);
        let value_end = offset(&text[last..end.max(last)], self.value_end);
        let value = value_start.map(|start| first + start..value_end.map_or(end, |end| last + end));
        let value = value.filter(|value| value.start < value.end);
        Some(Row { truth, category: self.category.clone(), lines: first..end.max(first), value })
    }
}

/// The byte of the character of this number; the tables count characters.
fn offset(line: &[u8], chars: Option<f64>) -> Option<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    let chars = chars.filter(|chars| *chars >= 0.0)? as usize;
    let is_start = |byte: &u8| byte & 0xC0 != 0x80;
    let starts = line.iter().enumerate().filter(|(_, byte)| is_start(byte)).map(|(at, _)| at);
    Some(starts.chain([line.len()]).nth(chars).unwrap_or(line.len()))
}

fn line_starts(text: &[u8]) -> Vec<usize> {
    let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).collect()
}
