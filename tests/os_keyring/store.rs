//! The store of credentials on the keyring, in a process that a session has started: `Session::inside` runs these.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use modelcrypt::base::SecretText;
use modelcrypt::credentials::stores::keyring::KeyringStore;
use modelcrypt::credentials::{
    CredentialStore, Entry, Error, Kind, Label, Name, Record, Selector, WithSecret,
};
use modelcrypt::keys::OsKeyring;

use crate::session::Session;
use crate::suite::{Place, suite};

pub(crate) fn store() -> KeyringStore {
    KeyringStore::with_lock(PathBuf::from("locks/keyring.lock"))
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn secret(text: &str) -> SecretText {
    SecretText::new(text.into())
}

fn record(text: &str) -> Record {
    Record::new(name(text), Kind::ApiKey, SystemTime::now())
}

fn given(store: &KeyringStore, text: &str, selector: Selector) -> String {
    let credential = store.get(&name(text), selector).unwrap();
    String::from_utf8(credential.secret.expose().to_vec()).unwrap()
}

fn current(entry: &Entry) -> u32 {
    entry.history.labelled(Label::Current).unwrap().number
}

suite!(place);

/// The keyring of the session that this process is in.
struct KeyringPlace;

impl Place for KeyringPlace {
    fn open(&self) -> Box<dyn CredentialStore> {
        Box::new(store())
    }
}

/// In a session an empty keyring; elsewhere the test that asks is run again in a session of its own.
fn place() -> Option<KeyringPlace> {
    if std::env::var_os("KEYRING_PID").is_some() {
        return Some(KeyringPlace);
    }
    let session = Session::start()?;
    let thread = thread::current();
    let test =
        thread.name().filter(|name| *name != "main").expect("each test has a thread: run more than one");
    session.inside(test);
    None
}

/// What other programs see.
fn seen(text: &str) -> Option<String> {
    let value = OsKeyring::new().get(text).unwrap()?;
    Some(String::from_utf8(value.expose().to_vec()).unwrap())
}

fn entries_of(service: &'static str) -> Vec<String> {
    OsKeyring::new().of_service(service).names().unwrap()
}

#[test]
#[ignore = "runs in a session of its own"]
fn versions_come_and_go() {
    let store = store();
    let a = name("a");
    assert!(matches!(store.entry(&a), Err(Error::NotFound(_))));
    let mut made = record("a");
    made.description = Some("made here".into());
    let id = made.id;
    store.create(made, secret("first-one")).unwrap();
    assert!(matches!(store.create(record("a"), secret("another-one")), Err(Error::AlreadyExists(_))));
    assert_eq!(
        (given(&store, "a", Selector::CURRENT), seen("a")),
        ("first-one".into(), Some("first-one".into()))
    );
    store.put(&a, secret("second-one"), None, None).unwrap();
    assert_eq!(given(&store, "a", Selector::CURRENT), "second-one");
    assert_eq!(given(&store, "a", Selector::Label(Label::Previous)), "first-one");
    let staged = store.stage(&a, secret("third-one"), None).unwrap();
    assert_eq!(current(&staged), 2);
    assert_eq!(seen("a").unwrap(), "second-one", "what is pending is not seen");
    assert_eq!(given(&store, "a", Selector::Label(Label::Pending)), "third-one");
    store.promote(&a, 3, None).unwrap();
    assert_eq!(seen("a").unwrap(), "third-one");
    store.rollback(&a, None).unwrap();
    assert_eq!(
        (given(&store, "a", Selector::CURRENT), seen("a").unwrap()),
        ("second-one".into(), "second-one".into())
    );
    store.edit(&a, &mut |record| record.description = Some("changed".into())).unwrap();
    let listing = store.list().unwrap();
    assert_eq!(listing.entries, [store.entry(&a).unwrap()]);
    assert!(listing.problems.is_empty());
    assert_eq!(
        (listing.entries[0].record.id, &listing.entries[0].record.description),
        (id, &Some("changed".into()))
    );
    assert_eq!(store.with_secret(&a, <[u8]>::len).unwrap(), "second-one".len());
    store.stage(&a, secret("fourth-one"), None).unwrap();
    store.discard(&a).unwrap();
    assert_eq!(entries_of("modelcrypt-version"), ["a/1", "a/2", "a/3"]);
    store.purge(&a).unwrap();
    assert!(matches!(store.purge(&a), Err(Error::NotFound(_))));
    for service in ["modelcrypt", "modelcrypt-record", "modelcrypt-version"] {
        assert!(entries_of(service).is_empty(), "{service}");
    }
}

#[test]
#[ignore = "runs in a session of its own"]
fn a_deactivated_credential_is_seen_by_nobody_until_it_is_restored() {
    let store = store();
    let a = name("a");
    store.create(record("a"), secret("first-one")).unwrap();
    store.deactivate(&a).unwrap();
    assert!(matches!(store.get(&a, Selector::CURRENT), Err(Error::Inactive(_))));
    assert_eq!(seen("a"), None);
    assert_eq!(store.list().unwrap().entries.len(), 1);
    assert!(matches!(store.create(record("a"), secret("another-one")), Err(Error::AlreadyExists(_))));
    store.restore(&a).unwrap();
    assert_eq!(
        (given(&store, "a", Selector::CURRENT), seen("a").unwrap()),
        ("first-one".into(), "first-one".into())
    );
}

#[test]
#[ignore = "runs in a session of its own"]
fn versions_that_are_dropped_leave_no_secret() {
    let store = store();
    store.create(record("a"), secret("secret-0")).unwrap();
    for number in 1..12 {
        store.put(&name("a"), secret(&format!("secret-{number}")), None, None).unwrap();
    }
    let kept: Vec<_> = (6..=12).map(|number| format!("a/{number}")).collect();
    let mut found = entries_of("modelcrypt-version");
    found.sort_by_key(String::len);
    assert_eq!(found, kept);
    assert_eq!(entries_of("modelcrypt-record"), ["a"]);
}

#[test]
#[ignore = "runs in a session of its own"]
fn what_secret_tool_stored_is_the_current_version() {
    let store = store();
    // Stored before: `typed` by itself, and `ours` in the place of what the store had put there.
    assert_eq!(given(&store, "typed", Selector::CURRENT), "by-hand");
    let entry = store.entry(&name("typed")).unwrap();
    assert_eq!((entry.record.kind, current(&entry)), (Kind::Custom, 1));
    assert_eq!(entry, store.entry(&name("typed")).unwrap());
    store.put(&name("typed"), secret("by-the-store"), None, None).unwrap();
    assert_eq!(given(&store, "typed", Selector::Label(Label::Previous)), "by-hand");
    assert_eq!(store.entry(&name("typed")).unwrap().record.id, entry.record.id);
    assert_eq!(given(&store, "ours", Selector::CURRENT), "by-hand-too");
    assert_eq!(given(&store, "ours", Selector::Number(1)), "by-the-store");
    store.edit(&name("ours"), &mut |record| record.description = Some("adopted".into())).unwrap();
    assert_eq!(given(&store, "ours", Selector::CURRENT), "by-hand-too");
    assert_eq!(current(&store.entry(&name("ours")).unwrap()), 2);
    store.rollback(&name("ours"), None).unwrap();
    assert_eq!(seen("ours").unwrap(), "by-the-store");
}

#[test]
#[ignore = "runs in a session of its own"]
fn one_is_put() {
    store().create(record("ours"), secret("by-the-store")).unwrap();
}

#[test]
#[ignore = "runs in a session of its own"]
fn what_secret_tool_cleared_is_gone() {
    let store = store();
    assert!(matches!(store.get(&name("ours"), Selector::CURRENT), Err(Error::NotFound(_))));
    assert!(store.list().unwrap().entries.is_empty());
    let entry = store.create(record("ours"), secret("made-again")).unwrap();
    assert_eq!((current(&entry), given(&store, "ours", Selector::CURRENT)), (1, "made-again".into()));
    assert!(matches!(store.get(&name("ours"), Selector::Number(2)), Err(Error::NoVersion { .. })));
}

#[test]
#[ignore = "runs in a session of its own"]
fn a_key_of_models_is_no_credential() {
    let store = store();
    let prod = name("prod");
    assert!(matches!(store.entry(&prod), Err(Error::NotFound(_))));
    assert!(store.list().unwrap().entries.is_empty());
    assert!(matches!(store.create(record("prod"), secret("a-token")), Err(Error::AlreadyExists(_))));
    assert!(matches!(store.purge(&prod), Err(Error::NotFound(_))));
    assert!(seen("prod").unwrap().starts_with("mck1_"));
}

#[test]
#[ignore = "runs in a session of its own"]
fn a_record_that_was_changed_is_told_and_hides_no_other() {
    let store = store();
    store.create(record("a"), secret("first-one")).unwrap();
    store.create(record("b"), secret("first-one")).unwrap();
    store.put(&name("b"), secret("second-one"), None, None).unwrap();
    let keyring = OsKeyring::new();
    keyring.of_service("modelcrypt-record").replace("a", secret("{\"canary\"")).unwrap();
    let error = store.entry(&name("a")).unwrap_err();
    assert!(matches!(error, Error::Tampered { .. }) && !error.to_string().contains("canary"), "{error}");
    let listing = store.list().unwrap();
    assert_eq!((listing.entries.len(), listing.problems.len()), (1, 1));
    keyring.of_service("modelcrypt-version").replace("b/1", secret("put there")).unwrap();
    let previous = store.get(&name("b"), Selector::Label(Label::Previous));
    assert!(matches!(previous, Err(Error::Tampered { .. })));
    assert_eq!(given(&store, "b", Selector::CURRENT), "second-one");
}

#[test]
#[ignore = "runs in a session of its own"]
fn many_who_write_lose_nothing() {
    store().create(record("a"), secret("secret-0")).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let store = store();
                for turn in 0..5 {
                    store.put(&name("a"), secret(&format!("secret-{thread}-{turn}")), None, None).unwrap();
                }
            });
        }
        let reader = store();
        for _ in 0..40 {
            // Neither a secret without its version nor one that another program seems to have stored.
            let credential = reader.get(&name("a"), Selector::CURRENT).unwrap();
            assert!(credential.secret.expose().starts_with(b"secret-"));
            assert!(credential.version.number <= 21);
        }
    });
    assert_eq!(current(&store().entry(&name("a")).unwrap()), 21);
}

