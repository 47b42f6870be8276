//! What is looked into, and what each place in it is called.

use std::collections::HashMap;

use modelcrypt::scan::{CellPart, Scanner, Within};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

use crate::gguf::{File, Value};
use crate::project::{PASSWORD, Project, secret_line, token};

#[test]
fn a_place_is_a_line_a_character_and_the_bytes() {
    let project = Project::new();
    let text = format!("# \u{1f600}\r\nx = \"\u{1f600}é\"; {}\n", secret_line());
    let region = project.only("a.cfg", &text).region.unwrap();
    let start = text.find(PASSWORD).unwrap() as u64;
    assert_eq!(region.bytes, Some(start..start + PASSWORD.len() as u64));
    assert_eq!((region.start.line, region.start.column, region.start.utf16_column), (2, 23, 24));
    assert_eq!(region.end.column, region.start.column + PASSWORD.len() as u64);
}

#[test]
fn the_preview_has_the_name_and_not_the_secret() {
    let project = Project::new();
    let preview = project.only("a.cfg", format!("\u{1b}[31m{}\n", secret_line())).preview;
    assert!(preview.contains("password = \"[masked:") && preview.contains("\\u{1b}[31m"), "{preview}");
    assert!(!preview.contains(&PASSWORD[..4]), "{preview}");
}

#[test]
fn utf16_is_read_as_text() {
    let project = Project::new();
    let text = format!("\u{feff}# é\r\n{}\r\n", secret_line());
    for big_endian in [false, true] {
        let bytes: Vec<u8> = text
            .encode_utf16()
            .flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect();
        let region = project.only("a.cfg", bytes).region.unwrap();
        assert_eq!((region.start.line, region.start.column, region.bytes), (2, 13, None));
    }
}

#[test]
fn a_private_key_is_one_finding_over_its_lines() {
    let project = Project::new();
    let finding = project.only("key.pem", format!("# my key\n{}", private_key("\n")));
    assert_eq!(finding.rule.id, "private-key");
    let region = finding.region.unwrap();
    assert!(region.start.line == 3 && region.end.line == 5, "{region:?}");
}

#[test]
fn a_service_account_has_its_key_in_one_line_of_json() {
    let project = Project::new();
    let account = format!(
        "{{\n  \"type\": \"service_account\",\n  \"client_email\": \"a@b.iam.gserviceaccount.com\",\n  \"private_key\": \"{}\"\n}}\n",
        private_key("\\n")
    );
    let finding = project.only("account.json", account);
    assert_eq!(finding.rule.id, "private-key");
    assert_eq!(finding.region.unwrap().start.line, 4);
}

