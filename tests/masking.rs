//! What leaves a masker, whatever goes in.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::borrow::Cow;
use std::io::Write;

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use modelcrypt::base::SecretText;
use modelcrypt::mask::{Error, Masker};
use proptest::prelude::*;
use serde_json::{Value, json};

const SECRET: &str = "Zq7w/ü\"3Fx9+é~\\m";

#[test]
fn text_without_a_secret_is_not_copied() {
    let masker = knowing(&[SECRET]);
    let text = "step 12/500: tokens_per_second=4312.5, tokenizer loaded";
    assert!(matches!(masker.text(text), Cow::Borrowed(_)));
    assert!(matches!(masker.bytes(b"\xff\0\xfe"), Cow::Borrowed(_)));
}

#[test]
fn a_registered_value_is_masked_in_every_form() {
    let masker = knowing(&[SECRET]);
    let json = serde_json::to_string(SECRET).unwrap();
    let ascii = "Zq7w/\\u00fc\\\"3Fx9+\\u00e9~\\\\m";
    for form in [
        SECRET.to_owned(),
        HEXLOWER.encode(SECRET.as_bytes()),
        HEXUPPER.encode(SECRET.as_bytes()),
        json[1..json.len() - 1].to_owned(),
        ascii.to_owned(),
        ascii.replace('/', "\\/"),
        "Zq7w%2F%C3%BC%223Fx9%2B%C3%A9~%5Cm".to_owned(),
        "Zq7w%2f%c3%bc%223Fx9%2b%c3%a9~%5cm".to_owned(),
        "Zq7w/%C3%BC%223Fx9%2B%C3%A9~%5Cm".to_owned(),
        format!("{:?}", SECRET.as_bytes()).trim_matches(['[', ']']).to_owned(),
    ] {
        let masked = masker.text(&form);
        assert!(masked.starts_with("__masked.known-value.") && masked.len() == 31, "{form}: {masked}");
        assert_eq!(masked, masker.text(SECRET), "{form}");
    }
}

#[test]
fn a_value_is_masked_from_the_moment_it_is_registered_in_all_clones() {
    let masker = Masker::new();
    let mut writer = masker.clone().writer(Vec::new());
    writer.write_all(b"quixotic\n").unwrap();
    masker.register(&SecretText::new("quixotic".into())).unwrap();
    writer.write_all(b"quixotic\n").unwrap();
    let out = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(out.starts_with("quixotic\n__masked.known-value."), "{out}");
}

#[test]
fn refuses_a_value_under_six_bytes() {
    let error = Masker::new().register(&SecretText::new("abcde".into())).unwrap_err();
    assert!(matches!(error, Error::TooShort));
    assert_eq!(modelcrypt::Error::from(error).kind(), modelcrypt::ErrorKind::InvalidInput);
}

#[test]
fn a_number_in_json_becomes_a_string() {
    let masker = knowing(&["12345678", "true-secret"]);
    let mut value = json!({"pin": 12_345_678, "x12345678": [null, -123_456_780.5, "true-secret"]});
    let text = value.to_string();
    let masked: Value = serde_json::from_str(&masker.text(&text)).unwrap();
    assert!(!masked.to_string().contains("345678"));
    masker.json(&mut value);
    assert_eq!(value, masked);
    assert!(value["pin"].as_str().unwrap().starts_with("__masked."));
}

#[test]
fn json_over_several_lines_stays_json() {
    let masker = knowing(&["12345678", "345678"]);
    let text = "{\n  \"pin\": 12345678,\n  \"x\" : -1.12345678e5\r\n ,\"s\": \"12345678\", \"password\": 87654321\n}\n";
    let out = written(&masker, text.as_bytes(), &[]);
    let value: Value = serde_json::from_slice(&out).unwrap();
    assert!(
        value
            .as_object()
            .unwrap()
            .values()
            .all(|value| value.as_str().is_some_and(|text| text.starts_with("__masked."))),
        "{value}"
    );
    assert_eq!(written(&masker, &out, &[]), out);
}

#[test]
fn names_of_fields_that_become_alike_keep_their_values() {
    let masker = knowing(&["quixotic"]);
    let mut value = json!({"quixotic": 1, "717569786f746963": 2, "cXVpeG90aWM=": 3, "knight": 4});
    masker.json(&mut value);
    let mut values: Vec<i64> =
        value.as_object().unwrap().values().map(|value| value.as_i64().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, [1, 2, 3, 4], "{value}");
    assert!(!value.to_string().contains("quixotic"));
}

