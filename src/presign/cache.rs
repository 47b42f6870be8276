//! Hands signed URLs out again while enough of their life is left.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime};

use super::Error;
use super::cache_slot::Slot;
use super::credentials::Fingerprint;
use super::object::ObjectRequest;
use super::s3_signer::S3Signer;
use super::signed_url::SignedUrl;
use crate::base::{Clock, SystemClock};

/// Signs what the cache does not have: an [`S3Signer`], or something that asks for a credential first.
pub trait UrlSource {
    /// Tells servers and credentials apart. A URL is handed out again only for the fingerprint it was signed under, so that
    /// a new credential has new URLs.
    fn fingerprint(&self) -> Fingerprint;

    /// Signs a URL that is valid from `now` for `lifetime`, or less.
    fn sign(&self, request: &ObjectRequest, lifetime: Duration, now: SystemTime) -> Result<SignedUrl, Error>;
}

impl UrlSource for S3Signer {
    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint()
    }

    fn sign(&self, request: &ObjectRequest, lifetime: Duration, now: SystemTime) -> Result<SignedUrl, Error> {
        self.presign(request, lifetime, now)
    }
}

/// How long URLs live, how much of it is left when they are handed out, and how many are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachePolicy {
    lifetime: Duration,
    min_remaining: Duration,
    capacity: usize,
}

impl CachePolicy {
    /// URLs of this life, of which the larger of 60 s and a tenth, but no more than half, is left when they are handed out;
    /// 10,000 of them.
    #[must_use]
    pub fn new(lifetime: Duration) -> Self {
        let min_remaining = DEFAULT_MIN_REMAINING.max(lifetime / 10).min(lifetime / 2);
        Self { lifetime, min_remaining, capacity: DEFAULT_CAPACITY }
    }

    /// The same with another life that has to be left. If that is all of it, no URL is good enough.
    #[must_use]
    pub fn with_min_remaining(mut self, min_remaining: Duration) -> Self {
        self.min_remaining = min_remaining;
        self
    }

    /// The same with another number of URLs, of which there is always one.
    #[must_use]
    pub fn with_capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity.max(1);
        self
    }
}

/// Keeps signed URLs, to hand each out until too little of its life is left. For many threads at once: one of them signs,
/// the others that want the same wait for it, and nobody waits for another URL.
///
/// The URLs stay in memory and are wiped when they are dropped.
pub struct PresignCache<C: Clock = SystemClock> {
    kept: RwLock<Kept>,
    policy: CachePolicy,
    clock: C,
}

struct Kept {
    slots: Slots,
    swept_at: Instant,
}

type Slots = HashMap<Fingerprint, HashMap<ObjectRequest, Arc<Slot>>>;

impl PresignCache {
    /// An empty one.
    #[must_use]
    pub fn new(policy: CachePolicy) -> Self {
        Self::with_clock(policy, SystemClock)
    }
}

impl<C: Clock> PresignCache<C> {
    /// An empty one with a clock of its own.
    #[must_use]
    pub fn with_clock(policy: CachePolicy, clock: C) -> Self {
        let kept = Kept { slots: HashMap::new(), swept_at: clock.monotonic() };
        Self { kept: RwLock::new(kept), policy, clock }
    }

    /// A URL for `request` of which at least the least remaining life is left; from `source` if there is none here. An
    /// error if `source` gives one that lives too short.
    pub fn url(
        &self,
        source: &(impl UrlSource + ?Sized),
        request: &ObjectRequest,
    ) -> Result<Arc<SignedUrl>, Error> {
        let wanted = self.policy.min_remaining;
        let fingerprint = source.fingerprint();
        let found = self.read().slots.get(&fingerprint).and_then(|slots| slots.get(request).cloned());
        if let Some(url) = found.as_ref().and_then(|slot| slot.usable(wanted, &self.clock)) {
            return Ok(url);
        }
        let slot = found.unwrap_or_else(|| self.slot(fingerprint, request));
        slot.usable_or_refreshed(wanted, &self.clock, |now| source.sign(request, self.policy.lifetime, now))
    }

    /// Drops every URL of a source: its credential was replaced, or got into wrong hands. One that is being signed
    /// meanwhile still goes to who asked for it, and to nobody after.
    pub fn invalidate(&self, source: &(impl UrlSource + ?Sized)) {
        let mut kept = self.write();
        if let Some(slots) = kept.slots.get(&source.fingerprint()) {
            for slot in slots.values() {
                slot.forget();
            }
        }
        self.drop_unusable(&mut kept);
    }

    /// Drops the URLs that are not handed out any more, and gives how many are left. Happens by itself too, when others
    /// come in.
    pub fn sweep(&self) -> usize {
        let mut kept = self.write();
        self.drop_unusable(&mut kept);
        count(&kept.slots)
    }

    /// How many URLs are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        count(&self.read().slots)
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slot of a request, made if there is none, with room made for it first.
    fn slot(&self, fingerprint: Fingerprint, request: &ObjectRequest) -> Arc<Slot> {
        let mut kept = self.write();
        let is_there = kept.slots.get(&fingerprint).is_some_and(|slots| slots.contains_key(request));
        let is_full = count(&kept.slots) >= self.policy.capacity;
        let is_due = self.clock.monotonic().saturating_duration_since(kept.swept_at) >= self.policy.lifetime;
        if !is_there && (is_full || is_due) {
            self.drop_unusable(&mut kept);
            self.drop_some(&mut kept.slots);
        }
        Arc::clone(kept.slots.entry(fingerprint).or_default().entry(request.clone()).or_default())
    }

    fn drop_unusable(&self, kept: &mut Kept) {
        kept.swept_at = self.clock.monotonic();
        retain_idle(&mut kept.slots, |slot| slot.is_usable(self.policy.min_remaining, &self.clock));
    }

    /// Drops, of a full cache, those that end first: an eighth of them, so that the next ones come in for nothing.
    fn drop_some(&self, slots: &mut Slots) {
        let excess = (count(slots) + 1).saturating_sub(self.policy.capacity);
        if excess == 0 {
            return;
        }
        let dropped = excess.max(self.policy.capacity / 8);
        let mut ends: Vec<_> =
            slots.values().flat_map(HashMap::values).filter_map(|slot| slot.expires_at()).collect();
        ends.sort_unstable();
        let Some(last) = ends.get(dropped.min(ends.len()).saturating_sub(1)).copied() else { return };
        let mut left_to_drop = dropped;
        retain_idle(slots, |slot| {
            let is_dropped = left_to_drop > 0 && slot.expires_at().is_some_and(|end| end <= last);
            left_to_drop -= usize::from(is_dropped);
            !is_dropped
        });
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock> fmt::Debug for PresignCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresignCache")
            .field("policy", &self.policy)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// Keeps what `is_kept`, and every slot that somebody is using: dropped from here, it could be refreshed twice at once.
fn retain_idle(slots: &mut Slots, mut is_kept: impl FnMut(&Slot) -> bool) {
    for slots in slots.values_mut() {
        slots.retain(|_, slot| Arc::strong_count(slot) > 1 || is_kept(slot));
    }
    slots.retain(|_, slots| !slots.is_empty());
}

fn count(slots: &Slots) -> usize {
    slots.values().map(HashMap::len).sum()
}

const DEFAULT_MIN_REMAINING: Duration = Duration::from_secs(60);
const DEFAULT_CAPACITY: usize = 10_000;
