//! Which tensors share an area of memory: small neighbours, so that a file of many is read in few pieces. A
//! large one has its own, so that who keeps it keeps nothing else.

use std::ops::Range;

use modelcrypt::tensors::TensorInfo;

use crate::buffer::ALIGNMENT;

/// Tensors that are read at once: a range of the file, and where it starts in its memory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Places in the list of tensors.
    pub(crate) tensors: Range<usize>,
    pub(crate) file_range: Range<u64>,
    /// Bytes of memory before the first tensor: with them every element lies at a multiple of its size.
    pub(crate) lead: usize,
}

/// Groups tensors, which are in the order of their data and lie side by side. Empty ones are in no group's range.
pub(crate) fn groups(tensors: &[TensorInfo]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, tensor) in tensors.iter().enumerate() {
        let file_range = tensor.file_range();
        if file_range.is_empty() {
            continue;
        }
        match groups.last_mut() {
            Some(group) if joins(group, tensors, tensor) => {
                group.tensors.end = place + 1;
                group.file_range.end = file_range.end;
                group.lead = misalignment(group.file_range.start);
            }
            _ => groups.push(Group { tensors: place..place + 1, file_range, lead: 0 }),
        }
    }
    groups
}

fn joins(group: &Group, tensors: &[TensorInfo], tensor: &TensorInfo) -> bool {
    let first = &tensors[group.tensors.start];
    is_aligned(first) && is_aligned(tensor) && tensor.file_range().end - group.file_range.start <= SHARED_LEN
}

/// Whether its elements lie at multiples of their size in the file: not all writers see to it.
fn is_aligned(tensor: &TensorInfo) -> bool {
    let element_len = (tensor.dtype().bits() / 8).max(1);
    tensor.file_range().start.is_multiple_of(element_len)
}

fn misalignment(offset: u64) -> usize {
    usize::try_from(offset % ALIGNMENT as u64).expect("less than 64")
}

/// Bytes that small tensors may share: as much is kept for the smallest of them.
const SHARED_LEN: u64 = 1 << 20;
