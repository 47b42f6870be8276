//! A model directory, or several, or single files: what every verb works on.

use std::path::{Path, PathBuf};

use super::{
    DecryptOptions, EncryptOptions, Error, Plan, Policy, ReencryptOptions, Report, RewrapOptions, Selection,
    StatusReport,
};
use crate::base::Progress;
use crate::keys::MasterKey;

/// One or several model directories or files.
pub struct ModelDir {
    paths: Vec<PathBuf>,
    selection: Selection,
    policy: Option<Policy>,
    key_file: Option<PathBuf>,
}

impl ModelDir {
    /// The directory, or the single file, at `path`. A link is resolved.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_all([path])
    }

    /// Several at once: planned, locked and reported together.
    pub fn open_all<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let _ = (paths.into_iter().map(|p| p.as_ref().to_owned()).collect::<Vec<_>>(),);
        unimplemented!()
    }

    /// Takes these files of it.
    #[must_use]
    pub fn selection(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    /// Goes by this configuration, not by the one in the directory.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy: Some(policy), ..self }
    }

    /// Never takes this file: the key in use.
    #[must_use]
    pub fn key_file(self, key_file: Option<PathBuf>) -> Self {
        Self { key_file, ..self }
    }

    /// What [`encrypt`](Self::encrypt) would do.
    pub fn plan_encrypt(&self, _options: &EncryptOptions) -> Result<Plan, Error> {
        unimplemented!()
    }

    /// Seals the plaintexts.
    pub fn encrypt(
        &self,
        _key: &MasterKey,
        _options: &EncryptOptions,
        _progress: &dyn Progress,
    ) -> Result<Report, Error> {
        unimplemented!()
    }

    /// What [`decrypt`](Self::decrypt) would do.
    pub fn plan_decrypt(&self, _options: &DecryptOptions) -> Result<Plan, Error> {
        unimplemented!()
    }

    /// Opens the sealed files.
    pub fn decrypt(
        &self,
        _key: &MasterKey,
        _options: &DecryptOptions,
        _progress: &dyn Progress,
    ) -> Result<Report, Error> {
        unimplemented!()
    }

    /// Authenticates every chunk, header and sidecar; writes nothing.
    pub fn verify(&self, _key: &MasterKey, _progress: &dyn Progress) -> Result<Report, Error> {
        unimplemented!()
    }

    /// Tells how each file stands; reads headers only. Without a key, what sidecars say is shown as it is.
    pub fn status(&self, _key: Option<&MasterKey>) -> Result<StatusReport, Error> {
        unimplemented!()
    }

    /// Makes `new` open every file instead of `old`; file keys and payloads stay.
    pub fn rewrap(
        &self,
        _old: &MasterKey,
        _new: &MasterKey,
        _options: &RewrapOptions,
        _progress: &dyn Progress,
    ) -> Result<Report, Error> {
        unimplemented!()
    }

    /// Seals every file anew, under new file keys, and under `new` if it is given.
    pub fn reencrypt(
        &self,
        _old: &MasterKey,
        _new: Option<&MasterKey>,
        _options: &ReencryptOptions,
        _progress: &dyn Progress,
    ) -> Result<Report, Error> {
        unimplemented!()
    }

    /// Removes what runs that were killed have left: unlocked temporaries; files renamed aside get their names back.
    pub fn sweep(&self, _progress: &dyn Progress) -> Result<Report, Error> {
        unimplemented!()
    }
}
