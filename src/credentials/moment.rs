//! Times as records carry them: RFC 3339 in UTC, to the second.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::{from_rfc3339, to_rfc3339};

/// A moment, to the second: what is read back equals what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(SystemTime);

impl Moment {
    /// The moment as a time of the system.
    #[must_use]
    pub fn time(self) -> SystemTime {
        self.0
    }

    /// The moment that is `after` later; the last there is, if there is none so late.
    #[must_use]
    pub fn plus(self, after: Duration) -> Self {
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_SECOND);
        Self::from(self.0.checked_add(after).unwrap_or(last).min(last))
    }
}

impl From<SystemTime> for Moment {
    /// Drops the fraction of a second; what lies before 1970 becomes its first second.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        Self(SystemTime::UNIX_EPOCH + Duration::from_secs(since.min(LAST_SECOND)))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_rfc3339(self.0))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let time = from_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))?;
        Ok(Self::from(time))
    }
}

/// 9999-12-30T22:00:00Z: the last that a timestamp here can hold.
const LAST_SECOND: u64 = 253_402_207_200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_being_written_and_read() {
        let past = SystemTime::UNIX_EPOCH - Duration::from_secs(9);
        for time in [SystemTime::UNIX_EPOCH, SystemTime::now(), past] {
            let moment = Moment::from(time);
            let text = serde_json::to_string(&moment).unwrap();
            assert_eq!(serde_json::from_str::<Moment>(&text).unwrap(), moment, "{text}");
        }
        let last = Moment::from(SystemTime::now()).plus(Duration::MAX);
        let text = serde_json::to_string(&last).unwrap();
        assert_eq!(serde_json::from_str::<Moment>(&text).unwrap(), last, "{text}");
        assert!(serde_json::from_str::<Moment>("\"soon\"").is_err());
    }
}
