//! The sealed files of `fixtures/format`, made by an independent writer in Python: each opens, or fails, as
//! `cases.tsv` says.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{MemoryFile, kind, open, open_stream, plaintext};
use modelcrypt::ErrorKind;
use modelcrypt::base::SecretText;
use modelcrypt::envelope::HeaderEditor;
use modelcrypt::{MasterKey, Opener};

#[test]
fn every_fixture_opens_or_fails_as_its_case_says() {
    let cases = cases();
    assert!(cases.len() >= 130, "only {} cases", cases.len());
    let mut surprises = Vec::new();
    for case in &cases {
        let (key, sealed) = (case.key(), case.sealed());
        let opened = open(&key, &sealed);
        let found = match &opened {
            Ok((opened, _)) if Some(opened.len()) != case.plaintext_len => "ok, with another length",
            Ok((opened, _)) if *opened != plaintext(opened.len()) => "ok, with wrong bytes",
            Ok(_) => "ok",
            Err(error) => word(error.kind()),
        };
        if found != case.expect {
            let error = opened.map(drop).map_err(|error| error.to_string());
            surprises
                .push(format!("{} with {}: {found}, not {}: {error:?}", case.name, case.key, case.expect));
        }
    }
    assert!(surprises.is_empty(), "{} cases:\n{}", surprises.len(), surprises.join("\n"));
}

#[test]
fn every_fixture_streams_or_breaks_off_as_its_case_says() {
    let mut surprises = Vec::new();
    for case in cases() {
        let (outcome, written) = open_stream(&case.key(), &case.sealed());
        // Through a pipe, what is cut off and what is changed look alike; the exit code is the same.
        let found = kind(outcome).map_or("ok", word);
        let broken = |word: &str| matches!(word, "tampered" | "truncated");
        let right_bytes = written == plaintext(written.len());
        let whole = case.plaintext_len.is_none_or(|len| len == written.len());
        let as_said = found == case.expect || (broken(found) && broken(&case.expect));
        if !(as_said && whole && right_bytes) {
            surprises.push(format!("{} with {}: {found}, not {}", case.name, case.key, case.expect));
        }
    }
    assert!(surprises.is_empty(), "{} cases:\n{}", surprises.len(), surprises.join("\n"));
}

#[test]
fn absurd_fixtures_cost_nothing() {
    let mut count = 0;
    for case in cases().iter().filter(|case| case.note.contains("must cost nothing")) {
        let key = case.key();
        assert!(open(&key, &case.sealed()).is_err());
        assert_eq!(key.derivation_count(), 0, "{}", case.name);
        count += 1;
    }
    assert!(count >= 3, "only {count} cases");
}

#[test]
fn every_fixture_has_a_case() {
    let named: BTreeSet<_> = cases().into_iter().map(|case| format!("{}.enc", case.name)).collect();
    let there: BTreeSet<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "enc"))
        .collect();
    assert_eq!(named, there);
}

#[test]
fn every_fixture_that_opens_can_be_rewritten_or_says_why_not() {
    for case in cases().into_iter().filter(|case| case.expect == "ok") {
        let (key, file) = (case.key(), MemoryFile::new(case.sealed()));
        let mut editor = HeaderEditor::unlock(&file, &[&key]).unwrap();
        let (slots, metadata) = (editor.header().slots.clone(), editor.metadata().clone());
        let (generation, kept) = (editor.header().generation, metadata.clone());
        let outcome = editor.write(&slots, metadata);
        if generation >= (1 << 53) - 1 {
            assert_eq!(kind(outcome), Some(ErrorKind::InvalidInput), "{}", case.name);
            assert_eq!(file.bytes(), case.sealed());
            continue;
        }
        outcome.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let reopened = HeaderEditor::unlock(&file, &[&key]).unwrap();
        assert_eq!(*reopened.metadata(), kept, "{}", case.name);
        assert_eq!((&reopened.header().slots, reopened.header().generation), (&slots, generation + 1));
        assert_eq!(open(&key, &file.bytes()).unwrap().0.len(), case.plaintext_len.unwrap());
    }
}

#[test]
fn the_worked_example_has_the_sidecar_s_mac_and_checksum() {
    let case = Case::parse("worked-example\tok\ttest.key\t5\t");
    let sealed = case.sealed();
    let reader = Opener::new(&sealed[..], sealed.len() as u64).unwrap().unlock(&case.key()).unwrap();
    let text = std::fs::read(folder().join("worked-example.enc.json")).unwrap();
    let mut sidecar: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let hex = |bytes: &[u8]| serde_json::Value::from(data_encoding::HEXLOWER.encode(bytes));
    let sha256 = reader.metadata().sha256.unwrap();
    assert_eq!(sidecar["checksums"]["plaintext_hmac_sha256"], hex(&reader.file_key().checksum(&sha256)));
    let mac = sidecar.as_object_mut().unwrap().remove("mac").unwrap();
    let canonical = serde_json_canonicalizer::to_vec(&sidecar).unwrap();
    assert_eq!(mac, hex(&reader.file_key().sidecar_mac(&canonical)));
}

/// A line of `cases.tsv`.
struct Case {
    name: String,
    expect: String,
    key: String,
    plaintext_len: Option<usize>,
    note: String,
}

impl Case {
    fn parse(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, expect, key, len, note] = fields[..] else { panic!("not a case: {line}") };
        Self {
            name: name.into(),
            expect: expect.into(),
            key: key.into(),
            plaintext_len: len.parse().ok(),
            note: note.into(),
        }
    }

    fn key(&self) -> MasterKey {
        MasterKey::parse(SecretText::new(std::fs::read(folder().join(&self.key)).unwrap())).unwrap()
    }

    fn sealed(&self) -> Vec<u8> {
        std::fs::read(folder().join(format!("{}.enc", self.name))).unwrap()
    }
}

fn cases() -> Vec<Case> {
    let table = std::fs::read_to_string(folder().join("cases.tsv")).unwrap();
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(Case::parse).collect()
}

fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::WrongKey => "no-key",
        ErrorKind::Tampered => "tampered",
        ErrorKind::Truncated => "truncated",
        ErrorKind::Unsupported => "unsupported",
        _ => "an error of another kind",
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/format")
}
