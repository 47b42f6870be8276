//! The values of a GGUF file's metadata.

use std::ops::Range;

use super::super::Error;
use super::cursor::{Cursor, Endian};
use crate::base::ReadAt;

/// One value. Text is UTF-8 by the format, which nothing here relies on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GgufValue {
    /// Unsigned, 8 to 64 bits.
    Unsigned(u64),
    /// Signed, 8 to 64 bits.
    Signed(i64),
    /// A single or a double.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Text.
    Text(Vec<u8>),
    /// Many values of one type, which stay in the file.
    Array(GgufArray),
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GgufType {
    /// Unsigned byte.
    U8,
    /// Signed byte.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// IEEE 754 single precision.
    F32,
    /// A byte, 0 or 1.
    Bool,
    /// Text.
    Text,
    /// Values of one type.
    Array,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 double precision.
    F64,
}

/// Many values of one type, and where they are. A tokenizer's vocabulary is one, so they are read when they
/// are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GgufArray {
    element: GgufType,
    len: u64,
    file_range: Range<u64>,
    endian: Endian,
    depth: usize,
}

impl GgufArray {
    /// The type of each value.
    #[must_use]
    pub fn element_type(&self) -> GgufType {
        self.element
    }

    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where its values are, counted from the start of the file.
    #[must_use]
    pub fn file_range(&self) -> Range<u64> {
        self.file_range.clone()
    }

    /// Its values one by one, read from the file that it is from.
    #[must_use]
    pub fn elements<'s, S: ReadAt + ?Sized>(&self, source: &'s S) -> GgufElements<'s, S> {
        let mut cursor = Cursor::new(source, self.endian, self.file_range.start, self.file_range.end);
        cursor.expect("an array");
        GgufElements { cursor, element: self.element, remaining: self.len, depth: self.depth }
    }
}

/// The values of an array; ends behind the first that cannot be read.
pub struct GgufElements<'s, S: ?Sized> {
    cursor: Cursor<'s, S>,
    element: GgufType,
    remaining: u64,
    depth: usize,
}

impl<S: ReadAt + ?Sized> Iterator for GgufElements<'_, S> {
    type Item = Result<GgufValue, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.remaining = self.remaining.checked_sub(1)?;
        let value = read(&mut self.cursor, self.element, self.depth + 1);
        if value.is_err() {
            self.remaining = 0;
        }
        Some(value)
    }
}

impl GgufType {
    pub(super) fn from_number(number: u32) -> Result<Self, Error> {
        Self::ALL
            .get(number as usize)
            .copied()
            .ok_or(Error::MalformedGguf("a value is of a type that the format does not have"))
    }

    /// In the order of their numbers.
    const ALL: [Self; 13] = [
        Self::U8,
        Self::I8,
        Self::U16,
        Self::I16,
        Self::U32,
        Self::I32,
        Self::F32,
        Self::Bool,
        Self::Text,
        Self::Array,
        Self::U64,
        Self::I64,
        Self::F64,
    ];

    /// Bytes of a value, where all have the same.
    fn fixed_len(self) -> Option<u64> {
        match self {
            Self::U8 | Self::I8 | Self::Bool => Some(1),
            Self::U16 | Self::I16 => Some(2),
            Self::U32 | Self::I32 | Self::F32 => Some(4),
            Self::U64 | Self::I64 | Self::F64 => Some(8),
            Self::Text | Self::Array => None,
        }
    }
}

/// Reads a value of this type; an array is stepped over.
pub(super) fn read<S: ReadAt + ?Sized>(
    cursor: &mut Cursor<'_, S>,
    kind: GgufType,
    depth: usize,
) -> Result<GgufValue, Error> {
    use GgufValue::{Bool, Float, Signed, Text, Unsigned};
    Ok(match kind {
        GgufType::U8 => Unsigned(cursor.u8()?.into()),
        GgufType::U16 => Unsigned(cursor.u16()?.into()),
        GgufType::U32 => Unsigned(cursor.u32()?.into()),
        GgufType::U64 => Unsigned(cursor.u64()?),
        GgufType::I8 => Signed(cursor.u8()?.cast_signed().into()),
        GgufType::I16 => Signed(cursor.u16()?.cast_signed().into()),
        GgufType::I32 => Signed(cursor.u32()?.cast_signed().into()),
        GgufType::I64 => Signed(cursor.u64()?.cast_signed()),
        GgufType::F32 => Float(f32::from_bits(cursor.u32()?).into()),
        GgufType::F64 => Float(f64::from_bits(cursor.u64()?)),
        GgufType::Bool => match cursor.u8()? {
            0 => Bool(false),
            1 => Bool(true),
            _ => return Err(Error::MalformedGguf("a value is neither true nor false")),
        },
        GgufType::Text => Text(cursor.text()?),
        GgufType::Array => GgufValue::Array(step_over(cursor, depth)?),
    })
}

/// Steps over an array. Texts are visited one by one, each at the cost of the bytes of its length.
fn step_over<S: ReadAt + ?Sized>(cursor: &mut Cursor<'_, S>, depth: usize) -> Result<GgufArray, Error> {
    if depth >= MAX_DEPTH {
        return Err(Error::MalformedGguf("arrays lie too deep in each other"));
    }
    let element = GgufType::from_number(cursor.u32()?)?;
    let len = cursor.u64()?;
    let start = cursor.at();
    if let Some(element_len) = element.fixed_len() {
        // More than can be counted is more than there is.
        cursor.skip(len.saturating_mul(element_len))?;
    } else {
        for _ in 0..len {
            if element == GgufType::Array {
                step_over(cursor, depth + 1)?;
            } else {
                cursor.skip_text()?;
            }
        }
    }
    Ok(GgufArray { element, len, file_range: start..cursor.at(), endian: cursor.endian(), depth })
}

/// Arrays in arrays, at most; no file is known to have two.
const MAX_DEPTH: usize = 8;
