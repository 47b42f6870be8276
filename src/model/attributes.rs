//! What a file has besides its bytes: mode, time of change, owner, extended attributes.

use std::fs::{File, FileTimes, Metadata};
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What to give a new file, besides what is copied from the old one as it stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes {
    /// Permission bits; the old file's if `None`. Setuid and setgid are dropped.
    pub(super) mode: Option<u32>,
    /// Time of last change; the old file's if `None`.
    pub(super) modified: Option<SystemTime>,
}

/// Carries owner, extended attributes, mode and time from `from` to `to`, as far as the user may. Returns
/// what could not be carried.
pub(super) fn carry(from: &File, to: &File, attributes: Attributes) -> io::Result<Vec<String>> {
    let metadata = from.metadata()?;
    let mut notices = Vec::new();
    // The owner first: a change of owner may clear mode bits and attributes.
    let owner = carry_owner(&metadata, to)?;
    if owner == Owner::Changed {
        notices.push("owner and group could not be carried".into());
    }
    notices.extend(carry_xattrs(from, to, owner));
    set_mode(&metadata, to, attributes.mode, owner)?;
    if let Some(modified) = attributes.modified.or_else(|| metadata.modified().ok()) {
        to.set_times(FileTimes::new().set_modified(modified))?;
    }
    Ok(notices)
}

/// Carries owner and mode of what is at hand for a file as it stands, as far as the user may.
pub(super) fn carry_owner_and_mode(from: &Metadata, to: &File) -> io::Result<()> {
    let owner = carry_owner(from, to)?;
    set_mode(from, to, None, owner)
}

/// The permission bits that are sealed with a file.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other platforms have none")]
pub(super) fn mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
pub(super) fn mode(_: &Metadata) -> Option<u32> {
    None
}

/// The time of change as it is sealed with a file.
pub(super) fn mtime_ns(metadata: &Metadata) -> Option<i128> {
    let modified = metadata.modified().ok()?;
    let nanoseconds = |duration: Duration| i128::try_from(duration.as_nanos()).ok();
    match modified.duration_since(UNIX_EPOCH) {
        Ok(since) => nanoseconds(since),
        Err(before) => nanoseconds(before.duration()).map(|nanoseconds| -nanoseconds),
    }
}

/// The time that was sealed, if the platform can hold it.
pub(super) fn time_of(mtime_ns: i128) -> Option<SystemTime> {
    let magnitude = mtime_ns.unsigned_abs();
    let seconds = u64::try_from(magnitude / 1_000_000_000).ok()?;
    let nanoseconds = u32::try_from(magnitude % 1_000_000_000).ok()?;
    let distance = Duration::new(seconds, nanoseconds);
    if mtime_ns < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Kept,
    Changed,
}

#[cfg(unix)]
fn carry_owner(from: &Metadata, to: &File) -> io::Result<Owner> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let now = to.metadata()?;
    if (now.uid(), now.gid()) == (from.uid(), from.gid()) {
        return Ok(Owner::Kept);
    }
    // The group alone may be ours to give where the owner is not.
    if fchown(to, Some(from.uid()), Some(from.gid())).is_ok() {
        return Ok(Owner::Kept);
    }
    let _ = fchown(to, None, Some(from.gid()));
    Ok(Owner::Changed)
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
fn carry_owner(_: &Metadata, _: &File) -> io::Result<Owner> {
    Ok(Owner::Kept)
}

#[cfg(unix)]
fn set_mode(from: &Metadata, to: &File, mode: Option<u32>, owner: Owner) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = mode.unwrap_or_else(|| from.permissions().mode()) & 0o777;
    // Under another owner or group the same bits let other people in: only the owner's own are kept.
    let mode = if owner == Owner::Changed { mode & 0o700 } else { mode };
    to.set_permissions(PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(from: &Metadata, to: &File, _: Option<u32>, _: Owner) -> io::Result<()> {
    to.set_permissions(from.permissions())
}

#[cfg(unix)]
fn carry_xattrs(from: &File, to: &File, owner: Owner) -> Vec<String> {
    use xattr::FileExt;
    let Ok(names) = from.list_xattr() else { return Vec::new() };
    let mut notices = Vec::new();
    for name in names {
        // A capability is like setuid; an access list names people of the old owner's choice.
        let text = name.to_string_lossy();
        if text == "security.capability" || (owner == Owner::Changed && text.starts_with("system.posix_acl"))
        {
            continue;
        }
        let carried = from.get_xattr(&name).and_then(|value| match value {
            Some(value) if to.get_xattr(&name).ok().flatten().as_ref() == Some(&value) => Ok(()),
            Some(value) => to.set_xattr(&name, &value),
            None => Ok(()),
        });
        if let Err(error) = carried {
            notices.push(format!("the extended attribute `{text}` could not be carried: {error}"));
        }
    }
    notices
}

#[cfg(not(unix))]
fn carry_xattrs(_: &File, _: &File, _: Owner) -> Vec<String> {
    Vec::new()
}