#[test]
fn a_private_key_is_masked_line_by_line_though_its_end_never_comes() {
    let body = "MIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c5v6b7n8m9q0w1e2r3t4y5u6i7o8p";
    let text = format!("I -----BEGIN RSA PRIVATE KEY-----\nI {body}\nI {body}\nI Qw==\nI loaded the model\n");
    let out = written(&Masker::new(), text.as_bytes(), &[]);
    let out = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines[0], lines[4]), ("I -----BEGIN RSA PRIVATE KEY-----", "I loaded the model"));
    assert!(lines[1..4].iter().all(|line| line.starts_with("I __masked.private-key.")), "{out}");
    assert_eq!(written(&Masker::new(), out.as_bytes(), &[]), out.as_bytes());
}

#[test]
fn the_words_in_a_masked_form_name_nothing() {
    let masker = Masker::new();
    let chain = format!("seed: q8Zr1tVx0bLm{}", ": q8Zr1tVx0bLm".repeat(20));
    let once = masker.text(&chain).into_owned();
    assert_eq!(masker.text(&once), once);
    assert_eq!(once.matches("__masked.").count(), 1, "{once}");
}

#[test]
fn what_stands_before_a_key_may_be_masked_without_changing_what_belongs_to_it() {
    let masker = knowing(&["quixotic", "quixot~"]);
    for text in [
        "quixotic-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c\n",
        "__masked.token.01234567__-----BEGIN PRIVATE KEY-----\nquixot~password\n",
        "quixotic x Private-Lines: 2\nquixotic__.Authorization\n",
        "quixotic -----BEGIN PRIVATE KEY-----\nx, MIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c\n",
    ] {
        let once = written(&masker, text.as_bytes(), &[]);
        assert_eq!(written(&masker, &once, &[]), once, "{}", String::from_utf8_lossy(&once));
        assert!(!String::from_utf8_lossy(&once).contains("MIIE"));
    }
}

#[test]
fn a_key_is_one_secret_in_text() {
    let body = "MIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c5v6b7n8m9q0w1e2r3t4y5u6i7o8p";
    let text = format!("-----BEGIN PRIVATE KEY-----\n{body}\n{body}\n-----END PRIVATE KEY-----\nend\n");
    let masked = Masker::new().text(&text).into_owned();
    assert_eq!(masked.lines().count(), 4, "{masked}");
    assert!(masked.ends_with("\n-----END PRIVATE KEY-----\nend\n"), "{masked}");
}

#[test]
fn binary_passes_but_for_registered_values() {
    let masker = knowing(&["quixotic"]);
    let key = b"\xff\0-----BEGIN PRIVATE KEY-----\\nMIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c5v6b\\n";
    assert_eq!(masker.bytes(key), &key[..]);
    assert!(masker.bytes(&[&key[..], b"quixotic"].concat()).starts_with(&[key, &b"__masked."[..]].concat()));
    assert_ne!(masker.bytes(&key[2..]), &key[2..]);
}

#[test]
fn control_characters_are_shown_where_that_is_asked_for() {
    let masker = knowing(&["quixotic"]);
    let mut writer = masker.writer(Vec::new()).with_visible_controls();
    writer.write_all(b"a\x1b[2J\rb quix").unwrap();
    writer.write_all(b"otic\r\nc").unwrap();
    let out = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(out.starts_with("a\\u001b[2J\\rb __masked.known-value.") && out.ends_with("__\r\nc"), "{out}");
}

#[test]
fn a_line_of_any_length_shows_its_controls_before_it_is_masked() {
    let masker = knowing(&["qui\u{7f}xo\u{2028}tic", "quix\totic"]);
    let written = |text: &[u8], len: usize| {
        let mut writer = masker.writer(Vec::new()).with_visible_controls();
        text.chunks(len).for_each(|part| writer.write_all(part).unwrap());
        String::from_utf8(writer.finish().unwrap()).unwrap()
    };
    for filler in [1, 600_000] {
        let filler = "x ".repeat(filler);
        let text = format!(
            "{filler}qui\u{7f}xo\u{2028}tic {filler}quix\totic \u{1b}[31mpassword=\u{1b}[0mhunter2 \u{9b}\r"
        );
        let whole = written(text.as_bytes(), text.len());
        assert_eq!(whole.matches("__masked.").count(), 3, "{}", &whole[filler.len()..]);
        assert!(!whole.contains("hunter2") && !whole.contains("otic") && whole.ends_with("\\u009b\\r"));
        assert!(written(text.as_bytes(), 7) == whole);
    }
}

#[test]
fn a_line_comes_out_with_its_newline() {
    let mut out = Vec::new();
    let mut writer = Masker::new().writer(&mut out);
    writer.write_all(b"one\ntwo").unwrap();
    writer.flush().unwrap();
    std::mem::forget(writer);
    assert_eq!(out, b"one\n");
}