#[test]
#[ignore = "runs in a session of its own"]
fn a_writer_that_is_killed_leaves_the_old_or_the_new() {
    store().create(record("a"), secret("secret-1")).unwrap();
    let mut last = 1;
    for attempt in 0..20 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "store::writes_until_it_is_killed"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(60 + 7 * attempt));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let store = store();
        let credential = store.get(&name("a"), Selector::CURRENT).unwrap();
        let number = credential.version.number;
        assert_eq!(credential.secret.expose(), format!("secret-{number}").as_bytes());
        assert_eq!(seen("a").unwrap(), format!("secret-{number}"));
        for version in store.entry(&name("a")).unwrap().history.versions() {
            let number = version.number;
            assert_eq!(given(&store, "a", Selector::Number(number)), format!("secret-{number}"));
        }
        assert!(number >= last);
        last = number;
    }
    assert!(last > 1, "no writer wrote before it was killed");
    let store = store();
    store.put(&name("a"), secret(&format!("secret-{}", last + 1)), None, None).unwrap();
    assert_eq!(entries_of("modelcrypt-record"), ["a"]);
    let versions = store.entry(&name("a")).unwrap().history.versions().len();
    assert_eq!(entries_of("modelcrypt-version").len(), versions, "a killed writer's leftovers are removed");
}

#[test]
#[ignore = "is killed by another test"]
fn writes_until_it_is_killed() {
    let store = store();
    loop {
        let next = current(&store.entry(&name("a")).unwrap()) + 1;
        store.put(&name("a"), secret(&format!("secret-{next}")), None, None).unwrap();
    }
}

#[test]
#[ignore = "runs in a session of its own"]
fn a_locked_keyring_is_unavailable() {
    let store = store();
    let results = [store.probe(), store.entry(&name("ours")).map(drop), store.list().map(drop)];
    for result in results {
        let Err(Error::Unavailable { store, reason }) = result else { panic!("{result:?}") };
        assert_eq!((store.as_str(), reason.as_str()), ("keyring", "it is locked"));
    }
}
