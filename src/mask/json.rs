//! Takes the secrets out of a value of JSON.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::masker::Masker;
use super::text;

impl Masker {
    /// Masks what is secret in `value`, by the names of its fields and by itself: strings, numbers and words, which become strings, and
    /// names of fields. Should two names of one object become the same, the later gets a number.
    pub fn json(&self, value: &mut Value) {
        self.strings(value);
        // Written out, its fields stand before a parser that knows names and values.
        let written = Zeroizing::new(serde_json::to_vec(value).expect("a value of JSON is JSON"));
        if let Some(masked) = text::whole(&self.finder(), &written) {
            // Only what is nested more deeply than any parser reads does not come back.
            *value = serde_json::from_slice(&masked)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&masked).into_owned()));
        }
    }

    fn strings(&self, value: &mut Value) {
        match value {
            Value::String(string) => {
                if let Cow::Owned(masked) = self.text(string) {
                    *string = masked;
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.strings(value)),
            Value::Object(fields) => {
                fields.values_mut().for_each(|value| self.strings(value));
                if fields.keys().any(|name| self.text(name) != name.as_str()) {
                    *fields = self.names(std::mem::take(fields));
                }
            }
            _ => {}
        }
    }

    fn names(&self, fields: Map<String, Value>) -> Map<String, Value> {
        let mut named = Map::new();
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for (name, value) in fields {
            let masked = self.text(&name).into_owned();
            let number = numbers.entry(masked.clone()).or_insert(1);
            let mut name = masked.clone();
            while named.contains_key(&name) {
                *number += 1;
                name = format!("{masked}-{number}");
            }
            named.insert(name, value);
        }
        named
    }
}