#[test]
fn what_is_released_shows_no_secret_and_changes_nothing_else() {
    let masker = knowing(&[SECRET, "quixotic", "aaaaaa", "correct horse battery"]);
    let hf = ["hf", "_", "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"].concat();
    let gh = ["ghp", "_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    for text in [
        format!("a {SECRET} b quixotic-aaaaaaaaaaa\n"),
        "x cXVpeG90aWM= 717569786f746963 correct horse battery staple correct horse\n".to_owned(),
        format!("\r 10% | using {hf}\r 20% | and \u{1b}[31m{gh}\u{1b}[0m, done\n"),
        "Password: hunter2 and token=q8Zr1tVx0bLm x\n".to_owned(),
        "x db_password=\"hun ter22; x\" and api_key: 's3cr3t Zq7w' and `quixotic`\n".to_owned(),
        "GET https://u:p7ss@db.internal/x?token=f83ka01mzq92hx7c&x=1 HTTP/1.1\n".to_owned(),
        "Authorization: Bearer q8Zr1tVx0bLmN4kJ; curl -u deploy:hunter2x https://ci.internal\n".to_owned(),
        "<password>hunter2x and more</password> <key>apiToken</key> <string>q8Zr1tVx0bLmN4kJ</string>\n".to_owned(),
        "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c5v6b7n8m\n-----END PRIVATE KEY-----\nend\n"
            .to_owned(),
        "{\"password\": \"hunter2x\", \"pin\": 12345678}\n".to_owned(),
    ] {
        let whole = written(&masker, text.as_bytes(), &[]);
        for len in [1, 2, 3, 7] {
            let mut writer = masker.writer(Vec::new());
            for part in text.as_bytes().chunks(len) {
                writer.write_all(part).unwrap();
                writer.release().unwrap();
            }
            let released = String::from_utf8(writer.finish().unwrap()).unwrap();
            assert_eq!(released, String::from_utf8_lossy(&whole), "{len}");
        }
    }
}

#[test]
fn nothing_is_released_of_what_may_be_binary() {
    let text = b"\xff at password=hunter2x ; \0 \n";
    let mut writer = Masker::new().writer(Vec::new());
    for part in text.chunks(5) {
        writer.write_all(part).unwrap();
        writer.release().unwrap();
    }
    assert_eq!(writer.finish().unwrap(), text);
}

#[test]
fn a_prompt_is_released_and_its_answer_masked() {
    let mut out = Vec::new();
    let mut writer = Masker::new().writer(&mut out);
    writer.write_all(b"one\nPassword: ").unwrap();
    writer.release().unwrap();
    writer.write_all(b"hunt").unwrap();
    writer.release().unwrap();
    std::mem::forget(writer);
    assert_eq!(out, b"one\nPassword: ");
}

#[test]
fn a_dropped_writer_passes_the_rest_on() {
    let mut out = Vec::new();
    Masker::new().writer(&mut out).write_all(b"rest").unwrap();
    assert_eq!(out, b"rest");
}

#[test]
fn a_line_of_many_mebibytes_is_masked_alike_however_it_is_split() {
    let masker = knowing(&["quixotic", "12345678"]);
    for json in [false, true] {
        let mut line = if json { "{\"a\":[\"".to_owned() } else { "x".to_owned() };
        for number in 0..180_000 {
            match number % 3 {
                0 if json => line.push_str("\",12345678,\"é"),
                0 => line.push_str(" 12345678 "),
                1 => line.push_str("the quixotic\\n\\\"knight"),
                _ => line.push_str(&"é-".repeat(number % 40)),
            }
        }
        line.push_str(if json { "\"]}\n" } else { "\n" });
        assert!(line.len() > 4 << 20);
        let whole = written(&masker, line.as_bytes(), &[]);
        for splits in [
            vec![1],
            vec![1 << 20, 3 << 20],
            vec![1_048_575, 1_048_576, 1_048_577],
            (0..400).map(|n| n * 9_973).collect(),
        ] {
            assert!(written(&masker, line.as_bytes(), &splits) == whole, "{splits:?}");
        }
        let whole = String::from_utf8(whole).unwrap();
        assert!(!whole.contains("quixotic") && !whole.contains("12345678"));
        assert_eq!(whole.matches("__masked.").count(), 120_000);
        if json {
            serde_json::from_str::<Value>(&whole).unwrap();
        }
        assert!(written(&masker, whole.as_bytes(), &[]) == whole.as_bytes());
    }
}

