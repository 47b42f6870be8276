//! Log lines of `tracing` that leave masked.

use std::fmt;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::base::{fill_random, to_rfc3339};

use super::masker::Masker;
use super::visible::{Newlines, visible};

/// A layer that writes each record as one line, masked, with control characters made visible: no record can forge another.
///
/// It owns its writer, for a layer cannot change what others see: those beside it write what they are given. Every record carries a
/// correlation id: the field `correlation_id`, `request_id` or `trace_id` of the record or of the nearest span that has one, else an id
/// drawn for the outermost span. The latter two stay among the fields, where those look for them who named them so.
pub struct MaskLayer<W> {
    masker: Masker,
    writer: W,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

impl<W> MaskLayer<W> {
    /// Writes `TIME LEVEL TARGET correlation_id=ID: MESSAGE NAME=VALUE…` to what `writer` makes, values as in JSON. A message that could
    /// be taken for a field, or for one in quotes, is written as in JSON too.
    pub fn new(masker: Masker, writer: W) -> Self {
        Self { masker, writer, form: Form::Text }
    }

    /// Writes objects of JSON instead.
    #[must_use]
    pub fn json(mut self) -> Self {
        self.form = Form::Json;
        self
    }

    fn line(&self, record: Map<String, Value>) -> String {
        // By themselves first: in a line one could hide the next.
        let mut record = Value::Object(record);
        self.masker.json(&mut record);
        let line = match (self.form, record) {
            (Form::Text, Value::Object(record)) => in_words(record),
            (_, record) => record.to_string(),
        };
        let shown = visible(line.as_bytes(), Newlines::Shown);
        let line =
            shown.map_or(line, |shown| String::from_utf8(shown).expect("only whole characters are shown"));
        // And as a whole, for that is what is read.
        self.masker.text(&line).into_owned() + "\n"
    }
}

impl<S, W> Layer<S> for MaskLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent =
            span.parent().and_then(|parent| Some(Arc::clone(&parent.extensions().get::<Known>()?.drawn)));
        let drawn = parent.unwrap_or_else(draw);
        span.extensions_mut().insert(Known { fields: fields.0, drawn });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(known) = span.extensions_mut().get_mut::<Known>() {
            known.fields.extend(fields.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut correlation = correlation_id(&fields.0);
        let mut spans = Vec::new();
        let mut drawn = None;
        for span in context.event_scope(event).into_iter().flatten() {
            let extensions = span.extensions();
            let Some(known) = extensions.get::<Known>() else { continue };
            correlation = correlation.or_else(|| correlation_id(&known.fields));
            drawn = Some(Arc::clone(&known.drawn));
            spans.push(Value::from(span.name()));
            for (name, value) in &known.fields {
                fields.0.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        spans.reverse();
        let mut record = Map::new();
        record.insert("time".into(), to_rfc3339(SystemTime::now()).into());
        record.insert("level".into(), event.metadata().level().as_str().into());
        record.insert("target".into(), event.metadata().target().into());
        record.insert("message".into(), fields.0.remove("message").unwrap_or_default());
        if let Some(correlation) = correlation.or_else(|| drawn.map(|drawn| Value::from(&*drawn))) {
            record.insert("correlation_id".into(), correlation);
            fields.0.remove("correlation_id");
        }
        record.insert("spans".into(), spans.into());
        record.insert("fields".into(), fields.0.into());
        // A log that cannot be written has nobody to tell.
        let _ = self.writer.make_writer_for(event.metadata()).write_all(self.line(record).as_bytes());
    }
}

/// Shows nothing of the writer.
impl<W> fmt::Debug for MaskLayer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskLayer")
            .field("masker", &self.masker)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

/// What is remembered of a span.
struct Known {
    fields: Map<String, Value>,
    /// The id of its outermost span.
    drawn: Arc<str>,
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        let shown = match std::str::from_utf8(value) {
            Ok(text) => text.to_owned(),
            Err(_) => data_encoding::HEXLOWER.encode(value),
        };
        self.add(field, shown.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut shown = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            let _ = write!(shown, ": {error}");
            source = error.source();
        }
        self.add(field, shown.into());
    }
}

fn correlation_id(fields: &Map<String, Value>) -> Option<Value> {
    CORRELATION_IDS.iter().find_map(|name| fields.get(*name)).cloned()
}

fn draw() -> Arc<str> {
    let mut bytes = [0; 8];
    // Without randomness there still is a log.
    let _ = fill_random(&mut bytes);
    data_encoding::HEXLOWER.encode(&bytes).into()
}

/// `record` as a line for people.
fn in_words(mut record: Map<String, Value>) -> String {
    let mut take = |name: &str| record.remove(name).unwrap_or_default();
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let [time, level, target, message] = ["time", "level", "target", "message"].map(|name| text(take(name)));
    let mut line = format!("{time} {level:>5} {target}");
    if let Value::Array(spans) = take("spans") {
        for span in spans {
            let _ = write!(line, ":{}", text(span));
        }
    }
    let correlation = take("correlation_id");
    if !correlation.is_null() {
        let _ = write!(line, " correlation_id={correlation}");
    }
    let _ = if message.contains('=') || message.starts_with('"') {
        write!(line, ": {}", Value::from(message))
    } else {
        write!(line, ": {message}")
    };
    if let Value::Object(fields) = take("fields") {
        for (name, value) in fields {
            let _ = write!(line, " {name}={value}");
        }
    }
    line
}

const CORRELATION_IDS: &[&str] = &["correlation_id", "request_id", "trace_id"];
