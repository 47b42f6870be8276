//! What stores that are only read have in common.

use crate::base::SecretText;
use crate::credentials::{Entry, Error, Record};
use crate::crypto::sha256;

/// An entry of one version. Its id comes from store and name, so that it is the same at every look.
pub(super) fn credential(store: &str, mut record: Record, secret: SecretText) -> (Entry, SecretText) {
    let hash = sha256(format!("{store}\0{}", record.name).as_bytes());
    let (id, _) = hash.split_first_chunk::<16>().expect("a hash has 32 bytes");
    record.id = uuid::Builder::from_custom_bytes(*id).into_uuid();
    let made = record.created;
    let expires = record.expires;
    let mut entry = Entry::new(record);
    let number = entry.stage(made, expires).expect("the first version has a number");
    entry.switch(number, made, None).expect("staged just now");
    (entry, secret)
}

pub(super) fn refused(store: &str) -> Error {
    Error::ReadOnly(store.to_owned())
}
