//! A slice of a tensor is what the `safetensors` crate makes of it, and reads of it are exact.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::collections::HashMap;
use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::{Bound, Range};
use std::sync::Mutex;

use common::{kind, plaintext};
use modelcrypt::ErrorKind;
use modelcrypt::base::ReadAt;
use modelcrypt::tensors::{Dtype, Error, Index, Safetensors, Slice};
use proptest::prelude::*;
use proptest::sample::select;
use safetensors::slice::{InvalidSlice, TensorIndexer};
use safetensors::tensor::{Dtype as ReferenceDtype, TensorView};

#[test]
fn slices_read_like_those_of_numpy() {
    let (file, index) = one_tensor(Dtype::U8, &[2, 3, 4]);
    for (indices, shape, expected) in [
        (vec![], vec![2, 3, 4], (0..24).collect()),
        (vec![Index::At(1)], vec![3, 4], (12..24).collect()),
        (vec![(1..2).into()], vec![1, 3, 4], (12..24).collect()),
        (vec![(..).into(), 2.into()], vec![2, 4], vec![8, 9, 10, 11, 20, 21, 22, 23]),
        (vec![0.into(), (1..3).into(), (1..3).into()], vec![2, 2], vec![5, 6, 9, 10]),
        (vec![0.into(), every(0, 3, 2), every(1, 4, 2)], vec![2, 2], vec![1, 3, 9, 11]),
        (vec![1.into(), 2.into(), 3.into()], vec![], vec![23]),
        (vec![(2..2).into()], vec![0, 3, 4], vec![]),
        (vec![(..).into(), (1..1).into(), 0.into()], vec![2, 0], vec![]),
        (vec![0.into(), (1..1).into(), every(3, 3, 2)], vec![0, 0], vec![]),
    ] {
        let slice = index.tensor("t").unwrap().slice(&indices).unwrap();
        assert_eq!((slice.shape(), slice.byte_len()), (&shape[..], expected.len() as u64), "{indices:?}");
        let expected: Vec<u8> = expected.into_iter().map(|place| plaintext(24)[place]).collect();
        assert_eq!(bytes(&slice, &file), expected, "{indices:?}");
    }
}

#[test]
fn an_index_outside_names_the_dimension_and_its_size() {
    let (_, index) = one_tensor(Dtype::U8, &[2, 3]);
    let tensor = index.tensor("t").unwrap();
    for (indices, message) in [
        (vec![2.into()], "2 is out of range for dimension 0 of size 2"),
        (vec![(..).into(), (0..4).into()], "0:4 is out of range for dimension 1 of size 3"),
        (vec![(..).into(), (4..4).into()], "4:4 is out of range for dimension 1 of size 3"),
        (vec![every(2, 1, 3)], "2:1:3 is out of range for dimension 0 of size 2"),
        (vec![u64::MAX.into()], "18446744073709551615 is out of range for dimension 0 of size 2"),
        (vec![0.into(), 0.into(), 0.into()], "3 indices for 2 dimensions"),
    ] {
        let error = tensor.slice(&indices).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(kind(Err::<(), _>(error)), Some(ErrorKind::InvalidInput));
    }
}

#[test]
fn a_single_element_has_no_rows() {
    let (file, index) = one_tensor(Dtype::U64, &[]);
    let element = index.tensor("t").unwrap();
    assert_eq!(bytes(&element.slice(&[]).unwrap(), &file), plaintext(8));
    assert!(matches!(element.rows(0..1), Err(Error::TooManyIndices { .. })));
}

#[test]
fn a_buffer_of_another_length_is_left_alone() {
    let (file, index) = one_tensor(Dtype::U16, &[3, 2]);
    let tensor = index.tensor("t").unwrap();
    let mut buffer = [9; 13];
    for len in [0, 11, 13] {
        let buffer = &mut buffer[..len];
        assert_eq!(kind(tensor.read(file.as_slice(), buffer)), Some(ErrorKind::InvalidInput));
        assert_eq!(kind(tensor.read_rows(file.as_slice(), 1..2, buffer)), Some(ErrorKind::InvalidInput));
        let slice = tensor.slice(&[Index::All, 1.into()]).unwrap();
        assert_eq!(kind(slice.read(file.as_slice(), buffer)), Some(ErrorKind::InvalidInput));
    }
    assert_eq!(buffer, [9; 13]);
}

