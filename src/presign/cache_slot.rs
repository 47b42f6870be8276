//! One URL of the cache, and the turn to refresh it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::Error;
use super::signed_url::SignedUrl;
use crate::base::Clock;

/// What one request has been given, and the turn to give it another.
#[derive(Default)]
pub(super) struct Slot {
    current: Mutex<Current>,
    /// Held by the one that refreshes. What is in it is how the last turn ended.
    turn: Mutex<Option<Error>>,
    /// How many turns have ended.
    turns: AtomicU64,
}

#[derive(Default)]
struct Current {
    kept: Option<Kept>,
    /// How often what was here has been taken away.
    forgotten: u64,
}

/// A URL, and when it was put here by a clock that does not jump.
struct Kept {
    url: Arc<SignedUrl>,
    life: Duration,
    since: Instant,
}

impl Slot {
    /// The URL that is here, if `wanted` is left of it.
    pub(super) fn usable(&self, wanted: Duration, clock: &impl Clock) -> Option<Arc<SignedUrl>> {
        let current = lock(&self.current);
        let kept = current.kept.as_ref()?;
        if kept.life_left(clock) >= wanted { Some(Arc::clone(&kept.url)) } else { None }
    }

    /// The URL that is here if `wanted` is left of it, else what `sign` makes. Waits while somebody else refreshes it, and
    /// then shares what came of it, an error too.
    pub(super) fn usable_or_refreshed(
        &self,
        wanted: Duration,
        clock: &impl Clock,
        sign: impl Fn(SystemTime) -> Result<SignedUrl, Error>,
    ) -> Result<Arc<SignedUrl>, Error> {
        let ended_before = self.turns.load(Ordering::Acquire);
        let mut turn = lock(&self.turn);
        if let Some(url) = self.usable(wanted, clock) {
            return Ok(url);
        }
        // A turn that began after this call did has failed for this call too. One that ended meanwhile may have begun before.
        if self.turns.load(Ordering::Acquire) >= ended_before + 2
            && let Some(error) = turn.as_ref()
        {
            return Err(error.clone());
        }
        let refreshed = self.refresh(wanted, clock, sign);
        *turn = refreshed.as_ref().err().cloned();
        self.turns.fetch_add(1, Ordering::Release);
        refreshed
    }

    /// Whether `wanted` is left of the URL that is here.
    pub(super) fn is_usable(&self, wanted: Duration, clock: &impl Clock) -> bool {
        self.usable(wanted, clock).is_some()
    }

    /// When the URL that is here ends, to tell which ends first.
    pub(super) fn expires_at(&self) -> Option<SystemTime> {
        lock(&self.current).kept.as_ref().map(|kept| kept.url.expires_at())
    }

    /// Takes away the URL that is here, and the one that is just being signed.
    pub(super) fn forget(&self) {
        let mut current = lock(&self.current);
        current.kept = None;
        current.forgotten += 1;
    }

    fn refresh(
        &self,
        wanted: Duration,
        clock: &impl Clock,
        sign: impl Fn(SystemTime) -> Result<SignedUrl, Error>,
    ) -> Result<Arc<SignedUrl>, Error> {
        let forgotten = lock(&self.current).forgotten;
        let mut left = Duration::ZERO;
        for _ in 0..ATTEMPTS {
            let since = clock.monotonic();
            let url = Arc::new(sign(clock.now())?);
            let life = url.expires_at().duration_since(url.signed_at()).unwrap_or_default();
            let kept = Kept { url: Arc::clone(&url), life, since };
            left = kept.life_left(clock);
            // Signing may have taken long, and the clock may have jumped meanwhile.
            if left >= wanted {
                let mut current = lock(&self.current);
                if current.forgotten == forgotten {
                    current.kept = Some(kept);
                }
                return Ok(url);
            }
            // Another would live no longer, and a source may have to ask somebody for it.
            if life < wanted {
                break;
            }
        }
        Err(Error::TooLittleLife { left, wanted })
    }
}

impl Kept {
    /// What is left by either clock, whichever says less: one that was set back makes no URL live longer, and one that
    /// slept through a suspend does not either. Nothing is left of what was signed in the future.
    fn life_left(&self, clock: &impl Clock) -> Duration {
        let by_wall_clock = self.url.life_left(clock.now());
        let elapsed = clock.monotonic().saturating_duration_since(self.since);
        by_wall_clock.min(self.life.saturating_sub(elapsed))
    }
}

/// A panic of a source leaves what is behind the lock as it was.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that jumps at every attempt is not to be reckoned with.
const ATTEMPTS: usize = 4;
