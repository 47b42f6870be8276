//! What open stores are asked for, and who answers.

use std::collections::BTreeMap;

use modelcrypt::base::SecretText;
use modelcrypt::credentials::{
    Access, Action, Chain, Changed, Entry, Error, Filter, Kind, Name, Record, Selector, check,
};

use crate::metadata::Metadata;
use crate::opened_stores::Opened;
use crate::secret::Secret;

/// A field of a credential.
pub(crate) fn handed(chain: &Chain, name: &Name, field: &str, selector: Selector) -> Result<Secret, Error> {
    let answer = chain.answer(name, selector)?;
    Secret::of(answer.credential, field, answer.store)
}

/// What is known of `name`, and the first store that has it.
pub(crate) fn found(chain: &Chain, name: &Name) -> Result<(Entry, String), Error> {
    let mut misses = Vec::new();
    for store in chain.stores() {
        let reason = match store.entry(name) {
            Ok(entry) => return Ok((entry, store.name().to_owned())),
            Err(Error::NotFound(_)) => "it is not there".to_owned(),
            Err(Error::Unavailable { reason, .. }) => reason,
            Err(error) => return Err(error),
        };
        misses.push((store.name().to_owned(), reason));
    }
    Err(Error::NobodyAnswered { name: name.to_string(), misses })
}

/// By their names, with the store that has them; and what could not be read.
type Gathered = (BTreeMap<Name, (Entry, String)>, Vec<Error>);

/// Of each name the one that the chain would give, if it is wanted.
pub(crate) fn gathered(chain: &Chain, filter: &Filter) -> Gathered {
    let (mut entries, mut problems) = (BTreeMap::new(), Vec::new());
    for store in chain.stores() {
        match store.list() {
            Ok(listing) => {
                problems.extend(listing.problems);
                for entry in listing.entries {
                    let name = entry.record.name.clone();
                    entries.entry(name).or_insert_with(|| (entry, store.name().to_owned()));
                }
            }
            Err(error) => problems.push(error),
        }
    }
    entries.retain(|_, (entry, _)| entry.matches(filter));
    (entries, problems)
}

/// Keeps `secret` where `name` is, if it is in a store that can be written; else at home.
pub(crate) fn keep(
    opened: &Opened,
    name: &Name,
    kind: Option<Kind>,
    metadata: &Metadata,
    secret: SecretText,
    home: Option<&str>,
) -> Result<(Entry, String), Error> {
    // What a store has that is only read does not count: new ones go to a store that is asked before it.
    let (store, action) = match opened.changing.holder(name) {
        Ok(store) if store.access() == Access::ReadWrite && home.is_none_or(|home| home == store.name()) => {
            (store, Action::Put)
        }
        Ok(_) | Err(Error::NotFound(_)) => (opened.home(home)?, Action::Create),
        Err(error) => return Err(error),
    };
    let now = store.now();
    let apply = |found: Option<Entry>| {
        let is_new = found.is_none();
        let wanted = kind.unwrap_or(Kind::Custom);
        let mut entry = found.unwrap_or_else(|| Entry::new(Record::new(name.clone(), wanted, now)));
        if !is_new && kind.is_some_and(|kind| kind != entry.record.kind) {
            let reason = "a credential of this name has another one, which stays";
            return Err(Error::Invalid { field: "type".into(), reason });
        }
        let mut record = entry.record.clone();
        metadata.apply(&mut record);
        entry.edit(record, now)?;
        check(&entry.record, &secret)?;
        let number = entry.stage(now, metadata.expires)?;
        entry.switch(number, now, None)?;
        let mut changed = Changed::without_secret(entry);
        changed.secret = Some((number, secret));
        Ok(changed)
    };
    let entry = store.change(name, action, Box::new(apply))?;
    Ok((entry, store.name().to_owned()))
}
