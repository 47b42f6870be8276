//! Files that somebody calls GGUF.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelcrypt::tensors::{Gguf, GgufArray, GgufValue};

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // The same bytes behind a start that is right, in either byte order.
    for start in [*b"GGUF\x03\0\0\0", *b"GGUF\0\0\0\x02"] {
        check(&[&start, bytes].concat());
    }
});

fn check(file: &[u8]) {
    let Ok(gguf) = Gguf::read(file, file.len() as u64) else { return };
    for (key, value) in gguf.metadata() {
        assert!(gguf.value(key).is_some());
        if let GgufValue::Array(array) = value {
            walk(array, file);
        }
    }
    for tensor in gguf.tensors() {
        assert_eq!(gguf.tensor(tensor.name()).expect("it is there"), tensor);
        assert!(tensor.file_offset() >= gguf.data_offset());
        assert!(tensor.file_range().is_none_or(|range| range.end <= file.len() as u64));
    }
}

/// What was stepped over when the header was read can be read.
fn walk(array: &GgufArray, file: &[u8]) {
    assert!(array.file_range().end <= file.len() as u64);
    let mut count = 0;
    for element in array.elements(file) {
        count += 1;
        match element {
            Ok(GgufValue::Array(inner)) => walk(&inner, file),
            Ok(_) => {}
            // Only a truth value has bytes that it cannot have.
            Err(error) => return assert!(error.to_string().contains("neither true nor false"), "{error}"),
        }
    }
    assert_eq!(count, array.len());
}
