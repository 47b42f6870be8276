//! URLs are handed out again while enough of their life is left, whatever clocks and threads do.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use modelcrypt::base::{Clock, SecretText};
use modelcrypt::presign::{
    AwsCredentials, CachePolicy, Endpoint, Error, Fingerprint, ObjectRequest, PresignCache, Region, S3Signer,
    SignedUrl, UrlSource,
};

const HOUR: Duration = Duration::from_secs(3600);
const START: u64 = 1_790_000_000;

#[test]
fn a_url_is_handed_out_until_too_little_of_its_life_is_left() {
    let (source, clock) = (Source::new("AKID"), TestClock::default());
    let cache = PresignCache::with_clock(CachePolicy::new(HOUR), &clock);
    let first = cache.url(&source, &request("a")).unwrap();
    clock.pass(3600 - 360);
    assert!(Arc::ptr_eq(&first, &cache.url(&source, &request("a")).unwrap()));
    clock.pass(1);
    let second = cache.url(&source, &request("a")).unwrap();
    assert_eq!(second.life_left(clock.now()), HOUR);
    assert_eq!(source.count(), 2);
}

#[test]
fn the_least_remaining_life_is_60_s_or_a_tenth_or_half() {
    for (lifetime, last_hit) in [(7200, 7200 - 720), (300, 240), (60, 30)] {
        let (source, clock) = (Source::new("AKID"), TestClock::default());
        let cache = PresignCache::with_clock(CachePolicy::new(Duration::from_secs(lifetime)), &clock);
        cache.url(&source, &request("a")).unwrap();
        clock.pass(last_hit);
        cache.url(&source, &request("a")).unwrap();
        assert_eq!(source.count(), 1, "{lifetime}");
        clock.pass(1);
        cache.url(&source, &request("a")).unwrap();
        assert_eq!(source.count(), 2, "{lifetime}");
    }
}

#[test]
fn whatever_differs_has_a_url_of_its_own() {
    let (source, cache) = (Source::new("AKID"), PresignCache::new(CachePolicy::new(HOUR)));
    let get = || request("a");
    let requests = [
        get(),
        request("b"),
        ObjectRequest::put("models", "a").unwrap(),
        ObjectRequest::get("other", "a").unwrap(),
        get().version("1").unwrap(),
        get().version("2").unwrap(),
        get().header("range", "bytes=0-1").unwrap(),
        get().header("range", "bytes=0-2").unwrap(),
        get().query("response-content-type", "a/b").unwrap(),
    ];
    let urls: Vec<_> = requests.iter().map(|request| cache.url(&source, request).unwrap()).collect();
    for (index, url) in urls.iter().enumerate() {
        assert!(Arc::ptr_eq(url, &cache.url(&source, &requests[index]).unwrap()));
        assert!(urls[..index].iter().all(|other| other.expose() != url.expose()));
    }
    assert_eq!((source.count(), cache.len()), (requests.len(), requests.len()));
}

#[test]
fn a_new_credential_has_new_urls() {
    let cache = PresignCache::new(CachePolicy::new(HOUR));
    let with = |id: &str, secret: &str, token: Option<&str>, end: Option<SystemTime>| {
        let mut credentials = AwsCredentials::new(id, SecretText::new(secret.into())).unwrap();
        if let Some(token) = token {
            credentials = credentials.with_token(SecretText::new(token.into())).unwrap();
        }
        if let Some(end) = end {
            credentials = credentials.with_expiry(end);
        }
        let region = Region::parse("eu-west-1").unwrap();
        S3Signer::new(Endpoint::aws(&region).unwrap(), region, credentials)
    };
    let end = SystemTime::now() + 24 * HOUR;
    let signers = [
        with("A", "s", None, None),
        with("B", "s", None, None),
        with("A", "t", None, None),
        with("A", "s", Some("x"), None),
        with("A", "s", Some("y"), None),
        with("A", "s", Some("y"), Some(end)),
    ];
    for (index, signer) in signers.iter().enumerate() {
        cache.url(signer, &request("a")).unwrap();
        assert_eq!(cache.len(), index + 1);
    }
    let old = cache.url(&signers[0], &request("a")).unwrap();
    cache.invalidate(&signers[0]);
    assert_eq!(cache.len(), signers.len() - 1);
    assert!(!Arc::ptr_eq(&old, &cache.url(&signers[0], &request("a")).unwrap()));
}

