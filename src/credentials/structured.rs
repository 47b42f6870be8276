//! JSON and YAML files, as one tree that is wiped when it is let go.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use super::wiped_json::wipe;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Yaml,
}

/// A file taken apart. Scalars of YAML are texts, as they are written.
pub(super) struct Tree(Value);

impl Tree {
    /// Parses a text; the error shows none of it.
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, &'static str> {
        match syntax {
            Syntax::Json => serde_json::from_str(text).map(Self).map_err(|_| "it is not JSON"),
            Syntax::Yaml => parse_yaml(text).map(Self),
        }
    }

    pub(super) fn root(&self) -> &Value {
        &self.0
    }

    /// What is at a dotted path: names of fields, numbers in a list.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.0, |value, part| match value {
            Value::Object(fields) => fields.get(part),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// The text of a scalar; `None` for a list, an object or null.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list or object that is not yet closed, and the name under which it goes into its parent.
enum Open {
    List(Vec<Value>),
    Fields(Map<String, Value>, Option<String>),
}

/// Parses one document. Aliases are refused: a few of them can stand for more than any memory holds.
fn parse_yaml(text: &str) -> Result<Value, &'static str> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|_| "it is not YAML")?;
        let done = match event {
            Event::Alias(_) => return Err("it uses an alias"),
            Event::DocumentStart(_) if root.is_some() => return Err("it holds several documents"),
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= MAX_DEPTH => {
                return Err("it is nested too deeply");
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Fields(Map::new(), None));
                continue;
            }
            Event::Scalar(text, ScalarStyle::Plain, _, None) if ["", "~", "null"].contains(&&*text) => {
                Value::Null
            }
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Value::Array(items),
                Some(Open::Fields(fields, None)) => Value::Object(fields),
                Some(Open::Fields(_, Some(_))) | None => return Err("it is not YAML"),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        match open.last_mut() {
            None => root = Some(done),
            Some(Open::List(items)) => items.push(done),
            Some(Open::Fields(fields, name)) => match (name.take(), done) {
                (None, Value::String(text)) if fields.contains_key(&text) => {
                    return Err("a name stands twice");
                }
                (None, Value::String(text)) => *name = Some(text),
                (None, _) => return Err("a name is no text"),
                (Some(name), value) => drop(fields.insert(name, value)),
            },
        }
    }
    root.ok_or("it is empty")
}

const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn yaml(text: &str) -> Result<Value, &'static str> {
        Tree::parse(text, Syntax::Yaml).map(|tree| tree.root().clone())
    }

    #[test]
    fn yaml_and_json_give_the_same_tree() {
        let text = "a:\n  - x: 'one'\n    y: 012\n  - [p, \"q\"]\nb: |\n  two\n  lines\nc: ~\nd: {}\n";
        let expected = json!({
            "a": [{"x": "one", "y": "012"}, ["p", "q"]], "b": "two\nlines\n", "c": null, "d": {},
        });
        assert_eq!(yaml(text).unwrap(), expected);
        let tree = Tree::parse(&expected.to_string(), Syntax::Json).unwrap();
        assert_eq!(tree.root(), &expected);
        assert_eq!(tree.at("a.0.x"), Some(&json!("one")));
        assert_eq!(tree.at("a.1.1"), Some(&json!("q")));
        for path in ["", "a.2", "a.x", "b.c", "a..0"] {
            assert_eq!(tree.at(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_hostile_or_ambiguous_is_refused() {
        let bomb = "a: &a [x]\nb: &b [*a, *a]\n";
        for text in [bomb, "a: 1\na: 2", "--- a\n--- b", "[a]: b", "", "a: [", "\t- x: 'canary"] {
            let reason = yaml(text).unwrap_err();
            assert!(!reason.contains("canary"), "{text}");
        }
        for deep in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
            assert!(yaml(&deep).is_err());
        }
        assert!(Tree::parse(&"[".repeat(100_000), Syntax::Json).is_err());
    }
}
