//! Log records of `tracing` that go through the masking layer: one line each, and no secret in any.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use modelcrypt::base::SecretText;
use modelcrypt::mask::{MaskLayer, Masker};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

const SECRET: &str = "Canary7wNotToBeSeen3Fx9";

#[test]
fn a_record_is_one_line_whatever_stands_in_it() {
    let lines = written(false, || {
        tracing::info!(field = "a\r\nb", "first\n2026-01-01T00:00:00Z ERROR forged: \u{1b}[2Jline");
        tracing::info!("bidi \u{202e} and \u{2028} and \u{9b}");
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("first\\n2026-01-01T00:00:00Z ERROR forged: \\u001b[2Jline"), "{}", lines[0]);
    assert!(lines[0].contains("a\\r\\nb"), "{}", lines[0]);
    assert!(lines.iter().flat_map(|line| line.chars()).all(|char| !char.is_control()));
    assert!(!lines[1].contains(['\u{202e}', '\u{2028}']), "{}", lines[1]);
}

#[test]
fn secrets_go_from_messages_fields_spans_and_errors() {
    struct Shown;
    impl fmt::Debug for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "Shown({SECRET})")
        }
    }
    let error = io::Error::other(format!("no access with {SECRET}"));
    for json in [false, true] {
        let lines = written(json, || {
            let span = tracing::info_span!("load", note = SECRET, db_password = "Tr0ub4dor&3");
            let _inside = span.enter();
            tracing::info!("with {SECRET}");
            tracing::info!(api_key = "Zq7w3Fx9Rt5Kp2Lm", shown = ?Shown, "by field");
            tracing::error!(error = &error as &dyn std::error::Error, "failed");
            tracing::info!("password={}", "Tr0ub4dor&3");
        });
        let all = lines.concat();
        assert_eq!(lines.len(), 4);
        for secret in [SECRET, "Tr0ub4dor", "Zq7w3Fx9Rt5Kp2Lm"] {
            assert!(!all.contains(secret), "{secret}: {all}");
        }
        assert!(lines.iter().all(|line| line.matches("__masked.").count() >= 2), "{all}");
        assert!(lines[2].contains("no access with __masked.known-value."), "{}", lines[2]);
    }
}

#[test]
fn a_message_hides_no_field_that_comes_after_it() {
    for json in [false, true] {
        let lines = written(json, || {
            tracing::info!(api_key = "Zq7w3Fx9Rt5Kp2Lm", "password=\"");
            tracing::info!(a = "token=", b = "'", db_password = "Zq7w3Fx9Rt5Kp2Lm", "'");
            tracing::info!(db_password = "Zq7w3Fx9Rt5Kp2Lm", a = "__masked.token.01234567__", "x");
            tracing::info!(bytes = SECRET.as_bytes(), "as bytes");
            tracing::info!(bytes = ?SECRET.as_bytes(), "as numbers");
        });
        let all = lines.concat();
        assert_eq!(lines.len(), 5);
        assert!(!all.contains("Zq7w3Fx9Rt5Kp2Lm") && !all.contains(SECRET), "{all}");
        assert!(
            lines.iter().all(|line| line.contains("\"__masked.") || line.contains("[__masked.")),
            "{all}"
        );
    }
}

