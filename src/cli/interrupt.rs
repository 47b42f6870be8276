//! SIGINT and SIGTERM: the first one asks the work to stop and tidy up, a second of its kind kills at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{SigId, flag};

/// The number of the signal that stopped the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interrupted(pub(super) u8);

/// Starts to watch for both. Where that cannot be done they kill at once, which loses nothing either.
pub(super) fn watch() {
    let watches = WATCHES.get_or_init(|| [SIGINT, SIGTERM].map(Watch::new));
    for watch in watches {
        let mut registered = watch.handlers.lock().unwrap_or_else(PoisonError::into_inner);
        if !registered.is_empty() {
            continue;
        }
        // Handlers run in the order of their registration: the first signal finds the door shut.
        let handlers = [
            flag::register_conditional_default(watch.signal, Arc::clone(&watch.kills)),
            flag::register(watch.signal, Arc::clone(&watch.kills)),
            flag::register(watch.signal, Arc::clone(&watch.received)),
        ];
        *registered = handlers.into_iter().flatten().collect();
    }
}

/// The number of the signal that came, if one did.
pub(super) fn signal() -> Option<u8> {
    let came = watches().find(|watch| watch.received.load(Ordering::SeqCst))?;
    u8::try_from(came.signal).ok()
}

/// From here on either signal kills at once: for work that has nothing to tidy up.
pub(super) fn let_signals_kill() -> Result<(), Interrupted> {
    for watch in watches() {
        watch.kills.store(true, Ordering::SeqCst);
    }
    signal().map_or(Ok(()), |signal| Err(Interrupted(signal)))
}

/// Has either signal kill while `wait` runs, which would not notice it.
pub(super) fn killable<T>(wait: impl FnOnce() -> T) -> Result<T, Interrupted> {
    let_signals_kill()?;
    let waited = wait();
    for watch in watches() {
        watch.kills.store(false, Ordering::SeqCst);
    }
    Ok(waited)
}

/// Stops to watch: until it is told to [`watch`] again, signals are somebody else's to handle.
#[cfg(unix)]
pub(super) fn hand_over() -> Result<(), Interrupted> {
    for watch in watches() {
        for id in watch.handlers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
    signal().map_or(Ok(()), |signal| Err(Interrupted(signal)))
}

struct Watch {
    signal: i32,
    handlers: Mutex<Vec<SigId>>,
    kills: Arc<AtomicBool>,
    received: Arc<AtomicBool>,
}

impl Watch {
    fn new(signal: i32) -> Self {
        Self { signal, handlers: Mutex::default(), kills: Arc::default(), received: Arc::default() }
    }
}

fn watches() -> impl Iterator<Item = &'static Watch> {
    WATCHES.get().into_iter().flatten()
}

static WATCHES: OnceLock<[Watch; 2]> = OnceLock::new();
