//! JSON that holds secrets: wiped when it is let go.

use serde_json::{Map, Value};
use zeroize::Zeroize;

/// An object of which every text is wiped on drop.
pub(super) struct Object(Map<String, Value>);

/// Parses an object.
pub(super) fn object(bytes: &[u8]) -> Result<Object, &'static str> {
    // Not the parser's own words: they may repeat what was found.
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(Object(fields)),
        Ok(mut other) => {
            wipe(&mut other);
            Err("it is no JSON object")
        }
        Err(_) => Err("it is not JSON"),
    }
}

impl Object {
    /// The text of a field.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The names of all fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

/// Overwrites every text in `value`.
pub(super) fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
