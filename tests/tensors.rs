//! The index of a safetensors file says what the `safetensors` crate says, and refuses what it refuses.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::kind;
use modelcrypt::ErrorKind;
use modelcrypt::base::ReadAt;
use modelcrypt::tensors::{Dtype, Error, Safetensors, TensorInfo};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use safetensors::SafeTensors as Reference;
use safetensors::tensor::{Dtype as ReferenceDtype, Metadata, TensorView};

#[test]
fn every_type_of_the_reference_is_known_by_its_name_and_its_bits() {
    let refusal = serde_json::from_str::<ReferenceDtype>("\"none\"").unwrap_err().to_string();
    let theirs: BTreeSet<&str> = refusal.split('`').skip(3).step_by(2).collect();
    let ours: BTreeSet<&str> = Dtype::ALL.iter().map(|dtype| dtype.name()).collect();
    assert_eq!(ours, theirs);
    for &dtype in Dtype::ALL {
        assert_eq!(dtype.bits(), reference(dtype).bitsize() as u64, "{dtype}");
        assert_eq!(Dtype::from_name(&dtype.to_string()), Some(dtype));
    }
}

#[test]
fn the_shards_of_a_model_have_the_tensors_that_the_reference_finds() {
    for shard in 1..=3 {
        let name = format!("fixtures/tiny-llama/model-0000{shard}-of-00003.safetensors");
        let file = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        assert_same(&read(&file).unwrap(), &file);
    }
}

