//! Files that somebody calls safetensors.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelcrypt::tensors::{Index, Safetensors, TensorInfo};

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // The same bytes as a header whose length is right, with as much data as the first two say.
    if let Some((&data_len, header)) = bytes.split_first_chunk::<2>() {
        let header_len = (header.len() as u64).to_le_bytes();
        let data = vec![7; usize::from(u16::from_le_bytes(data_len)) % 1024];
        check(&[&header_len, header, &data].concat());
    }
});

fn check(file: &[u8]) {
    let Ok(ours) = Safetensors::read(file, file.len() as u64) else { return };
    let theirs = safetensors::SafeTensors::deserialize(file).expect("we refuse what the reference refuses");
    assert_eq!(ours.tensors().len(), theirs.len());
    for tensor in ours.tensors() {
        let view = theirs.tensor(tensor.name()).expect("a tensor of the reference");
        assert_eq!(tensor.dtype().name(), view.dtype().to_string());
        assert!(tensor.shape().iter().map(|&size| size as usize).eq(view.shape().iter().copied()));
        let mut bytes = vec![0; view.data().len()];
        tensor.read(file, &mut bytes).expect("the file is whole");
        assert_eq!(bytes, view.data());
        slice(tensor, file);
    }
}

/// Takes the second half of every dimension, then the middle of the outermost.
fn slice(tensor: &TensorInfo, file: &[u8]) {
    let halves: Vec<Index> = tensor.shape().iter().map(|&size| (size / 2..size).into()).collect();
    if let Ok(slice) = tensor.slice(&halves) {
        let len = slice.byte_len() as usize;
        assert!(len <= file.len());
        slice.read(file, &mut vec![0; len]).expect("a slice lies within its file");
    }
    if let Some(&size) = tensor.shape().first() {
        let Ok(range) = tensor.rows(size / 3..size / 2) else { return };
        assert!(
            range.is_empty()
                || tensor.file_range().start <= range.start && range.end <= tensor.file_range().end
        );
    }
}