#[test]
fn a_message_imitates_no_field_and_no_quoted_message() {
    let lines = written(false, || {
        tracing::info!("ready status=\"ok\" admin=true");
        tracing::info!("\"ready\" it is");
        tracing::info!("ready");
    });
    let message = |line: &String| line.split_once(": ").unwrap().1.to_owned();
    let messages: Vec<String> = lines.iter().map(message).collect();
    assert_eq!(messages, [r#""ready status=\"ok\" admin=true""#, r#""\"ready\" it is""#, "ready"]);
}

#[test]
fn a_secret_goes_though_its_characters_are_shown() {
    let secret = "Canary\u{7f}NotTo\u{2028}BeSeen";
    let masker = Masker::new();
    masker.register(&SecretText::new(secret.into())).unwrap();
    for json in [false, true] {
        let sink = Sink::default();
        let layer = MaskLayer::new(masker.clone(), sink.clone());
        let layer = if json { layer.json() } else { layer };
        tracing::subscriber::with_default(registry().with(layer), || {
            tracing::info!(shown = ?secret, plain = secret, "with {secret}, \u{1b}[31mghp{}", "_16C7e42F292c6912E7710c838347Ae178B4a");
        });
        let text = sink.text();
        assert_eq!(text.matches("__masked.").count(), 4, "{text}");
        assert!(!text.contains("BeSeen") && !text.contains("16C7e42F"), "{text}");
    }
}

#[test]
fn json_has_its_types_and_the_names_of_the_spans() {
    let lines = written(true, || {
        let outer = tracing::info_span!("serve", worker = 3);
        let _outer = outer.enter();
        let inner = tracing::info_span!("load", ready = false);
        let _inner = inner.enter();
        tracing::warn!(shards = 30_u64, ratio = 0.5, text = "a\"b\n", pin = 12_345_678, "loaded");
    });
    let record: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(record["level"], "WARN");
    assert_eq!(record["message"], "loaded");
    assert_eq!(record["spans"], serde_json::json!(["serve", "load"]));
    let fields = &record["fields"];
    assert_eq!(fields["shards"], 30);
    assert_eq!(fields["ratio"], 0.5);
    assert_eq!((&fields["worker"], &fields["ready"]), (&Value::from(3), &Value::from(false)));
    assert_eq!(fields["text"], "a\"b\n");
}

#[test]
fn records_of_one_request_have_one_correlation_id() {
    let id = |line: &String| {
        let record: Value = serde_json::from_str(line).unwrap();
        record["correlation_id"].as_str().map(str::to_owned)
    };
    let lines = written(true, || {
        for _ in 0..2 {
            let outer = tracing::info_span!("request");
            let _outer = outer.enter();
            tracing::info!("one");
            let inner = tracing::info_span!("load");
            let _inner = inner.enter();
            tracing::info!("two");
        }
        let named = tracing::info_span!("request", request_id = "r-17");
        let _named = named.enter();
        tracing::info!("three");
        tracing::info!(correlation_id = "c-9", "four");
    });
    let ids: Vec<_> = lines.iter().map(id).collect();
    assert!(ids[0].as_ref().is_some_and(|id| id.len() == 16));
    assert_eq!((&ids[0], &ids[2]), (&ids[1], &ids[3]));
    assert_ne!(ids[0], ids[2]);
    assert_eq!((ids[4].as_deref(), ids[5].as_deref()), (Some("r-17"), Some("c-9")));
}

#[test]
fn what_a_layer_beside_it_writes_stays_as_it_is() {
    let (own, other) = (Sink::default(), Sink::default());
    let plain = tracing_subscriber::fmt::layer().with_writer(other.clone());
    let subscriber = registry().with(plain).with(MaskLayer::new(masker(), own.clone()));
    tracing::subscriber::with_default(subscriber, || tracing::info!("with {SECRET}"));
    assert!(!own.text().contains(SECRET) && other.text().contains(SECRET));
}

/// The lines that `work` has logged.
fn written(json: bool, work: impl FnOnce()) -> Vec<String> {
    let sink = Sink::default();
    let layer = MaskLayer::new(masker(), sink.clone());
    let layer = if json { layer.json() } else { layer };
    tracing::subscriber::with_default(registry().with(layer), work);
    let text = sink.text();
    assert!(text.ends_with('\n'));
    text.split_terminator('\n').map(str::to_owned).collect()
}

fn masker() -> Masker {
    let masker = Masker::new();
    masker.register(&SecretText::new(SECRET.into())).unwrap();
    masker
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Sink {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
