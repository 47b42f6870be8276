//! `status`: how each file stands, by headers and sidecars alone.

use std::time::{Duration, SystemTime};

use super::item::Item;
use super::model_dir::ModelDir;
use super::pattern::Patterns;
use super::report::{Due, FileStatus, State, StatusReport};
use super::{Error, Policy, sidecar};
use super::{names, recover};
use crate::base::{Clock, SystemClock, from_rfc3339};
use crate::envelope::{self, Opener};
use crate::format::{PairState, Slot};
use crate::keys::{self, KeyId, MasterKey};

impl ModelDir {
    /// Tells how each file stands; reads headers only. Without a key, what sidecars say is shown as it is.
    pub fn status(&self, key: Option<&MasterKey>) -> Result<StatusReport, Error> {
        // The files of a Hugging Face cache are what its links mean.
        let mut view = ModelDir { follow: true, ..self.with_whole_caches() }.view()?;
        let required =
            view.policies.iter().map(|policy| policy.require.as_ref().map(Patterns::new).transpose());
        let required: Vec<_> = required.collect::<Result<_, _>>()?;
        let mut files = Vec::new();
        for item in view.scan.items.values() {
            let must_be_sealed = match &required[item.root] {
                Some(patterns) => patterns.matches(&item.relative),
                None => item.plain_wanted,
            };
            let foreign = item.sealed_form.is_some_and(|sealed| !sealed.ours) && item.sealed_wanted;
            if foreign {
                files.push(FileStatus::new(item.sealed.clone(), State::Foreign));
            }
            files.extend(status(item, key, must_be_sealed, &view.policies[item.root]));
        }
        for (path, original) in &view.scan.leftovers {
            if original.is_none() && recover::is_alive(path) {
                continue;
            }
            let mut status =
                FileStatus { due: vec![Due::Sweep], ..FileStatus::new(path.clone(), State::Leftover) };
            // Renamed aside or half written: who knows that it is no plaintext?
            if original.as_ref().is_none_or(|original| names::plain_path(original).is_none()) {
                status.due.push(Due::Encrypt);
            }
            files.push(status);
        }
        for failure in view.failures() {
            let why = failure.outcome.err().map(|error| error.to_string()).unwrap_or_default();
            files.push(FileStatus::new(failure.path, State::Damaged(why)));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(StatusReport { files, ..view.into_status() })
    }
}

fn status(item: &Item, key: Option<&MasterKey>, must_be_sealed: bool, policy: &Policy) -> Option<FileStatus> {
    let plain_stands = item.plain_form.is_some() && (item.plain_wanted || must_be_sealed);
    let sealed = item.sealed_form.filter(|sealed| item.sealed_wanted && sealed.ours);
    let Some(sealed) = sealed else {
        return plain_stands.then(|| FileStatus {
            plaintext_len: Some(item.plaintext_len()),
            due: if must_be_sealed { vec![Due::Encrypt] } else { Vec::new() },
            ..FileStatus::new(item.plain.clone(), State::Plaintext)
        });
    };
    let mut status = FileStatus {
        plaintext_len: sealed.plaintext_len,
        ..FileStatus::new(item.sealed.clone(), State::Sealed)
    };
    if let Err(error) = status.read(item, key) {
        status.state = State::Damaged(error.to_string());
    }
    if plain_stands {
        status.path.clone_from(&item.plain);
        status.due.push(Due::Finish);
        if must_be_sealed {
            status.due.push(Due::Encrypt);
        }
        if status.state == State::Sealed {
            status.state = State::Both;
        }
    }
    if is_due(status.since, policy.rotation_days) {
        status.due.push(Due::Rotate);
    }
    Some(status)
}

impl FileStatus {
    fn new(path: std::path::PathBuf, state: State) -> Self {
        Self {
            path,
            state,
            plaintext_len: None,
            keys: Vec::new(),
            since: None,
            since_is_authentic: false,
            due: Vec::new(),
            notices: Vec::new(),
        }
    }

    fn read(&mut self, item: &Item, key: Option<&MasterKey>) -> Result<(), envelope::Error> {
        let opener = Opener::open(&item.sealed)?;
        self.keys = opener.header().slots.iter().map(slot_name).collect();
        self.plaintext_len = opener.header().core.plaintext_len.or(self.plaintext_len);
        if opener.state() != PairState::Identical {
            self.due.push(Due::Heal);
            self.notices.extend(super::sealed::header_notice(opener.state()));
        }
        self.since =
            sidecar::claimed_creation(&names::sidecar_path(&item.sealed)).as_deref().and_then(from_rfc3339);
        let Some(key) = key else { return Ok(()) };
        match opener.unlock(key) {
            Ok(reader) => {
                self.since = from_rfc3339(&reader.metadata().key_since);
                self.since_is_authentic = true;
                self.plaintext_len = Some(reader.len());
            }
            Err(envelope::Error::Key(keys::Error::NoSlotOpens)) => self.state = State::OtherKey,
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn slot_name(slot: &Slot) -> String {
    match slot {
        Slot::RawKey(key_id, _) => KeyId(*key_id).to_string(),
        Slot::Passphrase(..) => "passphrase".into(),
        Slot::Other { type_id, .. } => format!("type {type_id}"),
    }
}

fn is_due(since: Option<SystemTime>, rotation_days: Option<u32>) -> bool {
    let Some((since, days)) = since.zip(rotation_days) else { return false };
    let age = SystemClock.now().duration_since(since).unwrap_or_default();
    age >= Duration::from_secs(u64::from(days) * 24 * 60 * 60)
}
