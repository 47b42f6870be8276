//! Several stores in one order.

use std::ffi::OsString;

use modelcrypt::credentials::stores::env::Environment;
use modelcrypt::credentials::{Access, Chain, CredentialStore, Error, Kind, Selector, WithSecret};

use crate::suite::{Place, filled, name, record, secret};
use crate::vault::{VaultPlace, place};

/// A vault before an environment with these variables.
fn chain(place: &VaultPlace, variables: &[(&str, &str)]) -> Chain {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
    let environment = Environment::new().with_variables(variables);
    Chain::new(vec![place.open(), Box::new(environment)])
}

#[test]
fn the_first_that_has_it_answers_and_the_others_are_named() {
    let place = place();
    filled(&place, &["both"]);
    let chain = chain(&place, &[("MODELCRYPT__BOTH", "weaker"), ("MODELCRYPT__ONLY_ENV", "from env")]);
    let answer = chain.answer(&name("both"), Selector::CURRENT).unwrap();
    assert_eq!((answer.store.as_str(), answer.credential.secret.expose()), ("vault", &b"both-1"[..]));
    assert!(answer.misses.is_empty());
    let answer = chain.answer(&name("only-env"), Selector::CURRENT).unwrap();
    assert_eq!((answer.store.as_str(), answer.credential.secret.expose()), ("environment", &b"from env"[..]));
    assert_eq!(
        (answer.misses[0].store.as_str(), answer.misses[0].reason.as_str()),
        ("vault", "it is not there")
    );
    assert_eq!(chain.with_secret(&name("only-env"), <[u8]>::len).unwrap(), 8);
    let nobody = chain.answer(&name("nobody"), Selector::CURRENT).unwrap_err();
    let message = nobody.to_string();
    assert!(message.contains("vault: ") && message.contains("environment: "), "{message}");
    assert_eq!(modelcrypt::Error::from(nobody).kind(), modelcrypt::ErrorKind::NotFound);
}

#[test]
fn a_weaker_store_does_not_answer_for_one_that_refuses() {
    let place = place();
    let store = filled(&place, &["x"]);
    store.deactivate(&name("x")).unwrap();
    let chain = chain(&place, &[("MODELCRYPT__X", "weaker")]);
    assert!(matches!(chain.get(&name("x"), Selector::CURRENT), Err(Error::Inactive(_))));
    let delete = "DELETE FROM credential";
    rusqlite::Connection::open(place.path()).unwrap().execute(delete, ()).unwrap();
    assert!(matches!(chain.get(&name("x"), Selector::CURRENT), Err(Error::Tampered { .. })));
}

#[test]
fn a_store_that_is_not_there_is_passed_over_by_reads_and_never_by_writes() {
    struct Away;
    impl CredentialStore for Away {
        fn name(&self) -> &'static str {
            "keyring"
        }
        fn access(&self) -> Access {
            Access::ReadWrite
        }
        fn entry(&self, _: &modelcrypt::credentials::Name) -> Result<modelcrypt::credentials::Entry, Error> {
            Err(Error::Unavailable { store: "keyring".into(), reason: "no D-Bus".into() })
        }
        fn list(&self) -> Result<modelcrypt::credentials::Listing, Error> {
            Err(Error::Unavailable { store: "keyring".into(), reason: "no D-Bus".into() })
        }
        fn read(
            &self,
            name: &modelcrypt::credentials::Name,
            _: Selector,
            _: modelcrypt::credentials::Moment,
        ) -> Result<modelcrypt::credentials::Credential, Error> {
            Err(self.entry(name).unwrap_err())
        }
        fn change(
            &self,
            name: &modelcrypt::credentials::Name,
            _: modelcrypt::credentials::Action,
            _: modelcrypt::credentials::Apply<'_>,
        ) -> Result<modelcrypt::credentials::Entry, Error> {
            Err(self.entry(name).unwrap_err())
        }
        fn purge(&self, name: &modelcrypt::credentials::Name) -> Result<(), Error> {
            Err(self.entry(name).unwrap_err())
        }
    }
    let place = place();
    filled(&place, &["x"]);
    let chain = Chain::new(vec![Box::new(Away), place.open()]);
    let answer = chain.answer(&name("x"), Selector::CURRENT).unwrap();
    assert_eq!((answer.store.as_str(), answer.misses[0].reason.as_str()), ("vault", "no D-Bus"));
    let made = chain.create(record("new", Kind::Custom), secret("s"));
    assert!(matches!(made, Err(Error::Unavailable { .. })));
    assert!(matches!(chain.put(&name("x"), secret("s"), None, None), Err(Error::Unavailable { .. })));
    assert!(matches!(chain.purge(&name("x")), Err(Error::Unavailable { .. })));
    let store = place.open();
    assert_eq!(store.list().unwrap().entries.len(), 1);
    assert_eq!(store.entry(&name("x")).unwrap().history.versions().len(), 1);
    let listing = chain.list().unwrap();
    assert_eq!((listing.entries.len(), listing.problems.len()), (1, 1));
    chain.store("vault").unwrap().create(record("new", Kind::Custom), secret("s")).unwrap();
}

#[test]
fn nothing_is_chosen_from_what_a_tampered_store_has_left() {
    let place = place();
    let store = place.open();
    let token = |name: &str| record(name, Kind::Huggingface);
    store.create(token("huggingface"), secret("hf_strong")).unwrap();
    let variables = [("MODELCRYPT__OTHER", "hf_weak"), ("MODELCRYPT__OTHER__TYPE", "huggingface")];
    let chain = chain(&place, &variables);
    let chosen = modelcrypt::credentials::for_url(&chain, "hf://org/model").unwrap();
    assert_eq!(chosen.secret.expose(), b"hf_strong");
    place.intruder().execute("DELETE FROM credential", ()).unwrap();
    let chosen = modelcrypt::credentials::for_url(&chain, "hf://org/model");
    assert!(matches!(chosen, Err(Error::Tampered { .. })));
    let due = modelcrypt::credentials::due(&*store, store.now());
    assert!(matches!(due, Err(Error::Tampered { .. })), "nobody is told that nothing is due");
}

#[test]
fn a_change_goes_where_the_credential_is() {
    let place = place();
    filled(&place, &["x"]);
    let chain = chain(&place, &[("MODELCRYPT__ENV_ONLY", "e")]);
    chain.put(&name("x"), secret("x-2"), None, None).unwrap();
    assert_eq!(place.open().entry(&name("x")).unwrap().history.versions().len(), 2);
    let refused = chain.put(&name("env-only"), secret("s"), None, None);
    assert!(matches!(refused, Err(Error::ReadOnly(store)) if store == "environment"));
    chain.create(record("new", Kind::Custom), secret("s")).unwrap();
    assert!(place.open().entry(&name("new")).is_ok());
    let listed = chain.list().unwrap().entries;
    let names: Vec<_> = listed.iter().map(|entry| entry.record.name.as_str()).collect();
    assert_eq!(names, ["env_only", "new", "x"]);
}
