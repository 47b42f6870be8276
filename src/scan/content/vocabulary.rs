//! The JSON of tokenizers. `"password": 30522` is a word and its number there, a hundred thousand times over: words
//! and merges are left out, all else is looked through.

use std::ops::Range;

use super::json_text::Json;
use crate::mask::Syntax;
use crate::scan::passage::{Passage, Pieces};

/// What is no vocabulary. `None` where the text is no JSON.
pub(in crate::scan) fn passages(text: &[u8]) -> Option<Vec<Passage<'_>>> {
    let mut left_out: Vec<Range<usize>> = Vec::new();
    let mut all_numbers = true;
    let mut model = None;
    Json::new(text).entries(|name, value| {
        all_numbers &= text[value.start].is_ascii_digit();
        match name {
            "added_tokens" | "added_tokens_decoder" => left_out.push(value),
            "model" => model = Some(value),
            _ => {}
        }
    })?;
    if all_numbers {
        return Some(Vec::new());
    }
    if let Some(model) = model.filter(|model| text[model.start] == b'{') {
        Json::new(text).within(&model).entries(|name, value| {
            if matches!(name, "vocab" | "merges") {
                left_out.push(value);
            }
        })?;
    }
    left_out.sort_by_key(|span| span.start);
    let mut rest = Pieces::default();
    let mut at = 0;
    for span in left_out {
        rest.push(&text[at..span.start], at);
        rest.push(b"null", span.start);
        at = span.end;
    }
    rest.push(&text[at..], at);
    Some(vec![rest.into_passage(Syntax::Data, None)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(text: &str) -> Option<String> {
        let passages = passages(text.as_bytes())?;
        Some(passages.iter().map(|passage| String::from_utf8_lossy(&passage.text)).collect())
    }

    #[test]
    fn words_and_merges_are_left_out_and_all_else_stays() {
        for (text, expected) in [
            (r#"{"password": 1, "token": 2}"#, Some("")),
            (
                r#"{"added_tokens":[{"content":"x"}],"model":{"vocab":{"secret":7},"merges":["a b"],"type":"BPE"}}"#,
                Some(r#"{"added_tokens":null,"model":{"vocab":null,"merges":null,"type":"BPE"}}"#),
            ),
            (r#"{"model":{"vocab":[["▁a",-1.5]]},"url":"x"}"#, Some(r#"{"model":{"vocab":null},"url":"x"}"#)),
            (r#"{"model":"BPE","n":1}"#, Some(r#"{"model":"BPE","n":1}"#)),
            ("[1", None),
        ] {
            assert_eq!(rest(text).as_deref(), expected, "{text}");
        }
    }
}
