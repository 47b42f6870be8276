//! A safetensors file, sealed or plain: its index, and its tensors in memory that Python can have.

use std::fs::{self, File};
use std::io;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use modelcrypt::base::{ReadAt, for_each_at_once, open_regular};
use modelcrypt::envelope::{self, Opener, SealedReader};
use modelcrypt::tensors::{Index, Safetensors, TensorInfo};
use modelcrypt::{Error, Progress, Silent, format, model, tensors};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::buffer::{Buffer, Memory};
use crate::error::raised_at;
use crate::key::MasterKey;
use crate::tensor_memory::groups;
use crate::{foreground, pool};

/// An open file of tensors.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct TensorFile {
    path: PathBuf,
    source: Source,
    index: Safetensors,
}

enum Source {
    Plain(File),
    Sealed(Box<SealedReader<File>>),
}

/// What a slice takes of one dimension: a position, or start, stop and step.
#[derive(FromPyObject)]
pub(crate) enum Taken {
    At(u64),
    Range((u64, u64, NonZeroU64)),
}

/// A tensor's place in a buffer; `None` where it has no bytes.
type Place = Option<(Py<Buffer>, usize)>;

#[pymethods]
impl TensorFile {
    /// Opens the file at `path`; `key`, a function, is asked for the key if it is sealed. One that is not sealed
    /// is refused if `must_be_sealed`, and one that was sealed under another name if `name_counts`.
    #[staticmethod]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        key: &Bound<'_, PyAny>,
        must_be_sealed: bool,
        name_counts: bool,
    ) -> PyResult<Self> {
        let failed = |error: Error| raised_at(py, error, &path);
        let real = py.detach(|| fs::canonicalize(&path)).map_err(|error| failed(error.into()))?;
        let source = match py.detach(|| open(&real)).map_err(failed)? {
            Opened::Plain(_) if must_be_sealed => {
                return Err(failed(envelope::Error::from(format::Error::NotSealed).into()));
            }
            Opened::Plain(file) => Source::Plain(file),
            Opened::Sealed(opener) => {
                let key = key.call0()?.cast_into::<MasterKey>()?;
                let key = key.get().master();
                let unlocked = py.detach(|| {
                    let reader = opener.unlock(key)?;
                    if name_counts {
                        model::check_name(reader.metadata(), &real)?;
                    }
                    Ok::<_, Error>(reader)
                });
                Source::Sealed(Box::new(unlocked.map_err(failed)?))
            }
        };
        let index = py.detach(|| source.index()).map_err(failed)?;
        Ok(Self { path, source, index })
    }

    /// Name, type, shape and number of bytes of each tensor, in the order of their data.
    fn tensors(&self) -> Vec<(&str, &'static str, &[u64], u64)> {
        let described =
            |tensor| (TensorInfo::name(tensor), tensor.dtype().name(), tensor.shape(), tensor.byte_len());
        self.index.tensors().iter().map(described).collect()
    }

    /// What the file says of itself; `None` if nothing.
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(metadata) = self.index.metadata() else { return Ok(None) };
        let dict = PyDict::new(py);
        metadata.iter().try_for_each(|(key, value)| dict.set_item(key, value))?;
        Ok(Some(dict))
    }

    /// Reads one tensor.
    fn read(&self, py: Python<'_>, name: &str) -> PyResult<Option<Buffer>> {
        let failed = |error: Error| raised_at(py, error, &self.path);
        let tensor = self.index.tensor(name).map_err(|error| failed(error.into()))?;
        let Some(memory) = memory(tensor.byte_len())? else { return Ok(None) };
        let offset = tensor.file_range().start;
        let mut job = Job { memory, lead: 0, offset };
        in_time(py, tensor.byte_len(), |progress| job.read(&self.source, progress))?.map_err(failed)?;
        Ok(Some(job.memory.into()))
    }

    /// Reads a part of one tensor, and tells its shape.
    fn read_slice(
        &self,
        py: Python<'_>,
        name: &str,
        taken: Vec<Taken>,
    ) -> PyResult<(Option<Buffer>, Vec<u64>)> {
        let failed = |error: tensors::Error| raised_at(py, error, &self.path);
        let indices: Vec<Index> = taken.into_iter().map(Index::from).collect();
        let slice = self.index.tensor(name).and_then(|tensor| tensor.slice(&indices)).map_err(failed)?;
        let shape = slice.shape().to_vec();
        let Some(mut memory) = memory(slice.byte_len())? else { return Ok((None, shape)) };
        let read = in_time(py, slice.byte_len(), |_| slice.read(&self.source, memory.bytes_mut()))?;
        read.map_err(failed)?;
        Ok((Some(memory.into()), shape))
    }

    /// Reads all tensors; their places are in the order of their data.
    fn read_all(&self, py: Python<'_>) -> PyResult<Vec<Place>> {
        let groups = groups(self.index.tensors());
        let mut jobs = Vec::with_capacity(groups.len());
        for group in &groups {
            let len = group.file_range.end - group.file_range.start + group.lead as u64;
            let memory = memory(len)?.expect("a group has bytes");
            jobs.push(Mutex::new(Job { memory, lead: group.lead, offset: group.file_range.start }));
        }
        let total = self.index.tensors().iter().map(TensorInfo::byte_len).sum::<u64>().max(POOLED_LEN);
        let read = in_time(py, total, |progress| read_jobs(&jobs, &self.source, progress))?;
        read.map_err(|error| raised_at(py, error, &self.path))?;
        let mut places: Vec<Place> = Vec::new();
        places.resize_with(self.index.tensors().len(), || None);
        for (group, job) in groups.into_iter().zip(jobs) {
            let job = job.into_inner().unwrap_or_else(PoisonError::into_inner);
            let buffer = Py::new(py, Buffer::from(job.memory))?;
            for place in group.tensors {
                let range = self.index.tensors()[place].file_range();
                if !range.is_empty() {
                    let start = usize::try_from(range.start - group.file_range.start).expect("in memory");
                    places[place] = Some((buffer.clone_ref(py), group.lead + start));
                }
            }
        }
        Ok(places)
    }
}

