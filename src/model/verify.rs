//! `verify`: every chunk, header and sidecar of every sealed file. Writes nothing.

use super::item::Item;
use super::model_dir::ModelDir;
use super::report::{Outcome, Report};
use super::sealed::{Naming, SealedFile, not_sealed};
use super::sidecar::{self, Standing};
use super::{Error, execute};
use crate::base::Progress;
use crate::format::PairState;
use crate::keys::MasterKey;

impl ModelDir {
    /// Authenticates every chunk, header and sidecar; compares the checksums that were made. Writes nothing
    /// and locks nothing.
    pub fn verify(
        &self,
        key: &MasterKey,
        allow_renamed: bool,
        progress: &dyn Progress,
    ) -> Result<Report, Error> {
        let mut view = self.with_whole_caches().view()?;
        let items = view.scan.sealed_items();
        progress.begin(items.len() as u64, items.iter().map(|item| item.plaintext_len()).sum());
        let files = execute::for_each(&items, progress, |item, notices| {
            let names = item.naming(allow_renamed);
            verify(item, key, names, notices, progress)
        });
        let files = view.failures().into_iter().chain(files).collect();
        Ok(Report { files, notices: view.notices })
    }
}

fn verify(
    item: &Item,
    key: &MasterKey,
    names: Naming,
    notices: &mut Vec<String>,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    if !item.is_ours() {
        return Err(not_sealed());
    }
    let sealed = SealedFile::open(&item.sealed, key, names, notices)?;
    let verified = sealed.reader.verify(progress)?;
    match sidecar::check(&item.sidecar(), sealed.subject()) {
        Standing::Valid(open) if open.payload_sha256.is_some_and(|hash| hash != verified.payload_sha256) => {
            return Err(Error::PayloadSha256);
        }
        Standing::Valid(_) => {}
        Standing::Lost => {
            notices.push("the sidecar is lost; the next verb that writes makes it again".into());
        }
        Standing::Stale(_) => {
            notices.push("the sidecar is stale; the next verb that writes makes it again".into());
        }
        standing @ (Standing::Tampered(_) | Standing::NotOurs) => standing.accept()?,
    }
    // The payload is whole: only now is a copy of the header that no longer is worth failing for.
    if let PairState::Damaged(copy) = sealed.reader.state() {
        return Err(Error::HeaderCopy(format!("{copy} is damaged")));
    }
    Ok(Outcome::Verified)
}
