//! A turnstile for the parts of the pipeline's work that must go in order.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Error;

/// A value that the groups pass through one after the other, in their order.
pub(super) struct InOrder<T> {
    state: Mutex<State<T>>,
    turn: Condvar,
}

struct State<T> {
    next: u64,
    broken: bool,
    value: T,
}

impl<T> InOrder<T> {
    pub(super) fn new(value: T) -> Self {
        Self { state: Mutex::new(State { next: 0, broken: false, value }), turn: Condvar::new() }
    }

    /// Waits until all groups before `index` have passed, then lets it at the value.
    pub(super) fn pass(&self, index: u64, visit: impl FnOnce(&mut T)) -> Result<(), Error> {
        let waiting = |state: &mut State<T>| state.next != index && !state.broken;
        let mut state =
            self.turn.wait_while(lock(&self.state), waiting).unwrap_or_else(PoisonError::into_inner);
        if state.broken {
            // Another worker has failed and its error is the one that counts.
            return Err(Error::Interrupted);
        }
        visit(&mut state.value);
        state.next += 1;
        drop(state);
        self.turn.notify_all();
        Ok(())
    }

    /// Whether `index` would pass at once, as far as can be told without waiting.
    pub(super) fn is_due(&self, index: u64) -> bool {
        self.state.try_lock().is_ok_and(|state| state.next == index)
    }

    /// Lets everybody go who waits, with an error.
    pub(super) fn break_off(&self) {
        lock(&self.state).broken = true;
        self.turn.notify_all();
    }

    pub(super) fn into_inner(self) -> T {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).value
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
