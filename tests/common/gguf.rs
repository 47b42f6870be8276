//! Writes GGUF files, right ones and wrong ones.
#![allow(dead_code, reason = "each test uses a part of it")]

/// A header in parts, so that a test can bend any of them.
pub(crate) struct File {
    pub(crate) version: u32,
    pub(crate) big_endian: bool,
    pub(crate) values: Vec<(String, Value)>,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) data: Vec<u8>,
}

/// What the metadata can hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    F32(f32),
    Bool(bool),
    Text(Vec<u8>),
    /// The number of the elements' type, and the elements.
    Array(u32, Vec<Value>),
    U64(u64),
    I64(i64),
    F64(f64),
}

pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dimensions: Vec<u64>,
    pub(crate) kind: u32,
    pub(crate) offset: u64,
}

impl File {
    /// One with these texts in its metadata and no tensors.
    pub(crate) fn of_texts<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let text = |(key, text): (&str, &str)| (key.to_owned(), Value::Text(text.into()));
        let values = texts.into_iter().map(text).collect();
        Self { version: 3, big_endian: false, values, tensors: Vec::new(), data: Vec::new() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Out { bytes: b"GGUF".to_vec(), big_endian: self.big_endian };
        out.number(&self.version.to_be_bytes());
        out.number(&(self.tensors.len() as u64).to_be_bytes());
        out.number(&(self.values.len() as u64).to_be_bytes());
        for (key, value) in &self.values {
            out.text(key.as_bytes());
            out.number(&value.kind().to_be_bytes());
            out.value(value);
        }
        for tensor in &self.tensors {
            out.text(tensor.name.as_bytes());
            out.number(&u32::try_from(tensor.dimensions.len()).unwrap().to_be_bytes());
            for size in &tensor.dimensions {
                out.number(&size.to_be_bytes());
            }
            out.number(&tensor.kind.to_be_bytes());
            out.number(&tensor.offset.to_be_bytes());
        }
        if !self.tensors.is_empty() {
            out.bytes.resize(out.bytes.len().next_multiple_of(32), 0);
        }
        out.bytes.extend_from_slice(&self.data);
        out.bytes
    }
}

impl Value {
    pub(crate) fn kind(&self) -> u32 {
        match self {
            Self::U8(_) => 0,
            Self::I8(_) => 1,
            Self::U16(_) => 2,
            Self::I16(_) => 3,
            Self::U32(_) => 4,
            Self::I32(_) => 5,
            Self::F32(_) => 6,
            Self::Bool(_) => 7,
            Self::Text(_) => 8,
            Self::Array(..) => 9,
            Self::U64(_) => 10,
            Self::I64(_) => 11,
            Self::F64(_) => 12,
        }
    }
}

struct Out {
    bytes: Vec<u8>,
    big_endian: bool,
}

impl Out {
    fn number(&mut self, big_endian: &[u8]) {
        if self.big_endian {
            self.bytes.extend_from_slice(big_endian);
        } else {
            self.bytes.extend(big_endian.iter().rev());
        }
    }

    fn text(&mut self, text: &[u8]) {
        self.number(&(text.len() as u64).to_be_bytes());
        self.bytes.extend_from_slice(text);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::U8(number) => self.number(&number.to_be_bytes()),
            Value::I8(number) => self.number(&number.to_be_bytes()),
            Value::U16(number) => self.number(&number.to_be_bytes()),
            Value::I16(number) => self.number(&number.to_be_bytes()),
            Value::U32(number) => self.number(&number.to_be_bytes()),
            Value::I32(number) => self.number(&number.to_be_bytes()),
            Value::F32(number) => self.number(&number.to_be_bytes()),
            Value::Bool(it_is) => self.number(&[u8::from(*it_is)]),
            Value::Text(text) => self.text(text),
            Value::Array(kind, elements) => {
                self.number(&kind.to_be_bytes());
                self.number(&(elements.len() as u64).to_be_bytes());
                for element in elements {
                    self.value(element);
                }
            }
            Value::U64(number) => self.number(&number.to_be_bytes()),
            Value::I64(number) => self.number(&number.to_be_bytes()),
            Value::F64(number) => self.number(&number.to_be_bytes()),
        }
    }
}