#[test]
fn a_notebook_tells_the_cell_and_the_line_in_the_file() {
    let project = Project::new();
    let notebook = json!({
        "cells": [
            { "cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "words"] },
            { "cell_type": "code", "metadata": {}, "execution_count": 1,
              "source": ["import os\n", &format!("password = \"{PASSWORD}\"\n"), "print('\u{e9}')"],
              "outputs": [
                  { "output_type": "stream", "name": "stdout", "text": ["ok\n", &format!("token {}\n", token())] },
                  { "output_type": "display_data", "metadata": {}, "data": {
                      "image/png": format!("password = \"{PASSWORD}\""), "text/plain": ["<Figure>"] } },
              ] },
        ],
        "metadata": { "kernelspec": { "name": "python3" } }, "nbformat": 4, "nbformat_minor": 5,
    });
    let text = serde_json::to_string_pretty(&notebook).unwrap();
    project.write("a.ipynb", &text);
    let report = project.scan();
    let [source, output] = &report.findings[..] else { panic!("{:?}", report.findings) };
    let (mut source, mut output) = (source, output);
    if text.find(&token()) < text.find(PASSWORD) {
        (source, output) = (output, source);
    }
    assert_eq!(source.within, Some(Within::Cell { number: 2, part: CellPart::Source }));
    assert_eq!(output.within, Some(Within::Cell { number: 2, part: CellPart::Output }));
    assert_eq!(source.preview, "password = \"[masked:password]\"");
    for (finding, secret) in [(source, PASSWORD), (output, token().as_str())] {
        let region = finding.region.as_ref().unwrap();
        let in_picture = text.find("image/png").unwrap();
        let place = text
            .match_indices(secret)
            .map(|(at, _)| at)
            .find(|&at| !(in_picture..in_picture + 60).contains(&at));
        let start = place.unwrap() as u64;
        assert_eq!(region.bytes, Some(start..start + secret.len() as u64));
        let line = text[..place.unwrap()].matches('\n').count() as u64 + 1;
        assert_eq!(region.start.line, line);
    }
}

#[test]
fn a_mark_in_a_notebook_holds_for_its_line_of_code() {
    let project = Project::new();
    let source = [format!("{}  # modelcrypt:allow\n", secret_line()), "x = 1".into()];
    let notebook = json!({ "cells": [{ "cell_type": "code", "source": source, "outputs": [] }] });
    project.write("a.ipynb", notebook.to_string());
    let report = project.scan();
    assert_eq!((report.findings.len(), report.allowed), (0, 1));
}

#[test]
fn what_only_is_called_a_notebook_is_text() {
    let project = Project::new();
    for (name, text) in
        [("a.ipynb", secret_line()), ("b.ipynb", format!("{{\"cells\": [{{\n{}\n", secret_line()))]
    {
        assert_eq!(project.only(name, text).within, None);
    }
}

#[test]
fn a_vocabulary_makes_no_noise_and_what_stands_beside_it_is_found() {
    let project = Project::new();
    let words: serde_json::Map<_, _> = ["password", "api_key", "secret_token"]
        .iter()
        .map(|word| (*word).to_owned())
        .chain((0..50_000).map(|number| format!("secret{number}")))
        .enumerate()
        .map(|(number, word)| (word, json!(12_345_678 + number)))
        .collect();
    let added: Vec<_> =
        (0..1000).map(|id| json!({ "id": id, "content": format!("<secret_{id}>") })).collect();
    let tokenizer = json!({
        "version": "1.0", "added_tokens": added,
        "model": { "type": "BPE", "vocab": words, "merges": ["pass word", "to ken"] },
        "hub": { "password": PASSWORD },
    });
    project.write("vocab.json", serde_json::to_string(&words).unwrap());
    let finding = project.only("tokenizer.json", serde_json::to_string_pretty(&tokenizer).unwrap());
    assert!(finding.preview.contains("password"), "{}", finding.preview);
    let region = finding.region.unwrap().bytes.unwrap();
    let text = std::fs::read(project.path("tokenizer.json")).unwrap();
    assert_eq!(
        &text[usize::try_from(region.start).unwrap()..usize::try_from(region.end).unwrap()],
        PASSWORD.as_bytes()
    );
    assert_eq!(project.scan().findings.len(), 1);
}

#[test]
fn of_a_safetensors_file_only_the_metadata_is_looked_through() {
    let project = Project::new();
    let data = format!("{} ", secret_line()).repeat(8);
    let view = TensorView::new(Dtype::U8, vec![data.len()], data.as_bytes()).unwrap();
    let metadata = HashMap::from([
        ("format".to_owned(), "pt".to_owned()),
        ("hub_password".to_owned(), PASSWORD.to_owned()),
    ]);
    let file = safetensors::serialize([("t", view)], Some(metadata)).unwrap();
    let finding = project.only("model.safetensors", &file);
    assert_eq!(finding.within, Some(Within::Metadata { key: "hub_password".into() }));
    assert!(finding.region.is_none() && finding.preview.contains("hub_password"), "{finding:?}");
    let plain =
        safetensors::serialize([("t", TensorView::new(Dtype::U8, vec![1], &[0]).unwrap())], None).unwrap();
    project.write("model.safetensors", plain);
    assert!(project.scan().findings.is_empty());
}

#[test]
fn of_a_gguf_file_only_the_metadata_is_looked_through_and_no_vocabulary() {
    let project = Project::new();
    let mut file = File::of_texts([
        ("general.name", "tiny"),
        ("general.url", &format!("https://deploy:{PASSWORD}@hub.internal/m")),
    ]);
    let words = vec![Value::Text(token().into()); 3];
    file.values.push(("tokenizer.ggml.tokens".into(), Value::Array(8, words)));
    file.data = secret_line().into();
    let finding = project.only("model.gguf", file.bytes());
    assert_eq!(finding.within, Some(Within::Metadata { key: "general.url".into() }));
    // An array of texts that is no vocabulary.
    let mut file = File::of_texts([]);
    file.values.push(("general.tags".into(), Value::Array(8, vec![Value::Text(token().into())])));
    assert_eq!(
        project.only("model.gguf", file.bytes()).within,
        Some(Within::Metadata { key: "general.tags".into() })
    );
    // What only begins so is text.
    project.write("model.gguf", format!("GGUF is a format.\n{}\n", secret_line()));
    assert_eq!(Scanner::new().scan(&[project.path("model.gguf")]).findings.len(), 1);
}

#[test]
fn lines_are_allowed_one_by_one() {
    let project = Project::new();
    let text = format!(
        "{0}  # modelcrypt:allow\n{0}  # modelcrypt:allow=password\n{0}  # modelcrypt:allow=private-key\n{0}\n",
        secret_line()
    );
    project.write("a.cfg", text);
    let report = project.scan();
    let lines: Vec<u64> = report.findings.iter().map(|f| f.region.as_ref().unwrap().start.line).collect();
    assert_eq!((lines, report.allowed), (vec![3, 4], 2));
}

/// A key of the right form that is none.
fn private_key(newline: &str) -> String {
    let lines = [
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
        "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
    ];
    let (begin, end) =
        (["-----BEGIN ", "PRIVATE KEY-----"].concat(), ["-----END ", "PRIVATE KEY-----"].concat());
    [begin.as_str(), lines[0], lines[1], lines[0], end.as_str(), ""].join(newline)
}