#[test]
fn large_slices_come_together_whatever_they_leave_out() {
    let (file, index) = one_tensor(Dtype::U8, &[3000, 1000]);
    let tensor = index.tensor("t").unwrap();
    for (rows, columns) in [
        (every(0, 3000, 1), every(0, 1000, 1)),
        (every(0, 3000, 1), every(1, 1000, 1)),
        (every(1, 2999, 1), every(3, 900, 2)),
        (every(0, 3000, 17), every(0, 1000, 1)),
        (every(7, 3000, 300), every(0, 3, 1)),
        (every(0, 3000, 1), Index::At(999)),
    ] {
        let source = Recording { file: &file, reads: Mutex::default() };
        let slice = tensor.slice(&[rows.clone(), columns.clone()]).unwrap();
        let mut read = vec![0; usize::try_from(slice.byte_len()).unwrap()];
        slice.read(&source, &mut read).unwrap();
        let (rows, columns) = (positions(&rows, 3000), positions(&columns, 1000));
        let start = usize::try_from(index.data_offset()).unwrap();
        let expected = rows.iter().flat_map(|row| columns.iter().map(move |column| row * 1000 + column));
        assert!(read.iter().copied().eq(expected.map(|place| file[start + place])), "{rows:?} {columns:?}");

        let mut reads = source.reads.into_inner().unwrap();
        reads.sort_unstable_by_key(|read| read.start);
        assert!(reads.is_sorted_by(|left, right| left.end <= right.start), "nothing is read twice");
        let len: u64 = reads.iter().map(|read| read.end - read.start).sum();
        let is_dense = rows.len() > 100;
        assert!(if is_dense { len <= 3_000_000 } else { len == slice.byte_len() }, "{len} bytes");
    }
}

#[test]
fn an_error_of_any_read_is_the_error() {
    let (mut file, index) = one_tensor(Dtype::U8, &[3000, 1000]);
    file.truncate(2_900_000);
    let tensor = index.tensor("t").unwrap();
    let read = tensor.read(file.as_slice(), &mut vec![0; 3_000_000]);
    assert!(matches!(read, Err(Error::Read(error)) if error.kind() == io::ErrorKind::UnexpectedEof));
    let slice = tensor.slice(&[Index::All, (0..999).into()]).unwrap();
    assert_eq!(kind(slice.read(file.as_slice(), &mut vec![0; 2_997_000])), Some(ErrorKind::Io));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn slices_are_those_of_the_reference(
        dtype in select(Dtype::ALL),
        dimensions in prop::collection::vec((0..6_u64, any_index()), 0..5),
        unnamed in 0..3_usize,
    ) {
        let shape: Vec<u64> = dimensions.iter().map(|(size, _)| *size).collect();
        let bits = shape.iter().product::<u64>() * dtype.bits();
        if !bits.is_multiple_of(8) {
            return Ok(());
        }
        let indices: Vec<Index> = dimensions.into_iter().rev().skip(unnamed).rev().map(|(_, index)| index).collect();
        let (file, index) = one_tensor(dtype, &shape);
        let slice = index.tensor("t").unwrap().slice(&indices);
        if let Some(expected) = what_the_reference_has_no_answer_to(&shape, &indices) {
            let found = slice.as_ref().map(Slice::byte_len).map_err(|_| ());
            prop_assert_eq!(found, expected);
            return Ok(());
        }
        let data = &file[usize::try_from(index.data_offset()).unwrap()..];
        let view = TensorView::new(reference(dtype), shape.iter().map(|&size| narrow(size)).collect(), data).unwrap();
        let theirs: Vec<TensorIndexer> = indices.iter().map(indexer).collect();
        match (slice, view.sliced_data(&theirs)) {
            (Ok(slice), Ok(theirs)) => {
                prop_assert!(slice.shape().iter().map(|&size| narrow(size)).eq(theirs.newshape()));
                prop_assert_eq!(slice.byte_len(), theirs.remaining_byte_len() as u64);
                prop_assert_eq!(bytes(&slice, &file), theirs.flatten().copied().collect::<Vec<u8>>());
                prop_assert!(slice.runs().is_sorted_by(|left, right| left.end <= right.start));
                prop_assert_eq!(slice.runs().size_hint(), (slice.runs().count(), Some(slice.runs().count())));
            }
            (Err(Error::TooManyIndices { .. }), Err(InvalidSlice::TooManySlices))
            | (Err(Error::Misaligned), Err(InvalidSlice::MisalignedSlice))
            | (Err(Error::OutOfRange { .. }), Err(_)) => {}
            (ours, theirs) => panic!("{:?}, and the reference: {:?}", ours.err(), theirs.err()),
        }
    }
}

