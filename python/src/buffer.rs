//! Memory that tensors are made in, and that Python sees by the buffer protocol. `unsafe` stands here and nowhere
//! else in the package.
#![allow(
    unsafe_code,
    reason = "Python writes to memory that Rust has made; who may touch it when is said here"
)]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::c_int;
use std::io;
use std::ptr::NonNull;
use std::slice;

use memmap2::{MmapMut, MmapRaw};
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

/// Zeroed bytes that start at a multiple of [`ALIGNMENT`]. As long as it is not a [`Buffer`], it has one owner.
pub(crate) struct Memory {
    area: Area,
    len: usize,
}

enum Area {
    Heap { start: NonNull<u8>, layout: Layout },
    Mapped { mapping: MmapRaw, start: usize },
}

// SAFETY: the area belongs to the value alone; the pointer to the heap is what a `Box` would hold.
unsafe impl Send for Memory {}
// SAFETY: through `&Memory` Rust only learns where the area is and never reads or writes it.
unsafe impl Sync for Memory {}

impl Memory {
    /// Takes `len` bytes from the heap, or where they are many, from the system: in huge pages if it has them,
    /// and left out of core dumps.
    pub(crate) fn zeroed(len: usize) -> io::Result<Self> {
        let area = if len < MAPPED_FROM { Self::heap(len) } else { Self::mapped(len) };
        Ok(Self { area: area?, len })
    }

    /// The bytes, for whoever fills them before Python sees them.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `len` bytes from there on were allocated and zeroed, and `&mut self` is the only way to them.
        unsafe { slice::from_raw_parts_mut(self.start(), self.len) }
    }

    fn start(&self) -> *mut u8 {
        match &self.area {
            Area::Heap { start, .. } => start.as_ptr(),
            // SAFETY: `start` lies within the mapping.
            Area::Mapped { mapping, start } => unsafe { mapping.as_mut_ptr().add(*start) },
        }
    }

    fn heap(len: usize) -> io::Result<Area> {
        let layout = Layout::from_size_align(len.max(1), ALIGNMENT).map_err(io::Error::other)?;
        // SAFETY: the layout has a size above 0.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Area::Heap { start, layout })
    }

    fn mapped(len: usize) -> io::Result<Area> {
        // Older kernels do not place a mapping so that huge pages fit into it. Pages never touched cost nothing.
        let slack = if len < HUGE_PAGE_LEN { 0 } else { HUGE_PAGE_LEN };
        let mapping_len = len.checked_add(slack).ok_or(io::ErrorKind::OutOfMemory)?;
        let mapping = MmapMut::map_anon(mapping_len)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            // Both are wishes.
            let _ = mapping.advise(memmap2::Advice::DontDump);
            if slack > 0 {
                let _ = mapping.advise(memmap2::Advice::HugePage);
            }
        }
        let start = if slack > 0 { mapping.as_ptr().align_offset(HUGE_PAGE_LEN) } else { 0 };
        Ok(Area::Mapped { mapping: mapping.into(), start: start.min(slack) })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Area::Heap { start, layout } = self.area {
            // SAFETY: it was allocated with this layout and nobody has it any more.
            unsafe { dealloc(start.as_ptr(), layout) }
        }
    }
}

/// Writable bytes: what `numpy.frombuffer` and `torch.frombuffer` make tensors of.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct Buffer(Memory);

impl From<Memory> for Buffer {
    fn from(memory: Memory) -> Self {
        Self(memory)
    }
}

#[pymethods]
impl Buffer {
    /// Hands out the whole of it as bytes that may be written.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let memory = &slf.get().0;
        let len = ffi::Py_ssize_t::try_from(memory.len)
            .map_err(|_| PyBufferError::new_err("the buffer is too long"))?;
        // SAFETY: Python passes a view to fill. The view keeps this object alive, and with it the memory, which
        // is never moved, and which Rust does not touch any more.
        let filled = unsafe {
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), memory.start().cast(), len, WRITABLE, flags)
        };
        if filled == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }

    fn __len__(&self) -> usize {
        self.0.len
    }
}

/// Of the heap's areas, in bytes: enough for every element and for vector instructions.
pub(crate) const ALIGNMENT: usize = 64;

/// A mapping for each small area would use up the number that a process may have.
const MAPPED_FROM: usize = 1 << 20;

/// On x86-64, and as a rule on ARM.
const HUGE_PAGE_LEN: usize = 2 << 20;

const WRITABLE: c_int = 0;
