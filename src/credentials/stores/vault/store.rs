//! The vault as a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use rayon::prelude::*;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use super::database::{Fail, Purpose, STORE, tampered};
use super::index::bucket_of;
use super::keys::{RowId, digest};
use super::open::{Listed, Vault};
use super::rows::{self, Bucket, Root};
use crate::base::SecretText;
use crate::credentials::{
    Access, Action, Apply, Changed, Credential, CredentialStore, Entry, Error, Listing, Moment, Name,
    Selector,
};

/// What is sealed in a credential's row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    entry: Entry,
    /// SHA-256 of the sealed secret of each version: none can be exchanged for an older one.
    secrets: BTreeMap<u32, String>,
}

impl CredentialStore for Vault {
    fn name(&self) -> &str {
        STORE
    }

    fn access(&self) -> Access {
        Access::ReadWrite
    }

    fn now(&self) -> Moment {
        self.clock.now().into()
    }

    fn entry(&self, name: &Name) -> Result<Entry, Error> {
        let row = self.keys.row_id(name);
        self.transaction(Purpose::Read, |transaction, fail, root| {
            let bucket = Bucket::load(transaction, fail, &root, &self.keys, &row)?;
            Ok(self.document(&row, &bucket, name)?.entry)
        })
    }

    /// What was parsed once is given again until anybody has written to the vault.
    fn list(&self) -> Result<Listing, Error> {
        let (root, rows, state) = self.transaction(Purpose::Read, |transaction, fail, root| {
            let state = (root.generation, rows::data_version(transaction, fail)?);
            let is_known = self.listed().as_ref().is_some_and(|listed| listed.state == state);
            let rows = if is_known { None } else { Some(rows::all(transaction, fail)?) };
            Ok((root, rows, state))
        })?;
        let Some(rows) = rows else {
            let entries =
                self.listed().as_ref().map(|listed| Arc::clone(&listed.entries)).unwrap_or_default();
            return Ok(Listing { entries: entries.to_vec(), problems: Vec::new() });
        };
        let problems = self.bucket_problems(&root, &rows);
        let documents: Vec<_> = rows.par_iter().map(|(row, sealed)| self.parse(row, sealed)).collect();
        let mut listing = Listing { entries: Vec::with_capacity(rows.len()), problems };
        for document in documents {
            match document {
                Ok(document) => listing.entries.push(document.entry),
                Err(problem) => listing.problems.push(problem),
            }
        }
        listing.entries.sort_unstable_by(|a, b| a.record.name.cmp(&b.record.name));
        if listing.problems.is_empty() {
            *self.listed() = Some(Listed { state, entries: listing.entries.clone().into() });
        }
        Ok(listing)
    }

    fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error> {
        let row = self.keys.row_id(name);
        self.transaction(Purpose::Read, |transaction, fail, root| {
            let bucket = Bucket::load(transaction, fail, &root, &self.keys, &row)?;
            let document = self.document(&row, &bucket, name)?;
            let version = *document.entry.select(selector, now)?;
            let secret = self.secret(transaction, fail, &row, &document, version.number)?;
            Ok(Credential { record: document.entry.record, version, secret })
        })
    }

    fn change(&self, name: &Name, _: Action, apply: Apply<'_>) -> Result<Entry, Error> {
        let row = self.keys.row_id(name);
        self.transaction(Purpose::Write, |transaction, fail, mut root| {
            let mut bucket = Bucket::load(transaction, fail, &root, &self.keys, &row)?;
            let (found, mut secrets) = match self.document(&row, &bucket, name) {
                Ok(document) => (Some(document.entry), document.secrets),
                Err(Error::NotFound(_)) => (None, BTreeMap::new()),
                Err(error) => return Err(error),
            };
            let Changed { entry, secret } = apply(found)?;
            if entry.record.name != *name {
                let reason = "it is not the one that was to be changed";
                return Err(Error::Invalid { field: "name".into(), reason });
            }
            if let Some((number, secret)) = secret {
                let sealed = self.keys.seal_secret(&entry.record, number, &secret).map_err(Error::Random)?;
                rows::put_secret(transaction, fail, &row, number, &sealed)?;
                secrets.insert(number, HEXLOWER.encode(&digest(&sealed)));
            }
            let kept: Vec<_> = entry.history.versions().iter().map(|version| version.number).collect();
            if kept.iter().any(|number| !secrets.contains_key(number)) {
                return Err(Error::Invalid { field: "secret".into(), reason: "a version has none" });
            }
            for number in secrets.keys().copied().filter(|number| !kept.contains(number)) {
                rows::remove_secret(transaction, fail, &row, Some(number))?;
            }
            secrets.retain(|number, _| kept.contains(number));
            let document = Document { entry, secrets };
            let json = serde_json::to_vec(&document).expect("text and numbers serialize");
            let sealed = self.keys.seal_document(&row, &json).map_err(Error::Random)?;
            bucket.put(transaction, fail, &mut root, &self.keys, &row, Some(sealed))?;
            self.save(transaction, fail, &mut root)?;
            Ok(document.entry)
        })
    }

