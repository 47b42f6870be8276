//! Prints what the header of a GGUF file says, as JSON; of an array its type, its length and its first values.
//!
//! ```text
//! cargo run --example gguf_header -- model.gguf
//! ```
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::error::Error;
use std::fs::File;

use modelcrypt::tensors::{Gguf, GgufValue};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("which file?")?;
    let file = File::open(path)?;
    let gguf = Gguf::read(&file, file.metadata()?.len())?;
    let mut metadata = Map::new();
    for (key, value) in gguf.metadata() {
        metadata.insert(key.clone(), shown(value, &file)?);
    }
    let tensors: Vec<Value> = gguf
        .tensors()
        .iter()
        .map(|tensor| {
            json!({
                "name": tensor.name(), "type": tensor.kind().0, "dimensions": tensor.dimensions(),
                "file_offset": tensor.file_offset(), "byte_len": tensor.byte_len(),
            })
        })
        .collect();
    let document = json!({
        "version": gguf.version(), "big_endian": gguf.is_big_endian(), "data_offset": gguf.data_offset(),
        "metadata": metadata, "tensors": tensors,
    });
    println!("{document:#}");
    Ok(())
}

fn shown(value: &GgufValue, file: &File) -> Result<Value, Box<dyn Error>> {
    Ok(match value {
        GgufValue::Unsigned(number) => json!(number),
        GgufValue::Signed(number) => json!(number),
        GgufValue::Float(number) => json!(number),
        GgufValue::Bool(it_is) => json!(it_is),
        GgufValue::Text(text) => json!(String::from_utf8_lossy(text)),
        GgufValue::Array(array) => {
            let mut first = Vec::new();
            for element in array.elements(file).take(MAX_SHOWN) {
                first.push(shown(&element?, file)?);
            }
            json!({ "type": format!("{:?}", array.element_type()), "len": array.len(), "first": first })
        }
        other => json!(format!("{other:?}")),
    })
}

/// Values of an array.
const MAX_SHOWN: usize = 16;