fn any_index() -> impl Strategy<Value = Index> {
    prop_oneof![
        Just(Index::All),
        (0..6_u64).prop_map(Index::At),
        (0..6_u64, 0..7_u64, 1..4_u64).prop_map(|(start, stop, step)| every(start, stop, step)),
    ]
}

/// The reference has no one answer to a range that ends before it starts, refuses some empty ranges and
/// takes others for whole ones.
fn what_the_reference_has_no_answer_to(shape: &[u64], indices: &[Index]) -> Option<Result<u64, ()>> {
    let bounds = |index: &Index, size| match *index {
        Index::All => (0, size),
        Index::At(position) => (position, position + 1),
        Index::Range { start, stop, .. } => (start, stop),
    };
    let ranges: Vec<(u64, u64, u64)> = indices
        .iter()
        .zip(shape)
        .map(|(index, &size)| (bounds(index, size), size))
        .map(|((a, b), n)| (a, b, n))
        .collect();
    if ranges.iter().any(|(start, stop, _)| start > stop) {
        return Some(Err(()));
    }
    if ranges.iter().any(|(_, stop, size)| stop > size) {
        return None;
    }
    (ranges.iter().any(|(start, stop, _)| start == stop) || shape.contains(&0)).then_some(Ok(0))
}

fn indexer(index: &Index) -> TensorIndexer {
    match *index {
        Index::All => TensorIndexer::from(..),
        Index::At(position) => TensorIndexer::Select(narrow(position)),
        Index::Range { start, stop, step } => TensorIndexer::Narrow(
            Bound::Included(narrow(start)),
            Bound::Excluded(narrow(stop)),
            NonZeroUsize::try_from(step).unwrap(),
        ),
    }
}

fn positions(index: &Index, size: usize) -> Vec<usize> {
    match *index {
        Index::All => (0..size).collect(),
        Index::At(position) => vec![narrow(position)],
        Index::Range { start, stop, step } => {
            (narrow(start)..narrow(stop)).step_by(narrow(step.get())).collect()
        }
    }
}

fn narrow(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

fn every(start: u64, stop: u64, step: u64) -> Index {
    Index::Range { start, stop, step: NonZeroU64::new(step).unwrap() }
}

/// A file with the tensor `t` in it.
fn one_tensor(dtype: Dtype, shape: &[u64]) -> (Vec<u8>, Safetensors) {
    let shape: Vec<usize> = shape.iter().map(|&size| narrow(size)).collect();
    let data = plaintext(shape.iter().product::<usize>() * narrow(dtype.bits()) / 8);
    let view = TensorView::new(reference(dtype), shape, &data).unwrap();
    let file = safetensors::serialize(HashMap::from([("t", view)]), None).unwrap();
    let index = Safetensors::read(file.as_slice(), file.len() as u64).unwrap();
    (file, index)
}

fn reference(dtype: Dtype) -> ReferenceDtype {
    serde_json::from_value(dtype.name().into()).unwrap()
}

fn bytes(slice: &Slice, file: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; narrow(slice.byte_len())];
    slice.read(file, &mut bytes).unwrap();
    bytes
}

/// A file that remembers where it was read.
struct Recording<'a> {
    file: &'a [u8],
    reads: Mutex<Vec<Range<u64>>>,
}

impl ReadAt for Recording<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.reads.lock().unwrap().push(offset..offset + buffer.len() as u64);
        self.file.read_at(buffer, offset)
    }
}