#[test]
fn headers_may_be_padded_empty_or_hold_empty_tensors() {
    for (header, data_len) in [
        ("{}", 0),
        (" \t\n{}\r  ", 0),
        (r#"{"__metadata__":{}}"#, 0),
        (r#"{"__metadata__":null}"#, 0),
        (r#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#, 4),
        (r#"{"a":{"dtype":"F32","shape":[2,0],"data_offsets":[0,0]}}"#, 0),
        (r#"{"a":{"dtype":"F4","shape":[0,18446744073709551615],"data_offsets":[0,0]}}"#, 0),
        (
            r#"{"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
            2,
        ),
        (
            r#"{"a":{"shape":[3],"data_offsets":[0,3],"why":[{"x":-1.5e3,"y":null},"\u00e4",true,-7],"dtype":"I8"}}"#,
            3,
        ),
        (r#"{"a\u0000\n":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}"#, 3),
    ] {
        let file = file(header, data_len);
        assert_same(&read(&file).unwrap(), &file);
    }
}

/// What is wrong, and the header in which it is; four bytes of data follow each.
const MALFORMED: [(&str, &str); 25] = [
    ("JSON", ""),
    ("JSON", "{"),
    ("JSON", "[]"),
    ("JSON", "null"),
    ("JSON", "{}{}"),
    ("JSON", "{\u{e4}}"),
    ("JSON", r#"{"__metadata__":{"a":1}}"#),
    ("JSON", r#"{"__metadata__":null,"__metadata__":{}}"#),
    ("JSON", r#"{"a":{"dtype":"U8","shape":[4]}}"#),
    ("JSON", r#"{"a":{"dtype":8,"shape":[4],"data_offsets":[0,4]}}"#),
    ("JSON", r#"{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}"#),
    ("JSON", r#"{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}"#),
    ("JSON", r#"{"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,4]}}"#),
    ("JSON", r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}"#),
    ("JSON", r#"{"a":{"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]}}"#),
    ("JSON", r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":1e999}}"#),
    ("unknown type \"F128\"", r#"{"a":{"dtype":"F128","shape":[4],"data_offsets":[0,4]}}"#),
    ("does not begin", r#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#),
    (
        "does not begin",
        r#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,18446744073709551615]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
    ),
    (
        "does not begin",
        r#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
    ),
    ("not as long as", r#"{"a":{"dtype":"U16","shape":[4],"data_offsets":[0,4]}}"#),
    ("last byte", r#"{"a":{"dtype":"F4","shape":[7],"data_offsets":[0,4]}}"#),
    ("can be counted", r#"{"a":{"dtype":"U8","shape":[18446744073709551615,2,0],"data_offsets":[0,4]}}"#),
    ("can be counted", r#"{"a":{"dtype":"U16","shape":[1152921504606846976],"data_offsets":[0,4]}}"#),
    ("behind the last", r#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#),
];

#[test]
fn each_rule_of_the_format_is_held() {
    for (fault, header) in MALFORMED {
        let file = file(header, 4);
        let error = read(&file).expect_err(header);
        assert!(error.to_string().contains(fault), "{header}: {error}");
        assert_eq!(kind(Err::<(), _>(error)), Some(ErrorKind::Unsupported), "{header}");
        assert!(Reference::deserialize(&file).is_err(), "{header}");
    }
    assert!(read(&file(&nested(125), 4)).is_ok());
    assert!(matches!(read(&file(&nested(126), 4)), Err(Error::Json { .. })));
    assert!(Reference::deserialize(&file(&nested(126), 4)).is_err());
}

#[test]
fn what_two_readers_may_read_in_two_ways_is_refused() {
    for header in [
        r#"{"__metadata__":{"k":"1","k":"1"},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
        r#"{"a":["U8",[4],[0,4]]}"#,
        r#"{"a":{"dtype":{"U8":null},"shape":[4],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
    ] {
        let file = file(header, 4);
        assert_eq!(kind(read(&file)), Some(ErrorKind::Unsupported), "{header}");
        assert!(Reference::deserialize(&file).is_ok(), "{header}");
    }
}

#[test]
fn offsets_that_end_where_no_file_can_are_refused() {
    // Each as long as a shape can say; eight of them pass the end of what can be counted.
    let len = u64::MAX / 8;
    let tensors: Vec<String> = (0..9_u64)
        .map(|i| {
            let (begin, end) = (i * len, (i * len).saturating_add(len));
            let shape = if end == u64::MAX { end - begin } else { len };
            format!(r#""{i}":{{"dtype":"U8","shape":[{shape}],"data_offsets":[{begin},{end}]}}"#)
        })
        .collect();
    let file = file(&format!("{{{}}}", tensors.join(",")), 4);
    assert!(read(&file).unwrap_err().to_string().contains("can be addressed"));
}

#[test]
fn a_file_that_was_cut_off_says_so_wherever_it_was() {
    let whole = file(r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 4);
    for len in 0..whole.len() {
        assert_eq!(kind(read(&whole[..len])), Some(ErrorKind::Truncated), "{len}");
        // Nor is a length believed that the file does not have.
        let error = Safetensors::read(&whole[..len], whole.len() as u64).err();
        assert_eq!(error.is_some(), len < whole.len() - 4, "{len}: {error:?}");
    }
}

#[test]
fn no_length_is_believed_before_it_is_bounded() {
    struct Asked<'a>(&'a [u8], AtomicUsize);
    impl ReadAt for Asked<'_> {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            self.1.fetch_max(buffer.len(), Ordering::Relaxed);
            self.0.read_at(buffer, offset)
        }
    }
    for (header_len, file_len, expected) in [
        (u64::MAX, u64::MAX, ErrorKind::Unsupported),
        (100_000_001, u64::MAX, ErrorKind::Unsupported),
        (100_000_000, 100_000_007, ErrorKind::Truncated),
        (3, 10, ErrorKind::Truncated),
    ] {
        let source = Asked(&header_len.to_le_bytes(), AtomicUsize::new(0));
        assert_eq!(kind(Safetensors::read(&source, file_len)), Some(expected));
        assert_eq!(source.1.into_inner(), 8);
    }
}

#[test]
fn a_name_that_is_not_there_is_not_found() {
    let file = file("{}", 0);
    let index = read(&file).unwrap();
    assert_eq!(kind(index.tensor("a")), Some(ErrorKind::NotFound));
    assert!(index.tensors().is_empty());
    assert_eq!(index.names().len(), 0);
}

proptest! {
    #[test]
    fn files_of_the_reference_have_the_tensors_that_it_put_there(
        tensors in prop::collection::hash_map(".{0,8}", (select(Dtype::ALL), prop::collection::vec(0..5_usize, 0..5)), 0..8),
        metadata in prop::option::of(prop::collection::hash_map(".{0,4}", ".{0,8}", 1..3)),
    ) {
        let data: Vec<u8> = (0..=255).cycle().take(1 << 13).collect();
        let views: HashMap<String, TensorView> = tensors
            .into_iter()
            .filter(|(name, _)| name != "__metadata__")
            .filter_map(|(name, (dtype, shape))| {
                let bits = shape.iter().product::<usize>() * reference(dtype).bitsize();
                let at = name.len() % 7;
                Some((name, TensorView::new(reference(dtype), shape, &data[at..at + bits / 8]).ok()?))
            })
            .collect();
        let file = safetensors::serialize(&views, metadata).unwrap();
        assert_same(&read(&file).unwrap(), &file);
    }

    #[test]
    fn changed_headers_are_taken_and_refused_as_the_reference_does(
        at in any::<Index>(),
        with in prop_oneof![
            select(vec!["\"", "{", "}", ",", ":", "[", "]", "0", "1", "4", "8", "9", " ", "e", "\\", "\u{e4}", "", "-", "."])
                .prop_map(str::as_bytes).prop_map(<[u8]>::to_vec),
            prop::collection::vec(any::<u8>(), 1),
        ],
        cut in 0..3_usize,
    ) {
        let mut header = br#"{"__metadata__":{"k":"v"},"a":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4],"x":[1,{}]},"b":{"dtype":"F4","shape":[16],"data_offsets":[4,12]}}"#.to_vec();
        let at = at.index(header.len());
        let end = header.len().min(at + cut);
        header.splice(at..end, with);
        let file = file_of(&header, 12);
        match (read(&file), Reference::deserialize(&file)) {
            (Ok(index), Ok(_)) => assert_same(&index, &file),
            (Ok(_), Err(error)) => panic!("only the reference refuses it: {error}"),
            (Err(error), theirs) => prop_assert!(theirs.is_err(), "only the reference takes it: {error}"),
        }
    }
}

fn read(file: &[u8]) -> Result<Safetensors, Error> {
    Safetensors::read(file, file.len() as u64)
}

fn file(header: &str, data_len: usize) -> Vec<u8> {
    file_of(header.as_bytes(), data_len)
}

fn file_of(header: &[u8], data_len: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header, &vec![7; data_len]].concat()
}

/// A header with arrays of this depth in a field that no one knows.
fn nested(depth: usize) -> String {
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    format!(r#"{{"a":{{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":{open}{close}}}}}"#)
}

fn reference(dtype: Dtype) -> ReferenceDtype {
    serde_json::from_value(dtype.name().into()).unwrap()
}

fn assert_same(ours: &Safetensors, file: &[u8]) {
    let theirs = Reference::deserialize(file).unwrap();
    let (header_len, about): (usize, Metadata) = Reference::read_metadata(file).unwrap();
    assert_eq!(ours.data_offset(), header_len as u64 + 8);
    let metadata = ours.metadata().map(|texts| texts.clone().into_iter().collect::<HashMap<_, _>>());
    assert_eq!(&metadata, about.metadata());
    let mut names = theirs.names();
    names.sort_unstable();
    assert!(ours.names().eq(names));
    assert!(ours.tensors().is_sorted_by_key(|tensor| tensor.file_range().start));
    // Empty tensors at one place have no order in the reference.
    let holds_data = |name: &str| ours.tensor(name).unwrap().byte_len() > 0;
    let in_order: Vec<&str> = ours.tensors().iter().map(TensorInfo::name).collect();
    assert!(
        in_order
            .into_iter()
            .filter(|name| holds_data(name))
            .eq(about.offset_keys().iter().filter(|name| holds_data(name)))
    );
    for tensor in ours.tensors() {
        let view = theirs.tensor(tensor.name()).unwrap();
        assert_eq!(ours.tensor(tensor.name()).unwrap(), tensor);
        assert_eq!(tensor.dtype().name(), view.dtype().to_string());
        assert!(tensor.shape().iter().copied().eq(view.shape().iter().map(|&size| size as u64)));
        let mut bytes = vec![0; view.data().len()];
        tensor.read(file, &mut bytes).unwrap();
        assert_eq!(bytes, view.data());
    }
}
