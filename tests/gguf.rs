//! The header of a GGUF file is read as it was written, and refused where it is wrong.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;
#[path = "common/gguf.rs"]
mod written;

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use common::kind;
use modelcrypt::ErrorKind;
use modelcrypt::base::ReadAt;
use modelcrypt::tensors::{Error, Gguf, GgufArray, GgufType, GgufValue};
use proptest::collection::vec;
use proptest::prelude::*;
use written::{File, Tensor, Value};

#[test]
fn both_versions_and_both_byte_orders_say_the_same() {
    for (version, big_endian) in [(2, false), (3, false), (2, true), (3, true)] {
        let file = File { version, big_endian, ..model() }.bytes();
        let gguf = read(&file).unwrap();
        assert_eq!((gguf.version(), gguf.is_big_endian()), (version, big_endian));
        assert_eq!(gguf.value("general.name"), Some(&GgufValue::Text(b"tiny".to_vec())));
        assert_eq!(gguf.value("llama.context_length"), Some(&GgufValue::Unsigned(2048)));
        assert_eq!(gguf.value("none"), None);
        let tokens = array(&gguf, "tokenizer.ggml.tokens");
        assert_eq!((tokens.element_type(), tokens.len()), (GgufType::Text, 2));
        let texts: Vec<_> = tokens.elements(file.as_slice()).collect::<Result<_, _>>().unwrap();
        assert_eq!(texts, [b"<s>", b"\xff!!"].map(|text| GgufValue::Text(text.to_vec())));
        let [a, b] = gguf.tensors() else { panic!("two tensors") };
        assert_eq!((a.name(), a.dimensions(), a.kind().to_string()), ("a", &[64, 2][..], "Q4_0".into()));
        assert_eq!((a.byte_len(), b.byte_len()), (Some(72), Some(8)));
        let range = gguf.tensor("b").unwrap().file_range().unwrap();
        assert_eq!(range, gguf.data_offset() + 96..file.len() as u64);
        assert_eq!(kind(gguf.tensor("c")), Some(ErrorKind::NotFound));
    }
}

#[test]
fn a_file_that_was_cut_off_says_so_wherever_it_was() {
    let file = model().bytes();
    for len in 0..file.len() {
        assert_eq!(kind(read(&file[..len])), Some(ErrorKind::Truncated), "{len}");
    }
}

#[test]
fn what_is_no_gguf_of_a_known_version_is_unsupported() {
    for (file, words) in [
        (&b"GGML\x03\0\0\0"[..], "does not begin with GGUF"),
        (b"GGUF\x01\0\0\0", "version 1"),
        (b"GGUF\x04\0\0\0", "version 4"),
        (b"GGUF\0\0\0\x07", "version 7"),
    ] {
        let error = read(file).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(kind(Err::<(), _>(error)), Some(ErrorKind::Unsupported));
    }
}

#[test]
fn each_rule_of_the_format_is_held() {
    let tensor = |name: &str, dimensions: &[u64], kind, offset| Tensor {
        name: name.into(),
        dimensions: dimensions.into(),
        kind,
        offset,
    };
    let text = |key: &str| (key.to_owned(), Value::Text(Vec::new()));
    for (words, values, tensors) in [
        ("stands twice in its metadata", vec![text("a"), text("a")], vec![]),
        ("not a power of two", vec![("general.alignment".into(), Value::U32(24))], vec![]),
        ("not a power of two", vec![("general.alignment".into(), Value::U32(0))], vec![]),
        ("not a power of two", vec![text("general.alignment")], vec![]),
        ("multiple of the alignment", vec![], vec![tensor("a", &[1], 0, 8)]),
        ("stands there twice", vec![], vec![tensor("a", &[1], 0, 0), tensor("a", &[1], 0, 32)]),
        ("begins before", vec![], vec![tensor("a", &[9], 0, 0), tensor("b", &[1], 0, 32)]),
        ("last block", vec![], vec![tensor("a", &[48, 2], 2, 0)]),
        ("can be counted", vec![], vec![tensor("a", &[1 << 32, 1 << 32], 0, 0)]),
        ("can be counted", vec![], vec![tensor("a", &[1 << 62], 0, 0)]),
        ("can be addressed", vec![], vec![tensor("a", &[1], 0, u64::MAX - 31)]),
        ("more dimensions", vec![], vec![tensor("a", &[1; 9], 0, 0)]),
        ("too deep", vec![("a".into(), nested(9))], vec![]),
    ] {
        let file = File { values, tensors, data: vec![0; 64], ..File::of_texts([]) }.bytes();
        let error = read(&file).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert_eq!(kind(Err::<(), _>(error)), Some(ErrorKind::Unsupported), "{words}");
    }
    assert!(read(&File { values: vec![("a".into(), nested(8))], ..File::of_texts([]) }.bytes()).is_ok());
}

