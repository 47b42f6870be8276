//! The decrypted directory itself.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::access::Access;
use super::lease::Lease;
use super::memory::{self, Locked, Protection};
use super::place::Place;
use super::sweep::sweep_all;
use super::write_back::{Originals, WriteBack};
use super::{Error, fill};
use crate::base::{Progress, Silent};
use crate::keys::MasterKey;
use crate::model::{Contents, EntryKind, LoadOptions, ModelDir, Report};

/// Opens the whole of a model into a directory of its own, which is gone when the result is dropped or its
/// process dies. For more choices see [`TemporaryDecrypt::open`].
///
/// ```
/// use modelcrypt::{MasterKey, ModelDir, Place, Silent, temporary_decrypt};
///
/// # let dir = tempfile::tempdir()?;
/// std::fs::write(dir.path().join("model.safetensors"), "weights")?;
/// std::fs::write(dir.path().join("config.json"), "{}")?;
/// let key = MasterKey::generate()?;
/// let model = ModelDir::open(dir.path())?;
/// model.encrypt(&key, &Default::default(), &Silent)?;
///
/// let guard = temporary_decrypt(&model, &key, Place::default())?;
/// assert_eq!(std::fs::read(guard.path().join("model.safetensors"))?, b"weights");
/// assert_eq!(std::fs::read(guard.path().join("config.json"))?, b"{}");
/// guard.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn temporary_decrypt(dir: &ModelDir, key: &MasterKey, place: Place) -> Result<TemporaryDecrypt, Error> {
    TemporaryDecrypt::open(dir, key, &GuardOptions { place, ..GuardOptions::default() }, &Silent)
}

/// How a model is opened.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GuardOptions {
    /// Where the plaintext lies.
    pub place: Place,
    /// Whether it is going to be changed.
    pub access: Access,
    /// What is let pass.
    pub load: LoadOptions,
}

/// A directory that mirrors a model, with its sealed files opened. Only this user can enter it. Removed when
/// this is dropped, as far as that works; [`close`](Self::close) says whether it did.
///
/// The process id is part of the links to memory files: they lead nowhere once this process has ended, in
/// another process namespace, and where `/proc` is not mounted. A process that was forked off does not remove
/// the directory.
#[derive(Debug)]
pub struct TemporaryDecrypt {
    // First, so that no name outlives what it leads to.
    lease: Lease,
    path: PathBuf,
    memory: Vec<File>,
    _locked: Locked,
    changes: Option<Originals>,
    protection: Protection,
    notices: Vec<String>,
}

impl TemporaryDecrypt {
    /// Unlocks every sealed file of `dir`, sees whether the plaintext fits, and opens all of them on the
    /// threads of the pool. A file gets its name once its last chunk has authenticated. On an error nothing
    /// is left.
    ///
    /// See [`ModelDir::contents`] for what is refused.
    pub fn open(
        dir: &ModelDir,
        key: &MasterKey,
        options: &GuardOptions,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let GuardOptions { place, access, load } = options;
        if *place == Place::Memfd && *access == Access::Write {
            return Err(Error::ReadOnlyPlace);
        }
        let parent = place.parent()?;
        let swept = sweep_all(std::slice::from_ref(&parent));
        let Contents { name, entries, mut notices } = dir.contents(key, *load, progress)?;
        // What a dead guard has left and cannot be removed must not keep living ones from being made.
        notices.extend(swept.failures.iter().map(|error| format!("a dead guard's directory stays: {error}")));
        let plaintext_len = entries.iter().map(|entry| fill::plaintext_len(&entry.kind)).sum();
        place.check_room(&parent, entries.iter().map(|entry| fill::room(&entry.kind, *access)).sum())?;
        let lease = Lease::create_in(&parent).map_err(Error::io("making a directory in", &parent))?;
        let path = lease.path().join(name);
        fill::make_dir(&path)?;
        let may_swap = place.is_memory() && memory::may_swap();
        let sealed = entries.iter().filter(|entry| matches!(entry.kind, EntryKind::Sealed(..)));
        progress.begin(sealed.count() as u64, plaintext_len);
        let memory = fill::Filler { root: &path, place, access: *access, progress }.fill(&entries)?;
        let locked = if may_swap { memory::lock(&memory) } else { Locked::default() };
        let protection = Protection { plaintext_len, may_swap, locked_len: locked.len() };
        let changes = match access {
            Access::Read => None,
            Access::Write => Some(Originals::new(dir.clone(), entries, &path)),
        };
        Ok(Self { lease, path, memory, _locked: locked, changes, protection, notices })
    }

    /// The directory. It bears the name of the model's own.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far the plaintext is kept from being swapped to a disk.
    #[must_use]
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// What the user should know of the model.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Removes the directory. Memory files that somebody has still mapped live until they let go; they are
    /// never wiped in place, for a loader's tensors may be those very pages.
    pub fn close(self) -> Result<(), Error> {
        let path = self.lease.path().to_owned();
        self.lease.remove().map_err(Error::io("removing", &path))
    }

    /// Seals what was changed or added, if that is asked for, and removes the directory. If a file cannot be
    /// sealed, the directory is kept under another name, for nobody to sweep: [`Error::Kept`].
    pub fn close_with(self, write_back: WriteBack<'_>, progress: &dyn Progress) -> Result<Report, Error> {
        let Some(originals) = &self.changes else {
            return match write_back {
                WriteBack::Changed(_) if self.memory.is_empty() => Err(Error::ReadOnly),
                WriteBack::Changed(_) => Err(Error::ReadOnlyPlace),
                WriteBack::Discard | WriteBack::Keep => self.close().map(|()| Report::default()),
            };
        };
        let sealed = match write_back {
            WriteBack::Discard => Ok(Report::default()),
            WriteBack::Changed(key) => originals.write_back(key, &self.path, progress),
            WriteBack::Keep => match originals.have_changed(&self.path, progress) {
                Ok(false) => Ok(Report::default()),
                Ok(true) => Err(Error::Abandoned),
                Err(error) => Err(error),
            },
        };
        let failure = match &sealed {
            Ok(report) => {
                report.files.iter().find_map(|file| file.outcome.as_ref().err()).map(ToString::to_string)
            }
            Err(error) => Some(error.to_string()),
        };
        let Some(reason) = failure else {
            self.close()?;
            return sealed;
        };
        let name = self.path.file_name().unwrap_or_default().to_owned();
        let path = self.lease.keep().map_err(Error::io("keeping", &self.path))?.join(name);
        Err(Error::Kept { path, reason })
    }
}
