//! Moments as they are typed.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use crate::base::from_rfc3339;
use crate::cli::args::Life;

/// A moment: itself, or how far it is from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum When {
    At(SystemTime),
    Away(Duration),
    Never,
}

impl When {
    /// The moment, which lies in the future if it is told by its distance.
    pub(in crate::cli) fn after(self, now: SystemTime) -> Option<SystemTime> {
        match self {
            Self::At(time) => Some(time),
            Self::Away(distance) => now.checked_add(distance),
            Self::Never => None,
        }
    }

    /// The moment, which lies in the past if it is told by its distance.
    pub(in crate::cli) fn before(self, now: SystemTime) -> Option<SystemTime> {
        match self {
            Self::At(time) => Some(time),
            Self::Away(distance) => now.checked_sub(distance),
            Self::Never => None,
        }
    }
}

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::Never);
        }
        if let Ok(life) = text.parse::<Life>() {
            return Ok(Self::Away(life.0));
        }
        // A day alone is its first moment in UTC.
        let day = || from_rfc3339(&format!("{text}T00:00:00Z"));
        let wanted = "neither a time like 2026-12-31 or 2026-12-31T12:00:00Z nor a distance like 90d";
        from_rfc3339(text).or_else(day).map(Self::At).ok_or(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_a_time_a_distance_or_never() {
        let day = SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_675_200);
        for (text, moment) in [
            ("2026-12-31", When::At(day)),
            ("2026-12-31T00:00:00Z", When::At(day)),
            ("2026-12-31T01:00:00+01:00", When::At(day)),
            ("90d", When::Away(Duration::from_secs(7_776_000))),
            ("never", When::Never),
        ] {
            assert_eq!(text.parse(), Ok(moment), "{text}");
        }
        for wrong in ["", "tomorrow", "90", "2026-13-01", "31.12.2026", "2026-12-31 12:00"] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_distance_goes_either_way_and_never_out_of_time() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_675_200);
        let hour = Duration::from_secs(3600);
        assert_eq!(When::Away(hour).after(now), Some(now + hour));
        assert_eq!(When::Away(hour).before(now), Some(now - hour));
        assert_eq!(When::Away(Duration::MAX).after(now), None);
    }
}
