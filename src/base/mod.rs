//! What every other part stands on: secrets, randomness, time, positional I/O, files written beside
//! and then renamed, progress. Knows nothing of formats or keys.

mod atomic_file;
mod clock;
mod identity;
mod locked;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod mapping;
mod pieces;
mod positional;
mod progress;
mod random;
mod secret;
mod spread;

pub use atomic_file::{
    CLAIMED_PREFIX, TEMPORARY_PREFIX, Temporary, free_bytes, link_free_rename, open_regular, parent_dir,
    preallocate, rename_to_private, sync_dir,
};
pub use clock::{Clock, SystemClock, from_rfc3339, to_rfc3339};
pub use identity::Identity;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use mapping::Locked;
pub use pieces::pieces_mut;
pub use positional::{Durable, ReadAt, WriteAt};
pub use progress::{Progress, Silent};
pub use random::fill as fill_random;
pub use secret::{Secret, SecretText};
pub use spread::for_each_at_once;
