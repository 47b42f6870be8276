//! Times as URLs carry them: whole seconds since 1970, up to the year 9999.

use std::time::{Duration, SystemTime};

use super::Error;

/// The seconds since 1970, the started one not counted.
pub(super) fn unix_seconds(time: SystemTime) -> Result<u64, Error> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| Error::Time)?;
    if since.as_secs() > LAST_SECOND { Err(Error::Time) } else { Ok(since.as_secs()) }
}

/// The time at which a second begins.
pub(super) fn from_unix(seconds: u64) -> Result<SystemTime, Error> {
    if seconds > LAST_SECOND {
        return Err(Error::Time);
    }
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).ok_or(Error::Time)
}

/// The full seconds of a life between 1 s and `longest`.
pub(super) fn whole_seconds(lifetime: Duration, longest: Duration) -> Result<u64, Error> {
    if lifetime.as_secs() == 0 || lifetime > longest {
        return Err(Error::Lifetime { asked: lifetime, longest });
    }
    Ok(lifetime.as_secs())
}

/// 9999-12-31T23:59:59Z, the last that RFC 3339 can write.
const LAST_SECOND: u64 = 253_402_300_799;
