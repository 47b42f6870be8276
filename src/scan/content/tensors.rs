//! The metadata of files of tensors; of the tensors themselves no byte is read.

use serde_json::json;

use crate::base::ReadAt;
use crate::mask::Syntax;
use crate::scan::error::Error;
use crate::scan::finding::Within;
use crate::scan::passage::Passage;
use crate::tensors::{Gguf, GgufType, GgufValue, Safetensors};

/// What a safetensors file says of itself.
pub(in crate::scan) fn of_safetensors(source: &dyn ReadAt, len: u64) -> Result<Vec<Passage<'static>>, Error> {
    let index = Safetensors::read(source, len)?;
    let texts = index.metadata().into_iter().flatten();
    Ok(texts.filter_map(|(key, text)| of_text(key, text)).collect())
}

/// What a GGUF file says of itself, without the vocabulary of its tokenizer.
pub(in crate::scan) fn of_gguf(source: &dyn ReadAt, len: u64) -> Result<Vec<Passage<'static>>, Error> {
    let gguf = Gguf::read(source, len)?;
    let mut passages = Vec::new();
    for (key, value) in gguf.metadata() {
        match value {
            GgufValue::Text(text) => passages.extend(of_text(key, &String::from_utf8_lossy(text))),
            GgufValue::Array(array)
                if array.element_type() == GgufType::Text && !key.starts_with("tokenizer.") =>
            {
                for element in array.elements(source) {
                    if let GgufValue::Text(text) = element? {
                        passages.extend(of_text(key, &String::from_utf8_lossy(&text)));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(passages)
}

/// A text under its name. One of several lines is looked through as it is; JSON too, which trainers put there.
fn of_text(key: &str, text: &str) -> Option<Passage<'static>> {
    if text.is_empty() {
        return None;
    }
    let within = Some(Within::Metadata { key: key.to_owned() });
    let is_document = text.contains('\n') || text.trim_start().starts_with(['{', '[']);
    Some(if is_document {
        Passage::detached(text.as_bytes().to_vec(), Syntax::Data, within)
    } else {
        Passage::detached(json!({ key: text }).to_string().into_bytes(), Syntax::Data, within)
    })
}
