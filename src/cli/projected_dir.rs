//! A folder of files that all change at once, as the kubelet lays out a projected volume: names lead through the link
//! `..data` into a folder of one time.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use zeroize::Zeroizing;

use crate::base::{SecretText, fill_random, sync_dir};

/// What the files are to be, by their names.
pub(super) type Files = BTreeMap<String, SecretText>;

/// What became of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Projected {
    Changed,
    Unchanged,
}

/// A folder that one process at a time brings up to date.
pub(super) struct ProjectedDir {
    path: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
}

impl ProjectedDir {
    /// Makes the folder if it is not there, and waits until nobody else changes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let lock = File::open(path)?;
        if !lock.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        lock.lock()?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// A name that stands for something which is not ours.
    pub(super) fn foreign<'f>(&self, files: &'f Files) -> io::Result<Option<&'f str>> {
        for name in files.keys() {
            match fs::symlink_metadata(self.path.join(name)) {
                Ok(_) if self.is_our_link(name) => {}
                Ok(_) => return Ok(Some(name)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Makes `files` the set that is seen, in one step, and tidies up what killed runs have left.
    pub(super) fn project(&self, files: &Files) -> io::Result<Projected> {
        let current = self.current();
        if current.as_deref().is_some_and(|current| self.holds(current, files)) {
            self.link(files)?;
            self.tidy(current.as_deref(), files)?;
            return Ok(Projected::Unchanged);
        }
        let name = self.write(files).inspect_err(|_| {
            let _ = self.remove_sets_but(current.as_deref());
        })?;
        // Links to what is not in the present set lead nowhere until it is there, and those to what is not in the
        // new one lead nowhere from then on: at each moment what can be read is one of both sets.
        self.link(files)?;
        let temporary = self.path.join(DATA_TMP);
        remove_if_there(&temporary)?;
        symlink(&name, &temporary)?;
        fs::rename(&temporary, self.path.join(DATA))?;
        sync_dir(&self.path)?;
        self.tidy(Some(&name), files)?;
        Ok(Projected::Changed)
    }

    /// The name of the folder of the present set.
    fn current(&self) -> Option<String> {
        let name = fs::read_link(self.path.join(DATA)).ok()?.into_os_string().into_string().ok()?;
        is_of_a_time(&name).then_some(name)
    }

    /// Writes a new set beside the present one.
    fn write(&self, files: &Files) -> io::Result<String> {
        let mut random = [0; 8];
        fill_random(&mut random)?;
        let now = crate::base::to_rfc3339(std::time::SystemTime::now());
        let now = now.trim_end_matches('Z').replace(['-', ':', 'T'], "_");
        let name = format!("..{now}.{}", data_encoding::HEXLOWER.encode(&random));
        let dir = self.path.join(&name);
        DirBuilder::new().mode(0o700).create(&dir)?;
        for (name, value) in files {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(dir.join(name))?;
            file.write_all(value.expose())?;
            file.set_permissions(fs::Permissions::from_mode(MODE))?;
            file.sync_all()?;
        }
        sync_dir(&dir)?;
        Ok(name)
    }

    /// Whether the present set is this one, byte for byte.
    fn holds(&self, current: &str, files: &Files) -> bool {
        let dir = self.path.join(current);
        let same = |name: &String, value: &SecretText| -> io::Result<bool> {
            let file = crate::base::open_regular(&dir.join(name))?;
            if file.metadata()?.permissions().mode() & 0o7777 != MODE {
                return Ok(false);
            }
            let len = value.expose().len();
            let mut found = Zeroizing::new(Vec::with_capacity(len + 1));
            file.take(len as u64 + 1).read_to_end(&mut found)?;
            Ok(*found == value.expose())
        };
        let count = fs::read_dir(&dir).map_or(0, Iterator::count);
        count == files.len() && files.iter().all(|(name, value)| same(name, value).unwrap_or(false))
    }

    fn link(&self, files: &Files) -> io::Result<()> {
        for name in files.keys() {
            match symlink(Path::new(DATA).join(name), self.path.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && self.is_our_link(name) => {}
                done => done?,
            }
        }
        Ok(())
    }

    /// Removes links to what is not there any more, and every set but the present one.
    fn tidy(&self, current: Option<&str>, files: &Files) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name == DATA_TMP || (!files.contains_key(&name) && self.is_our_link(&name)) {
                remove_if_there(&entry.path())?;
            }
        }
        self.remove_sets_but(current)?;
        sync_dir(&self.path)
    }

    fn remove_sets_but(&self, current: Option<&str>) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if entry.file_type()?.is_dir() && is_of_a_time(&name) && Some(&*name) != current {
                remove_set(&entry.path())?;
            }
        }
        Ok(())
    }

    fn is_our_link(&self, name: &str) -> bool {
        fs::read_link(self.path.join(name)).is_ok_and(|target| target == Path::new(DATA).join(name))
    }
}

/// A name's file: `:` is for other platforms something else than a part of a name. No name has a `%`, so no two have
/// the same file, and none begins with a dot.
pub(super) fn file_name(name: &crate::credentials::Name) -> String {
    name.as_str().replace(':', "%3A")
}

