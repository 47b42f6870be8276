//! A buffer that starts on a page, as the kernel likes it.

use std::ops::{Deref, DerefMut};

use zeroize::Zeroizing;

/// Bytes whose first one lies on a page boundary; wiped on drop.
///
/// Large allocations start 16 bytes into a page, and copies between there and the page cache run at a third
/// of the speed on processors whose `rep movsb` stumbles over that offset (AMD Zen 3 and 4).
#[derive(Default)]
pub(super) struct PageAligned {
    memory: Zeroizing<Vec<u8>>,
    start: usize,
    len: usize,
}

impl PageAligned {
    /// Makes it `len` bytes long; what it holds is of no matter.
    pub(super) fn fit(&mut self, len: usize) {
        if len + PAGE_LEN > self.memory.len() {
            self.memory = Zeroizing::new(vec![0; len + PAGE_LEN]);
            self.start = self.memory.as_ptr().align_offset(PAGE_LEN).min(PAGE_LEN);
        }
        self.len = len;
    }
}

impl Deref for PageAligned {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.len]
    }
}

impl DerefMut for PageAligned {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + self.len]
    }
}

const PAGE_LEN: usize = 4096;
