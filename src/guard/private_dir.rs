//! A directory for a few secrets that a program reads from files.

use std::path::Path;

use super::Error;
use super::lease::{Lease, is_leased_name};
use super::place::Place;
use super::sweep::sweep_all;

/// A directory in memory (a tmpfs) that only this user can enter, removed with all it holds when it is dropped. One
/// whose process was killed is removed by [`sweep`](super::sweep()) and by the next that is made.
#[derive(Debug)]
pub struct PrivateDir(Lease);

impl PrivateDir {
    /// Makes one in the usual place with the most room.
    pub fn in_memory() -> Result<Self, Error> {
        let parent = Place::Tmpfs(None).parent()?;
        // What cannot be removed is somebody else's trouble.
        sweep_all(&[]);
        Lease::create_in(&parent).map(Self).map_err(Error::io("making a directory in", &parent))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Whether a directory of this name may be one, or may have been.
    #[must_use]
    pub fn is_name_of_one(path: &Path) -> bool {
        is_leased_name(path)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_private_and_gone_when_it_is_dropped() {
        let dir = PrivateDir::in_memory().unwrap();
        let path = dir.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
        assert!(PrivateDir::is_name_of_one(&path) && !PrivateDir::is_name_of_one(Path::new("/dev/shm")));
        fs::write(path.join("0"), "x").unwrap();
        assert!(PrivateDir::in_memory().unwrap().path() != path, "a living one stays");
        assert!(path.join("0").exists());
        drop(dir);
        assert!(!path.exists());
    }
}
