//! What holds for every store that can be written. A store runs all of it with `suite!(factory)`, where the factory
//! makes a [`Place`]: somewhere empty, which can be opened any number of times.

use std::time::Duration;

use modelcrypt::base::SecretText;
use modelcrypt::credentials::{
    Access, Action, CredentialStore, Entry, Error, Filter, Kind, Label, Moment, Name, Record, Selector,
    WithSecret,
};

/// Somewhere that credentials are kept.
pub(crate) trait Place: Sync {
    /// Opens the store, as another process would.
    fn open(&self) -> Box<dyn CredentialStore>;
}

/// Runs the whole suite over the places that a factory makes.
macro_rules! suite {
    ($factory:expr) => {
        crate::suite::suite! { $factory;
            keeps_what_it_is_given,
            does_not_keep_one_name_twice,
            says_what_is_not_there,
            gives_versions_by_label_and_number,
            gives_the_previous_version_until_its_grace_ends,
            gives_no_expired_secret,
            gives_nothing_deactivated_and_all_of_it_when_restored,
            changes_metadata_and_nothing_else,
            checks_what_it_is_given,
            a_pending_version_waits_to_be_promoted,
            goes_back_to_earlier_versions,
            keeps_five_retired_versions,
            forgets_what_is_purged,
            a_change_that_fails_changes_nothing,
            lists_in_the_order_of_names,
            prints_no_secret,
            sixteen_threads_lose_nothing,
        }
    };
    ($factory:expr; $($name:ident),* $(,)?) => {
        $(#[test] fn $name() { if let Some(place) = $factory() { crate::suite::$name(&place); } })*
    };
}
pub(crate) use suite;

pub(crate) fn keeps_what_it_is_given(place: &impl Place) {
    let mut given = record("full", Kind::Aws);
    given.username = Some("AKIDEXAMPLE".into());
    given.extra.insert("endpoint".into(), "https://s3.example".into());
    given.description = Some("two\nlines, naïve ✓".into());
    given.tags.extend(["a".into(), "b c".into()]);
    given.service = Some("s3".into());
    given.environment = Some("prod".into());
    given.rotate_every = Some(Duration::from_secs(90 * 86_400));
    given.rotate_command = Some("make-key".into());
    given.verify_command = Some("check-key".into());
    let store = place.open();
    assert_eq!(store.access(), Access::ReadWrite);
    store.create(given.clone(), secret("wJalr/x+y")).unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(60_000).collect();
    store.create(record("binary", Kind::EncryptionKey), SecretText::new(bytes.clone())).unwrap();
    drop(store);
    let store = place.open();
    let mut found = store.get(&name("full"), Selector::CURRENT).unwrap();
    assert_eq!(found.secret.expose(), b"wJalr/x+y");
    found.record.updated = given.updated;
    assert_eq!(found.record, given);
    assert_eq!((found.version.number, found.version.label), (1, Some(Label::Current)));
    assert_eq!(store.entry(&name("full")).unwrap().record.id, given.id);
    let is_whole = store.with_secret(&name("binary"), |secret| secret == bytes).unwrap();
    assert!(is_whole);
}

pub(crate) fn does_not_keep_one_name_twice(place: &impl Place) {
    let store = filled(place, &["x"]);
    let again = store.create(record("x", Kind::Custom), secret("other"));
    assert!(matches!(again, Err(Error::AlreadyExists(name)) if name == "x"));
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-1");
}

pub(crate) fn says_what_is_not_there(place: &impl Place) {
    let store = filled(place, &["x"]);
    let nobody = name("nobody");
    let not_found = |error| matches!(error, Error::NotFound(name) if name == "nobody");
    assert!(not_found(store.get(&nobody, Selector::CURRENT).unwrap_err()));
    assert!(not_found(store.entry(&nobody).unwrap_err()));
    assert!(not_found(store.put(&nobody, secret("s"), None, None).unwrap_err()));
    assert!(not_found(store.edit(&nobody, &mut |_| ()).unwrap_err()));
    assert!(not_found(store.deactivate(&nobody).unwrap_err()));
    assert!(not_found(store.purge(&nobody).unwrap_err()));
    for selector in [Selector::Label(Label::Previous), Selector::Label(Label::Pending), Selector::Number(2)] {
        assert!(matches!(store.get(&name("x"), selector), Err(Error::NoVersion { .. })), "{selector}");
    }
}

pub(crate) fn gives_versions_by_label_and_number(place: &impl Place) {
    let store = filled(place, &["x"]);
    for number in 2..=3 {
        store.put(&name("x"), secret(&format!("x-{number}")), None, None).unwrap();
    }
    let store = place.open();
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-3");
    assert_eq!(text(&*store, "x", Selector::Label(Label::Previous)), "x-2");
    for number in 1..=3 {
        assert_eq!(text(&*store, "x", Selector::Number(number)), format!("x-{number}"));
    }
}

pub(crate) fn gives_the_previous_version_until_its_grace_ends(place: &impl Place) {
    let store = filled(place, &["x"]);
    store.put(&name("x"), secret("x-2"), None, Some(Duration::from_secs(3600))).unwrap();
    let now = store.now();
    let read = |selector, later| store.read(&name("x"), selector, now.plus(Duration::from_secs(later)));
    for selector in [Selector::Label(Label::Previous), Selector::Number(1)] {
        assert_eq!(read(selector, 3500).unwrap().secret.expose(), b"x-1");
        assert!(matches!(read(selector, 3700), Err(Error::GraceOver { .. })), "{selector}");
    }
    assert_eq!(read(Selector::CURRENT, 3700).unwrap().secret.expose(), b"x-2");
}

pub(crate) fn gives_no_expired_secret(place: &impl Place) {
    let store = filled(place, &[]);
    let now = store.now();
    let later = |seconds| now.plus(Duration::from_secs(seconds));
    let mut mortal = record("x", Kind::Custom);
    mortal.expires = Some(later(100));
    store.create(mortal, secret("x-1")).unwrap();
    let read = |selector, at| store.read(&name("x"), selector, later(at));
    assert!(read(Selector::CURRENT, 99).is_ok());
    assert!(matches!(read(Selector::CURRENT, 100), Err(Error::Expired { .. })));
    store.put(&name("x"), secret("x-2"), None, None).unwrap();
    assert!(read(Selector::CURRENT, 1_000_000).is_ok(), "the end was that of the old secret");
    assert!(matches!(read(Selector::Number(1), 100), Err(Error::Expired { .. })));
    store.edit(&name("x"), &mut |record| record.expires = Some(later(200))).unwrap();
    assert!(matches!(read(Selector::CURRENT, 200), Err(Error::Expired { .. })));
}

pub(crate) fn gives_nothing_deactivated_and_all_of_it_when_restored(place: &impl Place) {
    let store = filled(place, &["x"]);
    store.deactivate(&name("x")).unwrap();
    let store = place.open();
    assert!(matches!(store.get(&name("x"), Selector::CURRENT), Err(Error::Inactive(_))));
    assert!(!store.entry(&name("x")).unwrap().record.active);
    assert_eq!(store.list().unwrap().entries.len(), 1);
    store.restore(&name("x")).unwrap();
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-1");
}

pub(crate) fn changes_metadata_and_nothing_else(place: &impl Place) {
    let store = filled(place, &["x"]);
    let before = store.entry(&name("x")).unwrap();
    let edited = store.edit(&name("x"), &mut |record| record.tags = ["new".into()].into()).unwrap();
    assert_eq!(edited, place.open().entry(&name("x")).unwrap());
    assert_eq!(edited.history, before.history);
    assert!(edited.record.tags.contains("new"));
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-1");
    let renamed = store.edit(&name("x"), &mut |record| record.name = name("y"));
    assert!(matches!(renamed, Err(Error::Invalid { .. })));
    let other_kind = store.edit(&name("x"), &mut |record| record.kind = Kind::EnvVar);
    assert!(matches!(other_kind, Err(Error::Invalid { .. })));
    assert_eq!(store.entry(&name("x")).unwrap(), edited);
}

pub(crate) fn checks_what_it_is_given(place: &impl Place) {
    let store = filled(place, &[]);
    let refused = store.create(record("x", Kind::Jwt), secret("canary"));
    let message = refused.unwrap_err().to_string();
    assert!(message.starts_with("secret: ") && !message.contains("canary"), "{message}");
    store.create(record("x", Kind::Jwt), secret("e30.e30.c2ln")).unwrap();
    assert!(store.put(&name("x"), secret("canary"), None, None).is_err());
    assert!(store.stage(&name("x"), secret("canary"), None).is_err());
    let edit = store.edit(&name("x"), &mut |record| record.service = Some("a\nb".into()));
    assert!(matches!(edit, Err(Error::Invalid { field, .. }) if field == "service"));
    assert_eq!(store.entry(&name("x")).unwrap().history.versions().len(), 1);
}

pub(crate) fn a_pending_version_waits_to_be_promoted(place: &impl Place) {
    let store = filled(place, &["x"]);
    let pending = Selector::Label(Label::Pending);
    store.stage(&name("x"), secret("first try"), None).unwrap();
    let staged = store.stage(&name("x"), secret("x-3"), None).unwrap();
    let number = staged.history.labelled(Label::Pending).unwrap().number;
    assert_eq!(number, 3, "numbers are never used again");
    let store = place.open();
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-1");
    assert_eq!(text(&*store, "x", pending), "x-3");
    assert!(matches!(store.get(&name("x"), Selector::Number(2)), Err(Error::NoVersion { .. })));
    assert!(matches!(store.promote(&name("x"), 2, None), Err(Error::NoVersion { .. })));
    store.promote(&name("x"), number, None).unwrap();
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-3");
    assert_eq!(text(&*store, "x", Selector::Label(Label::Previous)), "x-1");
    store.stage(&name("x"), secret("x-4"), None).unwrap();
    store.discard(&name("x")).unwrap();
    assert!(matches!(store.get(&name("x"), pending), Err(Error::NoVersion { .. })));
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-3");
}

pub(crate) fn goes_back_to_earlier_versions(place: &impl Place) {
    let store = filled(place, &["x"]);
    assert!(matches!(store.rollback(&name("x"), None), Err(Error::NoVersion { .. })));
    for number in 2..=3 {
        let grace = Some(Duration::from_secs(1));
        store.put(&name("x"), secret(&format!("x-{number}")), None, grace).unwrap();
    }
    let current = |store: &dyn CredentialStore| {
        let later = store.now().plus(Duration::from_secs(10));
        let found = store.read(&name("x"), Selector::CURRENT, later).unwrap();
        String::from_utf8(found.secret.expose().to_vec()).unwrap()
    };
    store.rollback(&name("x"), None).unwrap();
    assert_eq!(current(&*store), "x-2");
    store.rollback(&name("x"), None).unwrap();
    assert_eq!(current(&*store), "x-3");
    store.rollback(&name("x"), Some(1)).unwrap();
    assert_eq!(current(&*place.open()), "x-1");
    assert!(matches!(store.rollback(&name("x"), Some(9)), Err(Error::NoVersion { .. })));
    store.stage(&name("x"), secret("unchecked"), None).unwrap();
    assert!(matches!(store.rollback(&name("x"), Some(4)), Err(Error::NoVersion { .. })), "never checked");
}

pub(crate) fn keeps_five_retired_versions(place: &impl Place) {
    let store = filled(place, &["x"]);
    for number in 2..=10 {
        store.put(&name("x"), secret(&format!("x-{number}")), None, None).unwrap();
    }
    let store = place.open();
    for number in 1..=3 {
        let gone = store.get(&name("x"), Selector::Number(number));
        assert!(matches!(gone, Err(Error::NoVersion { .. })), "{number}");
    }
    for number in 4..=10 {
        assert_eq!(text(&*store, "x", Selector::Number(number)), format!("x-{number}"));
    }
}

pub(crate) fn forgets_what_is_purged(place: &impl Place) {
    let store = filled(place, &["x", "y"]);
    let old_id = store.entry(&name("x")).unwrap().record.id;
    store.purge(&name("x")).unwrap();
    let store = place.open();
    assert!(matches!(store.get(&name("x"), Selector::CURRENT), Err(Error::NotFound(_))));
    assert_eq!(text(&*store, "y", Selector::CURRENT), "y-1");
    let made = store.create(record("x", Kind::Custom), secret("new")).unwrap();
    assert_ne!(made.record.id, old_id);
    assert_eq!(made.history.versions().len(), 1);
}

pub(crate) fn a_change_that_fails_changes_nothing(place: &impl Place) {
    let store = filled(place, &["x"]);
    let before = store.entry(&name("x")).unwrap();
    let fail = |found: Option<Entry>| Err(Error::Inactive(found.unwrap().record.name.to_string()));
    assert!(store.change(&name("x"), Action::Edit, Box::new(fail)).is_err());
    assert_eq!(place.open().entry(&name("x")).unwrap(), before);
    store.edit(&name("x"), &mut |record| record.service = Some("s".into())).unwrap();
}

pub(crate) fn lists_in_the_order_of_names(place: &impl Place) {
    assert!(place.open().list().unwrap().entries.is_empty());
    let store = filled(place, &["c", "a", "b", "é", "A"]);
    store.edit(&name("b"), &mut |record| record.rotate_every = Some(Duration::from_secs(1))).unwrap();
    let listing = store.list().unwrap();
    let names: Vec<_> = listing.entries.iter().map(|entry| entry.record.name.as_str()).collect();
    assert_eq!(names, ["A", "a", "b", "c", "é"]);
    assert!(listing.problems.is_empty());
    let due = |by: Moment| {
        let filter = Filter { due_by: Some(by), ..Filter::default() };
        listing.entries.iter().filter(|entry| entry.matches(&filter)).count()
    };
    assert_eq!(due(store.now().plus(Duration::from_secs(60))), 1);
    let other_kind = Filter { kind: Some(Kind::Ssh), ..Filter::default() };
    assert!(!listing.entries[0].matches(&other_kind));
}

pub(crate) fn prints_no_secret(place: &impl Place) {
    let store = place.open();
    store.create(record("x", Kind::Custom), secret("canary")).unwrap();
    let found = store.get(&name("x"), Selector::CURRENT).unwrap();
    let shown = format!("{found:?} {:?} {:?}", store.entry(&name("x")).unwrap(), store.list().unwrap());
    assert!(
        shown.contains("\"x\"") && !shown.contains("canary") && !shown.contains("99, 97, 110"),
        "{shown}"
    );
}

pub(crate) fn sixteen_threads_lose_nothing(place: &impl Place) {
    let shared = filled(place, &["shared"]);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let shared = &shared;
            scope.spawn(move || {
                let own = place.open();
                let store = if thread % 2 == 0 { shared } else { &own };
                store.create(record(&format!("own{thread}"), Kind::Custom), secret("own")).unwrap();
                let tag = format!("tag{thread}");
                store.edit(&name("shared"), &mut |record| record.tags.extend([tag.clone()])).unwrap();
                store.put(&name("shared"), secret(&format!("by {thread}")), None, None).unwrap();
            });
        }
    });
    let store = place.open();
    let shared = store.entry(&name("shared")).unwrap();
    assert_eq!(shared.record.tags.len(), 16);
    assert_eq!(shared.history.labelled(Label::Current).unwrap().number, 17);
    assert_eq!(store.list().unwrap().entries.len(), 17);
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn secret(text: &str) -> SecretText {
    SecretText::new(text.into())
}

pub(crate) fn record(text: &str, kind: Kind) -> Record {
    Record::new(name(text), kind, std::time::SystemTime::now())
}

/// A store with credentials of these names, whose secrets are `NAME-1`.
pub(crate) fn filled(place: &impl Place, names: &[&str]) -> Box<dyn CredentialStore> {
    let store = place.open();
    for text in names {
        store.create(record(text, Kind::Custom), secret(&format!("{text}-1"))).unwrap();
    }
    store
}

pub(crate) fn text(store: &dyn CredentialStore, of: &str, selector: Selector) -> String {
    let found = store.get(&name(of), selector).unwrap();
    String::from_utf8(found.secret.expose().to_vec()).unwrap()
}
