//! Reads of tensors and slices into the caller's memory: many threads, and no byte that was not asked for
//! but what lies between runs so close together that two reads would cost more.

use std::ops::Range;

use rayon::iter::{ParallelBridge, ParallelIterator};
use zeroize::Zeroizing;

use super::{Error, Runs, Slice, TensorInfo};
use crate::base::ReadAt;

impl TensorInfo {
    /// Reads the whole tensor into `destination`, which is just as long; a large one on all threads of the
    /// current pool.
    pub fn read(&self, source: &(impl ReadAt + ?Sized), destination: &mut [u8]) -> Result<(), Error> {
        check_len(self.byte_len(), destination)?;
        source.par_read_exact_at(destination, self.file_range.start).map_err(Error::Read)
    }

    /// Reads `rows` of dimension 0 into `destination`, which is just as long.
    pub fn read_rows(
        &self,
        source: &(impl ReadAt + ?Sized),
        rows: Range<u64>,
        destination: &mut [u8],
    ) -> Result<(), Error> {
        let range = self.rows(rows)?;
        check_len(range.end - range.start, destination)?;
        source.par_read_exact_at(destination, range.start).map_err(Error::Read)
    }
}

impl Slice {
    /// Reads the slice into `destination`, which is just as long; a large one on all threads of the current
    /// pool. What lies between two runs is read only where that is less than 16 KiB.
    pub fn read(&self, source: &(impl ReadAt + ?Sized), destination: &mut [u8]) -> Result<(), Error> {
        check_len(self.byte_len(), destination)?;
        if let Some(range) = self.file_range() {
            return source.par_read_exact_at(destination, range.start).map_err(Error::Read);
        }
        let mut windows = Windows { runs: self.runs(), next: None, destination };
        if self.byte_len() < MIN_PARALLEL_LEN {
            let mut scratch = Scratch::default();
            windows.try_for_each(|window| window.read(source, &mut scratch))
        } else {
            windows
                .par_bridge()
                .try_for_each_init(Scratch::default, |scratch, window| window.read(source, scratch))
        }
    }
}

/// Neighbouring runs that are read at once, and where they go.
struct Window<'a> {
    start: u64,
    /// From `start` on; never empty.
    runs: Vec<Range<usize>>,
    destination: &'a mut [u8],
}

type Scratch = Zeroizing<Vec<u8>>;

impl Window<'_> {
    fn read(self, source: &(impl ReadAt + ?Sized), scratch: &mut Scratch) -> Result<(), Error> {
        if self.runs.len() == 1 {
            return source.read_exact_at(self.destination, self.start).map_err(Error::Read);
        }
        let len = self.runs.last().expect("a window has runs").end;
        // Made at its full length once: growing would leave pieces of plaintext behind.
        scratch.resize(WINDOW_LEN, 0);
        source.read_exact_at(&mut scratch[..len], self.start).map_err(Error::Read)?;
        let mut rest = self.destination;
        for run in self.runs {
            let (now, later) = rest.split_at_mut(run.len());
            now.copy_from_slice(&scratch[run]);
            rest = later;
        }
        Ok(())
    }
}

/// Gathers runs into windows, which end at multiples of their length: a chunk of a sealed file is opened once.
struct Windows<'a> {
    runs: Runs,
    /// What the last window has left of a run.
    next: Option<Range<u64>>,
    destination: &'a mut [u8],
}

impl<'a> Iterator for Windows<'a> {
    type Item = Window<'a>;

    fn next(&mut self) -> Option<Window<'a>> {
        let mut run = self.next.take().or_else(|| self.runs.next())?;
        let start = run.start;
        let window_end = (start / WINDOW_LEN as u64 + 1) * WINDOW_LEN as u64;
        let (mut runs, mut filled, mut end) = (Vec::new(), 0, start);
        while run.start < window_end && run.start - end < MIN_SKIPPED_LEN {
            end = run.end.min(window_end);
            let within = within_window(run.start - start)..within_window(end - start);
            filled += within.len();
            runs.push(within);
            run.start = end;
            if run.is_empty() {
                let Some(next) = self.runs.next() else { break };
                run = next;
            }
        }
        self.next = Some(run).filter(|run| !run.is_empty());
        let (destination, later) = std::mem::take(&mut self.destination).split_at_mut(filled);
        self.destination = later;
        Some(Window { start, runs, destination })
    }
}

fn check_len(expected: u64, destination: &[u8]) -> Result<(), Error> {
    if destination.len() as u64 == expected {
        return Ok(());
    }
    Err(Error::BufferLen { expected, found: destination.len() })
}

fn within_window(distance: u64) -> usize {
    usize::try_from(distance).expect("no longer than a window")
}

/// What is read at once, at most.
const WINDOW_LEN: usize = 256 * 1024;

/// So much between two runs is not read. A chunk of a sealed file is no longer, so none is opened for
/// nothing.
const MIN_SKIPPED_LEN: u64 = 16 * 1024;

/// From here on several threads are sooner done than one.
const MIN_PARALLEL_LEN: u64 = 1 << 20;
