//! Parts of a tensor, as the runs of bytes that they are in the file.

use std::num::NonZeroU64;
use std::ops::{Range, RangeFull};

use super::{Error, TensorInfo};

/// What a slice takes of one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Index {
    /// All of it, like `:`.
    All,
    /// One position; the result does not have this dimension.
    At(u64),
    /// Every `step`th position from `start` on and before `stop`, which may be the dimension's size at most.
    Range {
        /// The first position.
        start: u64,
        /// The position that ends it.
        stop: u64,
        /// From one position to the next.
        step: NonZeroU64,
    },
}

impl From<u64> for Index {
    fn from(position: u64) -> Self {
        Self::At(position)
    }
}

impl From<Range<u64>> for Index {
    fn from(range: Range<u64>) -> Self {
        Self::Range { start: range.start, stop: range.end, step: NonZeroU64::MIN }
    }
}

impl From<RangeFull> for Index {
    fn from(_: RangeFull) -> Self {
        Self::All
    }
}

/// A part of a tensor: its shape, and where its bytes are. Row-major as the tensor is.
#[derive(Debug, Clone)]
pub struct Slice {
    shape: Vec<u64>,
    byte_len: u64,
    runs: Runs,
}

impl Slice {
    /// Elements along each dimension that is left.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Bytes of the slice, without what lies between them.
    #[must_use]
    pub fn byte_len(&self) -> u64 {
        self.byte_len
    }

    /// The range of the file that is the slice, where it is just one.
    #[must_use]
    pub fn file_range(&self) -> Option<Range<u64>> {
        let Runs { offset, run_len, remaining, .. } = self.runs;
        (remaining <= 1).then_some(offset..offset + run_len)
    }

    /// The ranges of the file that are the slice, in the order of both: as few and long as evenly spaced ones
    /// can be.
    #[must_use]
    pub fn runs(&self) -> Runs {
        self.runs.clone()
    }
}

impl TensorInfo {
    /// The part that `indices` take, one for each dimension from the outermost on; dimensions without an
    /// index are taken whole.
    ///
    /// The rules are those of the `safetensors` crate: an index outside the dimension is an error and never
    /// clamped, and elements smaller than a byte can be cut at whole bytes only. An empty slice is no error
    /// wherever it lies.
    pub fn slice(&self, indices: &[Index]) -> Result<Slice, Error> {
        if indices.len() > self.shape.len() {
            return Err(Error::TooManyIndices { asked: indices.len(), dimensions: self.shape.len() });
        }
        let mut axes = Vec::with_capacity(self.shape.len());
        let mut shape = Vec::with_capacity(self.shape.len());
        for (dimension, &size) in self.shape.iter().enumerate() {
            let index = indices.get(dimension).unwrap_or(&Index::All);
            let axis = Axis::resolve(index, size).ok_or_else(|| Error::OutOfRange {
                dimension,
                asked: shown(index),
                size,
            })?;
            if !matches!(index, Index::At(_)) {
                shape.push(axis.count);
            }
            axes.push(axis);
        }
        let runs = if axes.iter().any(|axis| axis.count == 0) {
            Runs::none(self.file_range.start)
        } else {
            self.runs(&axes)?
        };
        let byte_len = runs.remaining * runs.run_len;
        Ok(Slice { shape, byte_len, runs })
    }

    /// The bytes of `rows` of dimension 0: one range of the file.
    pub fn rows(&self, rows: Range<u64>) -> Result<Range<u64>, Error> {
        Ok(self.slice(&[rows.into()])?.file_range().expect("rows of dimension 0 lie together"))
    }

    /// Joins to runs what lies together. No axis is empty, so no product is larger than the tensor.
    fn runs(&self, axes: &[Axis]) -> Result<Runs, Error> {
        let mut span_bits = self.dtype.bits();
        let mut offset = self.file_range.start;
        let mut run_len = None;
        let mut strides = Vec::new();
        for axis in axes.iter().rev() {
            if run_len.is_none() && axis.is_whole() {
                span_bits *= axis.size;
                continue;
            }
            offset += whole_bytes(axis.start * span_bits)?;
            if run_len.is_none() && axis.step == 1 {
                run_len = Some(whole_bytes(axis.count * span_bits)?);
            } else {
                if run_len.is_none() {
                    run_len = Some(whole_bytes(span_bits)?);
                }
                if axis.count > 1 {
                    let bytes = whole_bytes(axis.step * span_bits)?;
                    strides.push(Stride { count: axis.count, bytes });
                }
            }
            span_bits *= axis.size;
        }
        let run_len = run_len.map_or_else(|| whole_bytes(span_bits), Ok)?;
        let remaining = strides.iter().map(|stride| stride.count).product();
        Ok(Runs { offset, run_len, remaining, places: vec![0; strides.len()], strides })
    }
}

/// The ranges of a file that are a slice, in the order of the slice; computed one by one, however many.
#[derive(Debug, Clone)]
pub struct Runs {
    offset: u64,
    run_len: u64,
    remaining: u64,
    /// The innermost first.
    strides: Vec<Stride>,
    places: Vec<u64>,
}

impl Runs {
    fn none(offset: u64) -> Self {
        Self { offset, run_len: 0, remaining: 0, strides: Vec::new(), places: Vec::new() }
    }
}

impl Iterator for Runs {
    type Item = Range<u64>;

    fn next(&mut self) -> Option<Range<u64>> {
        self.remaining = self.remaining.checked_sub(1)?;
        let run = self.offset..self.offset + self.run_len;
        for (stride, place) in self.strides.iter().zip(&mut self.places) {
            *place += 1;
            if *place < stride.count {
                self.offset += stride.bytes;
                break;
            }
            self.offset -= stride.bytes * (stride.count - 1);
            *place = 0;
        }
        Some(run)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let remaining = usize::try_from(self.remaining);
        (remaining.unwrap_or(usize::MAX), remaining.ok())
    }
}

/// So many steps of so many bytes.
#[derive(Debug, Clone)]
struct Stride {
    count: u64,
    bytes: u64,
}

/// What is taken of a dimension.
struct Axis {
    size: u64,
    start: u64,
    count: u64,
    step: u64,
}

impl Axis {
    /// `None` where `index` reaches out of a dimension of `size`.
    fn resolve(index: &Index, size: u64) -> Option<Self> {
        let (start, stop, step) = match *index {
            Index::All => (0, size, 1),
            Index::At(position) => (position, position.checked_add(1)?, 1),
            Index::Range { start, stop, step } => (start, stop, step.get()),
        };
        let count = stop.checked_sub(start)?.div_ceil(step);
        (stop <= size).then_some(Self { size, start, count, step })
    }

    fn is_whole(&self) -> bool {
        self.count == self.size && self.step == 1
    }
}

fn whole_bytes(bits: u64) -> Result<u64, Error> {
    if bits.is_multiple_of(8) { Ok(bits / 8) } else { Err(Error::Misaligned) }
}

fn shown(index: &Index) -> String {
    match index {
        Index::All => ":".into(),
        Index::At(position) => position.to_string(),
        Index::Range { start, stop, step } if step.get() == 1 => format!("{start}:{stop}"),
        Index::Range { start, stop, step } => format!("{start}:{stop}:{step}"),
    }
}