enum Opened {
    Plain(File),
    Sealed(Opener<File>),
}

fn open(path: &Path) -> Result<Opened, Error> {
    let file = open_regular(path)?;
    let sealed_len = file.metadata()?.len();
    match Opener::new(file.try_clone()?, sealed_len) {
        Ok(opener) => Ok(Opened::Sealed(opener)),
        Err(envelope::Error::Format(format::Error::NotSealed)) => Ok(Opened::Plain(file)),
        Err(error) => Err(error.into()),
    }
}

impl Source {
    fn index(&self) -> Result<Safetensors, Error> {
        Ok(match self {
            Self::Plain(file) => Safetensors::read(file, file.metadata()?.len())?,
            Self::Sealed(reader) => Safetensors::read(&**reader, reader.len())?,
        })
    }

    /// Fills `bytes` from `offset` on, on all threads of the pool.
    fn read_into(&self, bytes: &mut [u8], offset: u64, progress: &dyn Progress) -> Result<(), Error> {
        match self {
            Self::Plain(file) => Ok(file.par_read_exact_at(bytes, offset)?),
            Self::Sealed(reader) => Ok(reader.open_range_into(bytes, offset, progress)?),
        }
    }
}

impl ReadAt for Source {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read_at(buffer, offset),
            Self::Sealed(reader) => reader.read_at(buffer, offset),
        }
    }

    fn par_read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.par_read_exact_at(buffer, offset),
            Self::Sealed(reader) => reader.par_read_exact_at(buffer, offset),
        }
    }
}

/// A range of the file on its way into memory.
struct Job {
    memory: Memory,
    lead: usize,
    offset: u64,
}

impl Job {
    fn read(&mut self, source: &Source, progress: &dyn Progress) -> Result<(), Error> {
        source.read_into(&mut self.memory.bytes_mut()[self.lead..], self.offset, progress)
    }
}

/// Does all jobs, some at a time, until one fails.
fn read_jobs(jobs: &[Mutex<Job>], source: &Source, progress: &dyn Progress) -> Result<(), Error> {
    let first_error = Mutex::new(None);
    for_each_at_once(jobs, |job| {
        let has_failed = || lock(&first_error).is_some();
        if !progress.is_cancelled()
            && !has_failed()
            && let Err(error) = lock(job).read(source, progress)
        {
            lock(&first_error).get_or_insert(error);
        }
    });
    first_error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

impl From<Taken> for Index {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::At(position) => Self::At(position),
            Taken::Range((start, stop, step)) => Self::Range { start, stop, step },
        }
    }
}

/// Does `work` with the GIL released, on the threads of the pool; what takes long heeds signals.
fn in_time<T: Send>(
    py: Python<'_>,
    byte_len: u64,
    work: impl FnOnce(&dyn Progress) -> T + Send,
) -> PyResult<T> {
    if byte_len >= LONG_WORK_LEN {
        return foreground::run(py, None, None, work);
    }
    if byte_len < POOLED_LEN {
        return Ok(py.detach(|| work(&Silent)));
    }
    let pool = pool::current(None)?;
    Ok(py.detach(|| pool.install(|| work(&Silent))))
}

/// Memory for so many bytes; `None` for none.
fn memory(len: u64) -> PyResult<Option<Memory>> {
    let no_memory = |_| PyMemoryError::new_err(format!("no memory for {len} bytes of tensors"));
    match usize::try_from(len) {
        Ok(0) => Ok(None),
        Ok(len) => Memory::zeroed(len).map(Some).map_err(no_memory),
        Err(_) => Err(no_memory(io::ErrorKind::OutOfMemory.into())),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on it is read on the threads of the pool.
const POOLED_LEN: u64 = 256 << 10;

/// From here on somebody may want to interrupt it.
const LONG_WORK_LEN: u64 = 64 << 20;
