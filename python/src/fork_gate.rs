//! What must be closed when the process forks. SQLite takes locks of its own for held in the child, which holds none
//! of them: an open vault would be damaged there. So before a fork everybody who works on one is waited for, and all
//! are closed; parent and child open them again when they need them.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use pyo3::prelude::*;

use crate::opened_stores::Stores;

/// Work that no fork comes into.
pub(crate) struct Entered {
    _gate: RwLockReadGuard<'static, ()>,
}

/// Begins such work; `None`: this thread is about to fork, and what it runs meanwhile opens nothing.
///
/// Never with the GIL: who is about to fork has the gate, and waits for the GIL. Never within such work: who is about
/// to fork and waits for its end is waited for by whoever enters.
pub(crate) fn enter() -> Option<Entered> {
    let is_forking = HELD.with_borrow(Option::is_some);
    (!is_forking).then(|| Entered { _gate: GATE.read().unwrap_or_else(PoisonError::into_inner) })
}

/// Has these stores closed before a fork. Within the gate.
pub(crate) fn watch(_: &Entered, stores: &Arc<Stores>) {
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    watched.retain(|stores| stores.strong_count() > 0);
    watched.push(Arc::downgrade(stores));
}

/// Takes note that the keyring is asked: its client has threads, which a fork does not take along.
pub(crate) fn ask_keyring() {
    HAS_ASKED_KEYRING.store(true, Ordering::Relaxed);
}

/// Whether this process was forked off from one that had asked the keyring.
pub(crate) fn keyring_is_lost() -> bool {
    KEYRING_IS_LOST.load(Ordering::Relaxed)
}

/// Waits for all work on stores and closes them; what would begin waits for the end of the fork.
#[pyfunction]
pub(crate) fn before_fork(py: Python<'_>) {
    py.detach(|| {
        let gate = GATE.write().unwrap_or_else(PoisonError::into_inner);
        let watched = std::mem::take(&mut *WATCHED.lock().unwrap_or_else(PoisonError::into_inner));
        // Their state is locked within the gate only: nobody has it.
        watched.iter().filter_map(Weak::upgrade).for_each(|stores| stores.let_go());
        HELD.with_borrow_mut(|held| *held = Some(gate));
    });
}

/// Lets work go on, in the parent.
#[pyfunction]
pub(crate) fn after_fork_in_parent() {
    HELD.with_borrow_mut(Option::take);
}

/// Lets work go on, in the child.
#[pyfunction]
pub(crate) fn after_fork_in_child() {
    if HAS_ASKED_KEYRING.load(Ordering::Relaxed) {
        KEYRING_IS_LOST.store(true, Ordering::Relaxed);
    }
    HELD.with_borrow_mut(Option::take);
}

static GATE: RwLock<()> = RwLock::new(());
static WATCHED: Mutex<Vec<Weak<Stores>>> = Mutex::new(Vec::new());
static HAS_ASKED_KEYRING: AtomicBool = AtomicBool::new(false);
static KEYRING_IS_LOST: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The gate, from before the fork until after it: the same thread calls all three.
    static HELD: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}