proptest! {
    #[test]
    fn any_split_gives_what_one_write_gives(text in text(), splits in prop::collection::vec(0..400_usize, 0..6)) {
        let masker = knowing(&[SECRET, "quixotic", "aaaaaa"]);
        let whole = written(&masker, &text, &[]);
        prop_assert_eq!(written(&masker, &text, &splits), whole);
    }

    #[test]
    fn what_is_released_shows_no_registered_value(text in text(), len in 1..40_usize) {
        let masker = knowing(&[SECRET, "quixotic"]);
        let mut writer = masker.writer(Vec::new());
        for part in text.chunks(len) {
            writer.write_all(part).unwrap();
            writer.release().unwrap();
        }
        let out = writer.finish().unwrap();
        for secret in [SECRET, "quixotic", "717569786f746963", "cXVpeG90aW"] {
            prop_assert!(!out.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", String::from_utf8_lossy(&out));
        }
    }

    #[test]
    fn what_is_masked_stays_as_it_is(text in text()) {
        let masker = knowing(&[SECRET, "quixotic", "aaaaaa"]);
        let once = written(&masker, &text, &[]);
        prop_assert_eq!(written(&masker, &once, &[]), once);
        let once = masker.bytes(&text).into_owned();
        prop_assert_eq!(masker.bytes(&once), &once[..]);
    }

    #[test]
    fn json_stays_json_and_text_stays_text(value in value()) {
        let masker = knowing(&[SECRET, "quixotic", "12345678"]);
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let masked = masker.text(&text);
            prop_assert!(serde_json::from_str::<Value>(&masked).is_ok(), "{}", masked);
            for secret in ["quixotic", "12345678"] {
                prop_assert!(!masked.contains(secret), "{}", masked);
            }
        }
        let mut masked = value.clone();
        masker.json(&mut masked);
        let again = masked.clone();
        masker.json(&mut masked);
        prop_assert_eq!(masked, again);
    }

    #[test]
    fn a_value_is_masked_at_every_place_in_base64(
        secret in prop::collection::vec(any::<u8>(), 6..40),
        before in prop::collection::vec(any::<u8>(), 0..20),
        after in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let secret = [&b"s"[..], &secret, b"t"].concat();
        let masker = Masker::new();
        masker.register(&SecretText::new(secret.clone())).unwrap();
        let text = [&before[..], &secret, &after].concat();
        for encoding in [BASE64, BASE64URL] {
            let encoded = encoding.encode(&text);
            let masked = masker.text(&encoded).into_owned();
            prop_assert!(masked.contains("__masked.known-value."), "{} {}", encoded, masked);
            // Chance may have made a token of what stands around it: that goes too.
            let (left, _) = masked.split_once("__masked.").unwrap();
            let (_, rest) = masked.rsplit_once("__masked.").unwrap();
            let right = &rest[rest.find('.').unwrap() + 11..];
            // What is left holds no bit of the secret.
            prop_assert!(left.len() * 6 <= before.len() * 8, "{} {}", encoded, masked);
            let secret_end_bits = (before.len() + secret.len()) * 8;
            prop_assert!((encoded.len() - right.len()) * 6 >= secret_end_bits, "{} {}", encoded, masked);
            prop_assert!(encoded.starts_with(left) && encoded.ends_with(right));
        }
    }
}

fn knowing(values: &[&str]) -> Masker {
    let masker = Masker::new();
    for value in values {
        masker.register(&SecretText::new((*value).into())).unwrap();
    }
    masker
}

/// What comes out of a writer that `text` is written to, split at these places.
fn written(masker: &Masker, text: &[u8], splits: &[usize]) -> Vec<u8> {
    let mut splits: Vec<usize> = splits.iter().map(|at| (*at).min(text.len())).collect();
    splits.sort_unstable();
    let mut writer = masker.writer(Vec::new());
    let mut from = 0;
    for at in splits.into_iter().chain([text.len()]) {
        writer.write_all(&text[from..at]).unwrap();
        from = at;
    }
    writer.finish().unwrap()
}

/// Text of pieces that mean something to a detector, and of any bytes.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        1 => "[ -~]{0,8}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\r\n",
    " ",
    "=",
    ": ",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\\",
    "\\n",
    "\\\"",
    "&",
    "?",
    "@",
    "/",
    "\0",
    "é",
    "password",
    "secret",
    "token",
    "api_key",
    "Authorization",
    "Bearer ",
    "://",
    "https://u:",
    "postgres",
    "AKIA",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "MIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c",
    "Private-Lines: 2",
    "__masked.token.01234567__",
    "__masked.",
    "__",
    "quixotic",
    "717569786f746963",
    "cXVpeG90aWM",
    "aaaaaa",
    "aaaa",
    SECRET,
    "hunter2",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "12345678",
    "true",
    "null",
    "\"password\":\"hunter22\"",
];

fn value() -> impl Strategy<Value = Value> {
    let string = || {
        prop_oneof![
            prop::sample::select(PIECES).prop_map(str::to_owned),
            prop::sample::select(PIECES).prop_map(|piece| format!("é\n{piece}\u{1F511}\"{piece}")),
            any::<String>(),
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::from(12_345_678)),
        Just(Value::from(-112_345_678)),
        Just(Value::from(1.567_812_345_678)),
        string().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(string(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
