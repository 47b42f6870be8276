//! Keeping a secret under a name: what `set`, `setup` and `import` have in common.

use crate::base::SecretText;
use crate::cli::args::cred::StoreArgs;
use crate::cli::context::Context;
use crate::cli::credential_store;
use crate::cli::failure::Failure;
use crate::credentials::{
    Access, Action, Chain, Changed, CredentialStore, Entry, Kind, Label, Moment, Name, Record, check,
};

/// A secret to be kept, and what is known of it.
pub(super) struct Keeping<'a> {
    pub(super) name: Name,
    /// Its type; of one that is there already, that it has.
    pub(super) kind: Option<Kind>,
    /// Until when the secret is good.
    pub(super) expires: Option<Moment>,
    /// What else is told of it.
    pub(super) describe: &'a dyn Fn(&mut Record),
}

/// A credential that was kept, and where.
pub(super) struct Kept<'c> {
    pub(super) entry: Entry,
    pub(super) store: &'c dyn CredentialStore,
}

/// The store that can be written and has `name`, if one has; one of another type than `kind` is refused. What a
/// store has that is only read does not count: new ones go to a store that is asked before it.
pub(super) fn find<'c>(
    chain: &'c Chain,
    name: &Name,
    kind: Option<Kind>,
) -> Result<Option<&'c dyn CredentialStore>, Failure> {
    let found = chain.find(name)?.filter(|(store, _)| store.access() == Access::ReadWrite);
    let Some((store, entry)) = found else { return Ok(None) };
    let found = entry.record.kind;
    if kind.is_some_and(|kind| kind != found) {
        return Err(Failure::usage(format!("`{name}` is of the type {found}, which stays"))
            .hint("choose another name, or delete it first with `modelcrypt cred rm --purge`"));
    }
    Ok(Some(store))
}

/// Keeps `secret`, as a new credential or as a new version of the one in the store that was `found`; all in one
/// transaction.
pub(super) fn keep<'c>(
    chain: &'c Chain,
    args: &StoreArgs,
    found: Option<&'c dyn CredentialStore>,
    keeping: &Keeping<'_>,
    secret: SecretText,
) -> Result<Kept<'c>, Failure> {
    let (store, action) = match found {
        Some(store) => (store, Action::Put),
        None => (credential_store::home(chain, args)?, Action::Create),
    };
    let now = store.now();
    let apply = |found: Option<Entry>| {
        let kind = keeping.kind.unwrap_or(Kind::Custom);
        let mut entry = found.unwrap_or_else(|| Entry::new(Record::new(keeping.name.clone(), kind, now)));
        let mut record = entry.record.clone();
        (keeping.describe)(&mut record);
        entry.edit(record, now)?;
        check(&entry.record, &secret)?;
        let number = entry.stage(now, keeping.expires)?;
        entry.switch(number, now, None)?;
        Ok(Changed { entry, secret: Some((number, secret)) })
    };
    let entry = store.change(&keeping.name, action, Box::new(apply))?;
    Ok(Kept { entry, store })
}

impl Kept<'_> {
    /// The number of the version that is the current one now.
    pub(super) fn number(&self) -> u32 {
        self.entry.history.labelled(Label::Current).map_or(0, |version| version.number)
    }

    /// Says where it is, and that it is not given if it is not.
    pub(super) fn tell(&self, context: &Context) -> Result<(), Failure> {
        let name = &self.entry.record.name;
        if !self.entry.record.active {
            let hint = format!("`modelcrypt cred restore {name}` gives it again");
            context.terminal.note(&format!("`{name}` is deactivated: {hint}"));
        }
        let sentence = format!("kept {name}, version {}, in the {}", self.number(), self.store.name());
        super::shown::tell(context, &sentence, self.store.name(), &self.entry)
    }
}
