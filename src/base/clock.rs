//! What time it is, and how it is written.

use std::time::{Instant, SystemTime};

use jiff::Timestamp;

/// Tells the time; tests pass one of their own.
pub trait Clock: Sync {
    /// The present.
    fn now(&self) -> SystemTime;

    /// The present by a clock that nobody sets.
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> SystemTime {
        (**self).now()
    }

    fn monotonic(&self) -> Instant {
        (**self).monotonic()
    }
}

/// Writes a time as RFC 3339 in UTC, to the second.
#[must_use]
pub fn to_rfc3339(time: SystemTime) -> String {
    let timestamp = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{timestamp:.0}")
}

/// Reads an RFC 3339 time; `None` if it is not one.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<SystemTime> {
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_survives_being_written_and_read() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        assert_eq!(to_rfc3339(time), "2026-09-21T14:13:20Z");
        assert_eq!(from_rfc3339("2026-09-21T14:13:20Z"), Some(time));
        assert_eq!(from_rfc3339("yesterday"), None);
    }
}