    fn purge(&self, name: &Name) -> Result<(), Error> {
        let row = self.keys.row_id(name);
        self.transaction(Purpose::Write, |transaction, fail, mut root| {
            let mut bucket = Bucket::load(transaction, fail, &root, &self.keys, &row)?;
            bucket.find(&row).ok_or_else(|| Error::NotFound(name.to_string()))?;
            rows::remove_secret(transaction, fail, &row, None)?;
            bucket.put(transaction, fail, &mut root, &self.keys, &row, None)?;
            self.save(transaction, fail, &mut root)
        })?;
        // What the log still holds of it is sealed; without this it would stay there until others write.
        self.database().checkpoint()
    }
}

impl Vault {
    /// Opens everything: what is wrong with the vault, nothing if all is well.
    pub fn verify(&self) -> Result<Vec<Error>, Error> {
        self.database().check_structure()?;
        self.transaction(Purpose::Read, |transaction, fail, root| {
            let rows = rows::all(transaction, fail)?;
            let mut problems = self.bucket_problems(&root, &rows);
            for (row, sealed) in &rows {
                let checked = self.parse(row, sealed).and_then(|document| {
                    let secret =
                        |number: &u32| self.secret(transaction, fail, row, &document, *number).map(drop);
                    document.secrets.keys().try_for_each(secret)
                });
                problems.extend(checked.err());
            }
            Ok(problems)
        })
    }

    fn document(&self, row: &RowId, bucket: &Bucket, name: &Name) -> Result<Document, Error> {
        let sealed = bucket.find(row).ok_or_else(|| Error::NotFound(name.to_string()))?;
        self.parse(row, sealed)
    }

    fn parse(&self, row: &RowId, sealed: &[u8]) -> Result<Document, Error> {
        let json = self.keys.open_document(row, sealed).map_err(|_| tampered("a credential was edited"))?;
        let document: Document =
            serde_json::from_slice(&json).map_err(|_| tampered("a credential is of a later version"))?;
        if self.keys.row_id(&document.entry.record.name) != *row {
            return Err(tampered("a credential stands in another one's place"));
        }
        Ok(document)
    }

    fn secret(
        &self,
        transaction: &Transaction<'_>,
        fail: &Fail<'_>,
        row: &RowId,
        document: &Document,
        number: u32,
    ) -> Result<SecretText, Error> {
        let record = &document.entry.record;
        let changed = || tampered(&format!("the secret of `{}`, version {number}, was changed", record.name));
        let sealed = rows::secret(transaction, fail, row, number)?.ok_or_else(changed)?;
        if document.secrets.get(&number) != Some(&HEXLOWER.encode(&digest(&sealed))) {
            return Err(changed());
        }
        self.keys.open_secret(record, number, &sealed).map_err(|_| changed())
    }

    /// One error for each bucket whose rows are not those of the index.
    fn bucket_problems(&self, root: &Root, rows: &[(RowId, Vec<u8>)]) -> Vec<Error> {
        let mut rest = rows;
        let mut problems = Vec::new();
        for bucket in 0..=u8::MAX {
            let (own, after) = rest.split_at(rest.partition_point(|(row, _)| bucket_of(row) <= bucket));
            rest = after;
            if !root.buckets.holds(&self.keys, bucket, own.iter().map(|(row, sealed)| (row, &sealed[..]))) {
                problems
                    .push(tampered("rows were edited, exchanged, removed or put back from an earlier time"));
            }
        }
        problems
    }
}