#[test]
fn a_type_of_tensor_that_came_later_has_a_place_and_no_length() {
    let mut model = model();
    model.tensors[1].kind = 999;
    let gguf = read(&model.bytes()).unwrap();
    let tensor = gguf.tensor("b").unwrap();
    assert_eq!((tensor.byte_len(), tensor.file_range()), (None, None));
    assert_eq!(
        (tensor.file_offset(), tensor.kind().to_string()),
        (gguf.data_offset() + 96, "type 999".into())
    );
}

#[test]
fn no_length_is_believed_before_it_is_bounded() {
    // Each count and length in turn says that there is more than there is.
    let whole = model().bytes();
    for at in 8..whole.len() - 8 {
        for huge in [u64::MAX, 1 << 60, 1 << 32] {
            let mut file = whole.clone();
            file[at..at + 8].copy_from_slice(&huge.to_le_bytes());
            let source = Counted::new(&file);
            let _ = Gguf::read(&source, file.len() as u64);
            assert!(source.largest.into_inner() <= 64 * 1024);
        }
    }
}

#[test]
fn work_grows_with_the_header_and_not_with_the_data() {
    let tokens = |count| {
        let tokens = (0..count).map(|_| Value::Text(b"token".to_vec())).collect();
        let file = File { values: vec![("t".into(), Value::Array(8, tokens))], ..model() }.bytes();
        let len = file.len() as u64;
        let source = Counted::new(&file);
        Gguf::read(&source, len).unwrap();
        (source.read.into_inner(), len)
    };
    let ((few, few_len), (many, many_len)) = (tokens(20_000), tokens(200_000));
    assert!(few <= few_len + 128 * 1024 && many <= many_len + 128 * 1024);
    // Numbers are not read at all.
    let numbers = Value::Array(0, vec![Value::U8(0); 1 << 20]);
    let file = File { values: vec![("n".into(), numbers)], ..model() }.bytes();
    let source = Counted::new(&file);
    Gguf::read(&source, file.len() as u64).unwrap();
    assert!(source.read.into_inner() <= 128 * 1024);
}

