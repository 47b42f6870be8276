//! `PresignCache`: signed URLs that are handed out again. A thread that waits for another's URL does so without
//! the GIL, for that other may be in Python meanwhile, asking for a credential.

use std::cell::RefCell;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use modelcrypt::presign::{self, CachePolicy, Error, Fingerprint, UrlSource};
use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::pyclass::{PyTraverseError, PyVisit};

use crate::error::raised;
use crate::s3_signer::{ObjectRequest, S3Signer};
use crate::signed_url::SignedUrl;

/// Keeps signed URLs, to hand each out until too little of its life is left.
#[pyclass(frozen, module = "modelcrypt._modelcrypt")]
pub(crate) struct PresignCache {
    source: Source,
    policy: CachePolicy,
    /// Taken with the GIL held and given back before, so that no fork finds it taken.
    kept: Mutex<(u32, Arc<Kept>)>,
}

/// Who signs.
#[derive(FromPyObject)]
pub(crate) enum Source {
    One(Py<S3Signer>),
    /// A function that gives the signer of the moment.
    Asked(Py<PyAny>),
}

/// What belongs to one process.
struct Kept {
    cache: presign::PresignCache,
    /// The signer that the function gave last.
    last: Mutex<Option<Fingerprint>>,
}

#[pymethods]
impl PresignCache {
    #[new]
    fn new(source: Source, lifetime: Duration, min_remaining: Option<Duration>, capacity: usize) -> Self {
        let mut policy = CachePolicy::new(lifetime).with_capacity(capacity);
        if let Some(min_remaining) = min_remaining {
            policy = policy.with_min_remaining(min_remaining);
        }
        Self { source, policy, kept: Mutex::new((process::id(), Kept::new(policy))) }
    }

    fn url(&self, py: Python<'_>, request: &ObjectRequest) -> PyResult<SignedUrl> {
        let kept = self.kept();
        if is_asking(&kept) {
            return Err(PyRuntimeError::new_err("a signer is asked for, and asks the same cache for a URL"));
        }
        loop {
            let asking = Asking { source: &self.source, kept: &kept, has_asked: AtomicBool::new(false) };
            let error = match py.detach(|| kept.cache.url(&asking, request.request())) {
                Ok(url) => return Ok(url.into()),
                Err(error) => error,
            };
            let Some(raised_there) = python_error(py, &error) else { return Err(raised(py, error)) };
            // Whoever was interrupted while others waited was interrupted alone.
            if asking.has_asked.into_inner() || raised_there.is_instance_of::<PyException>(py) {
                return Err(raised_there);
            }
        }
    }

    fn invalidate(&self, py: Python<'_>) {
        let kept = self.kept();
        py.detach(|| kept.cache.invalidate(&Asking::nobody(&self.source, &kept)));
    }

    fn sweep(&self, py: Python<'_>) -> usize {
        let kept = self.kept();
        py.detach(|| kept.cache.sweep())
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        let kept = self.kept();
        py.detach(|| kept.cache.len())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.source {
            Source::One(signer) => visit.call(signer),
            Source::Asked(function) => visit.call(function),
        }
    }
}

impl PresignCache {
    fn kept(&self) -> Arc<Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != process::id() {
            let parents = std::mem::replace(&mut *kept, (process::id(), Kept::new(self.policy)));
            // Forgotten, not dropped: a thread that is not here may have been changing it when this process began.
            std::mem::forget(parents);
        }
        Arc::clone(&kept.1)
    }
}

impl Kept {
    fn new(policy: CachePolicy) -> Arc<Self> {
        Arc::new(Self { cache: presign::PresignCache::new(policy), last: Mutex::new(None) })
    }
}

/// One call's view of the source.
struct Asking<'c> {
    source: &'c Source,
    kept: &'c Arc<Kept>,
    /// Whether it was this call that asked the function.
    has_asked: AtomicBool,
}

impl<'c> Asking<'c> {
    fn nobody(source: &'c Source, kept: &'c Arc<Kept>) -> Self {
        Self { source, kept, has_asked: AtomicBool::new(false) }
    }

    /// Asks the function; URLs of the signer before are dropped.
    fn ask(&self, function: &Py<PyAny>) -> Result<Arc<presign::S3Signer>, Error> {
        self.has_asked.store(true, Ordering::Relaxed);
        let asked = Python::attach(|py| {
            let _asked = Asked::begin(self.kept);
            let signer = function.call0(py)?;
            Ok::<_, PyErr>(signer.bind(py).cast::<S3Signer>()?.get().shared())
        });
        let signer = asked.map_err(|error| Error::Source(Arc::new(error)))?;
        let last = lock(&self.kept.last).replace(signer.fingerprint());
        if last.is_some_and(|last| last != signer.fingerprint()) {
            self.kept.cache.invalidate(self);
        }
        Ok(signer)
    }
}

impl UrlSource for Asking<'_> {
    fn fingerprint(&self) -> Fingerprint {
        match self.source {
            Source::One(signer) => signer.get().shared().fingerprint(),
            // One for all that it gives: a change is seen when it is asked.
            Source::Asked(_) => Fingerprint::of(&[b"asked"]),
        }
    }

    fn sign(
        &self,
        request: &presign::ObjectRequest,
        lifetime: Duration,
        now: SystemTime,
    ) -> Result<presign::SignedUrl, Error> {
        match self.source {
            Source::One(signer) => signer.get().shared().presign(request, lifetime, now),
            Source::Asked(function) => self.ask(function)?.presign(request, lifetime, now),
        }
    }
}

/// Marks that this thread is in the function of a cache, until it is dropped.
struct Asked;

impl Asked {
    fn begin(kept: &Arc<Kept>) -> Self {
        ASKING.with_borrow_mut(|asking| asking.push(Arc::as_ptr(kept)));
        Self
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        ASKING.with_borrow_mut(|asking| asking.truncate(asking.len() - 1));
    }
}

fn is_asking(kept: &Arc<Kept>) -> bool {
    ASKING.with_borrow(|asking| asking.contains(&Arc::as_ptr(kept)))
}

/// What the function has raised.
fn python_error(py: Python<'_>, error: &Error) -> Option<PyErr> {
    match error {
        Error::Source(source) => Some(source.downcast_ref::<PyErr>()?.clone_ref(py)),
        _ => None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static ASKING: RefCell<Vec<*const Kept>> = const { RefCell::new(Vec::new()) };
}