#[test]
fn a_credential_that_ends_soon_gives_an_error_and_no_short_url() {
    let clock = TestClock::default();
    let credentials = AwsCredentials::new("AKID", SecretText::new(b"s".to_vec())).unwrap();
    let region = Region::parse("eu-west-1").unwrap();
    let end = clock.now() + Duration::from_secs(400);
    let signer = S3Signer::new(Endpoint::aws(&region).unwrap(), region, credentials.with_expiry(end));
    let cache = PresignCache::with_clock(CachePolicy::new(HOUR), &clock);
    assert_eq!(cache.url(&signer, &request("a")).unwrap().expires_at(), end);
    clock.pass(41);
    let refused = cache.url(&signer, &request("a"));
    assert!(matches!(refused, Err(Error::TooLittleLife { .. })), "{refused:?}");
}

#[test]
fn a_source_whose_urls_live_too_short_is_asked_once() {
    let source = Source::new("AKID");
    let cache = PresignCache::new(CachePolicy::new(HOUR).with_min_remaining(2 * HOUR));
    let refused = cache.url(&source, &request("a"));
    assert!(matches!(refused, Err(Error::TooLittleLife { .. })), "{refused:?}");
    assert_eq!(source.count(), 1);
}

#[test]
fn a_clock_that_jumps_gives_no_url_a_longer_life() {
    let (source, clock) = (Source::new("AKID"), TestClock::default());
    let cache = PresignCache::with_clock(CachePolicy::new(HOUR), &clock);
    let first = cache.url(&source, &request("a")).unwrap();
    // Set back: the URL begins in the future.
    clock.set_by(-7200);
    assert!(!Arc::ptr_eq(&first, &cache.url(&source, &request("a")).unwrap()));
    // Set forward again: that one has expired.
    clock.set_by(7200);
    let third = cache.url(&source, &request("a")).unwrap();
    assert_eq!(third.life_left(clock.now()), HOUR);
    // Set back by less than has passed: the clock says that much is left, the time that passed does not.
    clock.pass(3500);
    clock.set_by(-3000);
    assert!(third.life_left(clock.now()) > Duration::from_secs(3000));
    assert!(!Arc::ptr_eq(&third, &cache.url(&source, &request("a")).unwrap()));
    assert_eq!(source.count(), 4);
}

#[test]
fn a_full_cache_drops_what_ends_first_and_a_sweep_what_has_ended() {
    let (source, clock) = (Source::new("AKID"), TestClock::default());
    let cache = PresignCache::with_clock(CachePolicy::new(HOUR).with_capacity(16), &clock);
    for number in 0..100 {
        cache.url(&source, &request(&number.to_string())).unwrap();
        clock.pass(1);
        assert!(cache.len() <= 16, "{}", cache.len());
    }
    let before = source.count();
    cache.url(&source, &request("99")).unwrap();
    assert_eq!(source.count(), before, "the newest is still there");
    cache.url(&source, &request("0")).unwrap();
    assert_eq!(source.count(), before + 1, "the oldest is not");
    clock.pass(3600);
    assert_eq!(cache.sweep(), 0);
    // It sweeps by itself when others come in.
    cache.url(&source, &request("a")).unwrap();
    clock.pass(3601);
    cache.url(&source, &request("b")).unwrap();
    assert_eq!(cache.len(), 1);
}

#[test]
fn a_source_that_fails_is_asked_again_and_never_twice_at_once() {
    let source = Source::new("AKID");
    source.fails.store(true, Ordering::SeqCst);
    let cache = PresignCache::new(CachePolicy::new(HOUR));
    let barrier = Barrier::new(32);
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                barrier.wait();
                let refused = cache.url(&source, &request("a"));
                assert!(matches!(refused, Err(Error::Source(_))), "{refused:?}");
            });
        }
    });
    assert_eq!(source.busiest(), 1);
    source.fails.store(false, Ordering::SeqCst);
    assert!(cache.url(&source, &request("a")).is_ok());
    assert_eq!(cache.sweep(), 1);
}

#[test]
fn a_source_that_panics_blocks_nobody() {
    let source = Source::new("AKID");
    let cache = PresignCache::new(CachePolicy::new(HOUR));
    source.panics.store(true, Ordering::SeqCst);
    let panicked = thread::scope(|scope| scope.spawn(|| cache.url(&source, &request("a"))).join());
    assert!(panicked.is_err());
    source.panics.store(false, Ordering::SeqCst);
    assert!(cache.url(&source, &request("a")).is_ok());
}