proptest! {
    #[test]
    fn metadata_is_read_as_it_was_written(
        values in vec(value(), 0..8), big_endian: bool, texts in vec(vec(any::<u8>(), 0..200), 0..4),
    ) {
        let mut file = File { big_endian, ..File::of_texts([]) };
        let texts = texts.into_iter().map(Value::Text);
        file.values = values.into_iter().chain(texts).enumerate().map(|(i, v)| (format!("k{i}"), v)).collect();
        let bytes = file.bytes();
        let gguf = read(&bytes).unwrap();
        prop_assert_eq!(gguf.metadata().len(), file.values.len());
        for ((key, ours), (name, written)) in gguf.metadata().iter().zip(&file.values) {
            prop_assert_eq!(key, name);
            assert_same(ours, written, &bytes);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..300), at in 0..400_usize) {
        let mut file = model().bytes();
        let at = at.min(file.len());
        let end = file.len().min(at + bytes.len());
        file.splice(at..end, bytes);
        if let Ok(gguf) = read(&file) {
            for tensor in gguf.tensors() {
                prop_assert!(tensor.file_range().is_none_or(|range| range.end <= file.len() as u64));
            }
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u8>().prop_map(Value::U8),
        any::<i8>().prop_map(Value::I8),
        any::<u16>().prop_map(Value::U16),
        any::<i16>().prop_map(Value::I16),
        any::<u32>().prop_map(Value::U32),
        any::<i32>().prop_map(Value::I32),
        any::<f32>().prop_map(Value::F32),
        any::<bool>().prop_map(Value::Bool),
        any::<u64>().prop_map(Value::U64),
        any::<i64>().prop_map(Value::I64),
        any::<f64>().prop_map(Value::F64),
        vec(any::<i16>().prop_map(Value::I16), 0..5).prop_map(|elements| Value::Array(3, elements)),
        vec("[a-zé]{0,5}".prop_map(|text| Value::Text(text.into())), 0..5)
            .prop_map(|elements| Value::Array(8, elements)),
        vec(any::<bool>().prop_map(Value::Bool), 0..3).prop_map(|elements| Value::Array(
            9,
            vec![Value::Array(7, elements.clone()), Value::Array(7, elements)]
        )),
    ]
}

fn assert_same(ours: &GgufValue, written: &Value, file: &[u8]) {
    match (ours, written) {
        (GgufValue::Array(ours), Value::Array(_, written)) => {
            assert_eq!(ours.len(), written.len() as u64);
            assert_eq!(ours.is_empty(), written.is_empty());
            for (element, written) in ours.elements(file).zip(written) {
                assert_same(&element.unwrap(), written, file);
            }
        }
        (ours, written) => assert_eq!(ours, &plain(written)),
    }
}

fn plain(written: &Value) -> GgufValue {
    match *written {
        Value::U8(number) => GgufValue::Unsigned(number.into()),
        Value::U16(number) => GgufValue::Unsigned(number.into()),
        Value::U32(number) => GgufValue::Unsigned(number.into()),
        Value::U64(number) => GgufValue::Unsigned(number),
        Value::I8(number) => GgufValue::Signed(number.into()),
        Value::I16(number) => GgufValue::Signed(number.into()),
        Value::I32(number) => GgufValue::Signed(number.into()),
        Value::I64(number) => GgufValue::Signed(number),
        Value::F32(number) => GgufValue::Float(number.into()),
        Value::F64(number) => GgufValue::Float(number),
        Value::Bool(it_is) => GgufValue::Bool(it_is),
        Value::Text(ref text) => GgufValue::Text(text.clone()),
        Value::Array(..) => panic!("an array is no plain value"),
    }
}

fn model() -> File {
    File {
        version: 3,
        big_endian: false,
        values: vec![
            ("general.name".into(), Value::Text(b"tiny".into())),
            ("llama.context_length".into(), Value::U32(2048)),
            (
                "tokenizer.ggml.tokens".into(),
                Value::Array(8, vec![Value::Text(b"<s>".into()), Value::Text(b"\xff!!".into())]),
            ),
        ],
        tensors: vec![
            Tensor { name: "a".into(), dimensions: vec![64, 2], kind: 2, offset: 0 },
            Tensor { name: "b".into(), dimensions: vec![2], kind: 0, offset: 96 },
        ],
        data: vec![7; 104],
    }
}

fn nested(depth: usize) -> Value {
    (1..depth).fold(Value::Array(0, vec![]), |inner, _| Value::Array(9, vec![inner]))
}

fn array<'g>(gguf: &'g Gguf, key: &str) -> &'g GgufArray {
    match gguf.value(key) {
        Some(GgufValue::Array(array)) => array,
        other => panic!("{other:?}"),
    }
}

fn read(file: &[u8]) -> Result<Gguf, Error> {
    Gguf::read(file, file.len() as u64)
}

/// Counts the bytes that are read, and knows the largest read.
struct Counted<'a> {
    file: &'a [u8],
    read: AtomicU64,
    largest: AtomicUsize,
}

impl<'a> Counted<'a> {
    fn new(file: &'a [u8]) -> Self {
        Self { file, read: AtomicU64::new(0), largest: AtomicUsize::new(0) }
    }
}

impl ReadAt for Counted<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.largest.fetch_max(buffer.len(), Ordering::Relaxed);
        let read = self.file.read_at(buffer, offset)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