/// Whether a folder of this name may be one of our sets: `..` and a time, then `.` and 16 digits.
fn is_of_a_time(name: &str) -> bool {
    let Some((time, random)) = name.strip_prefix("..").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let is_time = time.len() == TIME_LEN && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    is_time && random.len() == 16 && random.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Removes the files of a set and its folder; what lies deeper is nobody's of ours.
fn remove_set(dir: &Path) -> io::Result<()> {
    // By the folder that was opened: a link that somebody puts in its place meanwhile leads to no files of others.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(dir, flags, Mode::empty())?;
    for entry in rustix::fs::Dir::read_from(&folder)? {
        let entry = entry?;
        if [&b"."[..], b".."].contains(&entry.file_name().to_bytes()) {
            continue;
        }
        match rustix::fs::unlinkat(&folder, entry.file_name(), AtFlags::empty()) {
            Err(error) if error != rustix::io::Errno::NOENT => return Err(error.into()),
            _ => {}
        }
    }
    fs::remove_dir(dir)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

const DATA: &str = "..data";
const DATA_TMP: &str = "..data_tmp";
const MODE: u32 = 0o400;
/// `2026_12_31_23_59_59`.
const TIME_LEN: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> Files {
        of.iter().map(|(name, text)| ((*name).to_owned(), SecretText::new((*text).into()))).collect()
    }

    fn readable(dir: &Path) -> Vec<(String, String)> {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let read = |name: String| fs::read_to_string(dir.join(&name)).ok().map(|text| (name, text));
        let mut all: Vec<_> = names.filter_map(read).collect();
        all.sort();
        all
    }

    fn sets(dir: &Path) -> usize {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| is_of_a_time(name)).count()
    }

    #[test]
    fn a_set_takes_the_place_of_another_and_the_old_one_goes() {
        let place = tempfile::tempdir().unwrap();
        let dir = ProjectedDir::open(&place.path().join("d")).unwrap();
        assert_eq!(dir.project(&files(&[("a", "1"), ("b", "2")])).unwrap(), Projected::Changed);
        assert_eq!(dir.project(&files(&[("a", "1"), ("b", "2")])).unwrap(), Projected::Unchanged);
        assert_eq!(dir.project(&files(&[("b", "3"), ("c", "4")])).unwrap(), Projected::Changed);
        assert_eq!(readable(&dir.path), [("b".into(), "3".into()), ("c".into(), "4".into())]);
        assert_eq!(sets(&dir.path), 1);
        assert!(fs::symlink_metadata(dir.path.join("a")).is_err());
        assert_eq!(fs::read_link(dir.path.join("b")).unwrap(), Path::new("..data/b"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(&dir.path), mode(&dir.path.join("b"))), (0o700, 0o400));
    }

    #[test]
    fn what_was_tampered_with_is_put_right() {
        let place = tempfile::tempdir().unwrap();
        let dir = ProjectedDir::open(place.path()).unwrap();
        let wanted = files(&[("a", "1")]);
        dir.project(&wanted).unwrap();
        fs::remove_file(dir.path.join("a")).unwrap();
        assert_eq!(dir.project(&wanted).unwrap(), Projected::Unchanged);
        fs::set_permissions(dir.path.join("a"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(dir.project(&wanted).unwrap(), Projected::Changed);
        fs::remove_file(dir.path.join("..data/a")).unwrap();
        assert_eq!(dir.project(&wanted).unwrap(), Projected::Changed);
        assert_eq!(readable(&dir.path), [("a".into(), "1".into())]);
    }

    #[test]
    fn what_is_not_ours_stays() {
        let place = tempfile::tempdir().unwrap();
        let dir = ProjectedDir::open(place.path()).unwrap();
        fs::write(dir.path.join("b"), "mine").unwrap();
        fs::create_dir(dir.path.join("..2026_mine")).unwrap();
        symlink("/etc/hostname", dir.path.join("c")).unwrap();
        assert_eq!(dir.foreign(&files(&[("a", "1"), ("b", "2")])).unwrap(), Some("b"));
        assert_eq!(dir.foreign(&files(&[("c", "2")])).unwrap(), Some("c"));
        assert_eq!(dir.foreign(&files(&[("a", "1")])).unwrap(), None);
        dir.project(&files(&[("a", "1")])).unwrap();
        dir.project(&files(&[])).unwrap();
        assert_eq!(fs::read_to_string(dir.path.join("b")).unwrap(), "mine");
        assert!(dir.path.join("..2026_mine").is_dir() && dir.path.join("c").is_symlink());
        assert!(!dir.path.join("a").is_symlink());
    }

    #[test]
    fn a_link_in_the_place_of_a_set_leads_to_no_files_of_others() {
        let place = tempfile::tempdir().unwrap();
        let (theirs, set) = (place.path().join("theirs"), place.path().join("set"));
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("file"), "theirs").unwrap();
        symlink(&theirs, &set).unwrap();
        assert!(remove_set(&set).is_err());
        assert_eq!(fs::read_to_string(theirs.join("file")).unwrap(), "theirs");
    }

    #[test]
    fn no_two_names_have_one_file() {
        let file = |name: &str| file_name(&name.parse().unwrap());
        assert_eq!(file("hf:read-only@x+1"), "hf%3Aread-only@x+1");
        assert_eq!(file("_x.y"), "_x.y");
        assert!("a%3Ab".parse::<crate::credentials::Name>().is_err());
    }
}