/// 64 threads ask for 4 URLs while the clock jumps both ways and URLs are swept, dropped and invalidated.
#[test]
fn no_url_is_short_lived_and_none_is_refreshed_twice_at_once() {
    let clock = TestClock::default();
    let source = Source::new("AKID");
    let policy = CachePolicy::new(HOUR).with_capacity(3);
    let cache = PresignCache::with_clock(policy, &clock);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..400 {
                let jump = [1, 3000, -3000, 86_400, -86_400, 3599, -1, 600][round % 8];
                clock.set_by(jump);
                clock.pass([0, 1, 0, 1800][round % 4]);
                match round % 5 {
                    0 => drop(cache.sweep()),
                    1 => cache.invalidate(&source),
                    _ => {}
                }
                thread::yield_now();
            }
            is_over.store(true, Ordering::SeqCst);
        });
        for thread in 0..64 {
            let (cache, source, is_over) = (&cache, &source, &is_over);
            scope.spawn(move || {
                let mut round = thread;
                while !is_over.load(Ordering::SeqCst) {
                    round += 1;
                    // A clock that jumped at each of several attempts is told, not hidden.
                    let Ok(url) = cache.url(source, &request(&(round % 4).to_string())) else { continue };
                    let left = url.life_left(LAST_SEEN.get().unwrap());
                    assert!(left >= Duration::from_secs(360), "{left:?}");
                }
            });
        }
    });
    assert_eq!(source.busiest(), 1);
    assert!(source.count() > 4);
    assert!(cache.len() <= 3 + 64);
}

thread_local! {
    /// What the clock said last in this thread: the time at which the cache let the URL go.
    static LAST_SEEN: Cell<Option<SystemTime>> = const { Cell::new(None) };
}

/// A clock that is set and passes as it is told.
struct TestClock(Mutex<(i64, Instant)>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Mutex::new((START.cast_signed(), Instant::now())))
    }
}

impl TestClock {
    fn set_by(&self, seconds: i64) {
        self.0.lock().unwrap().0 += seconds;
    }

    fn pass(&self, seconds: u64) {
        let mut times = self.0.lock().unwrap();
        times.0 += seconds.cast_signed();
        times.1 += Duration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        let seconds = self.0.lock().unwrap().0;
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.cast_unsigned());
        LAST_SEEN.set(Some(now));
        now
    }

    fn monotonic(&self) -> Instant {
        self.0.lock().unwrap().1
    }
}

/// Signs, and counts how often and how many at once for the same key.
struct Source {
    signer: S3Signer,
    count: AtomicUsize,
    at_once: Mutex<HashMap<ObjectRequest, usize>>,
    busiest: AtomicUsize,
    fails: AtomicBool,
    panics: AtomicBool,
}

impl Source {
    fn new(id: &str) -> Self {
        let credentials = AwsCredentials::new(id, SecretText::new(b"secret".to_vec())).unwrap();
        let region = Region::parse("eu-west-1").unwrap();
        Self {
            signer: S3Signer::new(Endpoint::aws(&region).unwrap(), region, credentials),
            count: AtomicUsize::new(0),
            at_once: Mutex::default(),
            busiest: AtomicUsize::new(0),
            fails: AtomicBool::new(false),
            panics: AtomicBool::new(false),
        }
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    fn busiest(&self) -> usize {
        self.busiest.load(Ordering::SeqCst)
    }
}

impl UrlSource for Source {
    fn fingerprint(&self) -> Fingerprint {
        self.signer.fingerprint()
    }

    fn sign(&self, request: &ObjectRequest, lifetime: Duration, now: SystemTime) -> Result<SignedUrl, Error> {
        assert!(!self.panics.load(Ordering::SeqCst), "the source panics");
        self.count.fetch_add(1, Ordering::SeqCst);
        let at_once = {
            let mut at_once = self.at_once.lock().unwrap();
            let at_once = at_once.entry(request.clone()).or_default();
            *at_once += 1;
            *at_once
        };
        self.busiest.fetch_max(at_once, Ordering::SeqCst);
        thread::yield_now();
        let signed = if self.fails.load(Ordering::SeqCst) {
            Err(Error::Source(Arc::new(std::io::Error::other("the token service is away"))))
        } else {
            self.signer.presign(request, lifetime, now)
        };
        *self.at_once.lock().unwrap().get_mut(request).unwrap() -= 1;
        signed
    }
}

fn request(key: &str) -> ObjectRequest {
    ObjectRequest::get("models", key).unwrap()
}
