//! Rotation on a vault: create, verify, switch, and what is left when one of them fails.

use std::time::Duration;

use modelcrypt::base::SecretText;
use modelcrypt::credentials::{
    CredentialStore, Error, Kind, Label, NewSecret, Refusal, Rotation, Selector, check_by_command, due,
    secret_of_command,
};

use crate::suite::{Place, filled, name, record, secret, text};
use crate::vault::place;

const PENDING: Selector = Selector::Label(Label::Pending);
const PREVIOUS: Selector = Selector::Label(Label::Previous);

#[allow(clippy::unnecessary_wraps, reason = "the shape of a check")]
fn accept(_: &modelcrypt::credentials::Credential) -> Result<(), Refusal> {
    Ok(())
}

#[test]
fn a_checked_secret_takes_over_and_the_old_one_has_its_grace() {
    let store = filled(&place(), &["x"]);
    let mut seen = Vec::new();
    Rotation::new(&*store, name("x"))
        .grace(Duration::from_secs(60))
        .run(NewSecret::Given(secret("x-2")), &mut |credential| {
            seen.push((credential.version.label, credential.secret.expose().to_vec()));
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [(Some(Label::Pending), b"x-2".to_vec())]);
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-2");
    assert_eq!(text(&*store, "x", PREVIOUS), "x-1");
    let later = store.now().plus(Duration::from_secs(61));
    assert!(matches!(store.read(&name("x"), PREVIOUS, later), Err(Error::GraceOver { .. })));
}

#[test]
fn a_refused_secret_leaves_the_current_one_and_is_dropped() {
    let store = filled(&place(), &["x"]);
    let refuse = &mut |_: &_| Err(Refusal::Refused("401".into()));
    let failed = Rotation::new(&*store, name("x")).run(NewSecret::Given(secret("bad")), refuse);
    assert!(matches!(failed, Err(Error::CheckFailed { reason, .. }) if reason == "401"));
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-1");
    assert!(matches!(store.get(&name("x"), PENDING), Err(Error::NoVersion { .. })));
}

#[test]
fn a_refused_secret_does_not_take_that_of_another_rotation_with_it() {
    let store = filled(&place(), &["x"]);
    let failed = Rotation::new(&*store, name("x")).run(NewSecret::Given(secret("bad")), &mut |_| {
        store.stage(&name("x"), secret("of another"), None).unwrap();
        Err(Refusal::Refused("401".into()))
    });
    assert!(matches!(failed, Err(Error::CheckFailed { .. })));
    assert_eq!(text(&*store, "x", PENDING), "of another");
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-1");
}

#[test]
fn of_two_rotations_at_once_one_takes_over_whole() {
    let store = filled(&place(), &["x"]);
    let done: Vec<_> = std::thread::scope(|scope| {
        let rotate = |number: usize| {
            let store = &store;
            scope.spawn(move || {
                let secret = secret(&format!("new {number}"));
                let slow = &mut |_: &_| {
                    std::thread::sleep(Duration::from_millis(20));
                    Ok(())
                };
                Rotation::new(&**store, name("x")).run(NewSecret::Given(secret), slow).map(|_| number)
            })
        };
        let threads: Vec<_> = (0..4).map(rotate).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let last = done.iter().flatten().count();
    assert!(last >= 1, "one of them took over");
    let current = text(&*store, "x", Selector::CURRENT);
    assert!(done.iter().flatten().any(|number| current == format!("new {number}")), "{current}");
    assert!(done.iter().all(|done| matches!(done, Ok(_) | Err(Error::NoVersion { .. }))), "{done:?}");
    assert!(matches!(store.get(&name("x"), PENDING), Err(Error::NoVersion { .. })));
}

#[test]
fn a_secret_that_nobody_could_check_waits_for_the_next_run() {
    let store = filled(&place(), &["x"]);
    let rotation = Rotation::new(&*store, name("x"));
    let mut made = 0;
    let mut make = |_: &_| {
        made += 1;
        Ok(secret("x-2"))
    };
    let failed = rotation
        .run(NewSecret::Made(&mut make), &mut |_| Err(Refusal::Unanswered("no route".into())))
        .map(drop);
    assert!(matches!(failed, Err(Error::CheckFailed { .. })));
    assert_eq!(text(&*store, "x", PENDING), "x-2");
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-1");
    rotation.run(NewSecret::Made(&mut make), &mut accept).unwrap();
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-2");
    assert_eq!(made, 1, "what a provider has issued is not lost");
}

#[test]
fn a_given_secret_takes_the_place_of_one_that_is_pending() {
    let store = filled(&place(), &["x"]);
    store.stage(&name("x"), secret("old try"), None).unwrap();
    Rotation::new(&*store, name("x")).run(NewSecret::Given(secret("x-3")), &mut accept).unwrap();
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-3");
}

#[test]
fn a_secret_that_cannot_be_made_changes_nothing() {
    let store = filled(&place(), &["x"]);
    let before = store.entry(&name("x")).unwrap();
    let mut make = |_: &_| Err("the command failed".to_owned());
    assert!(Rotation::new(&*store, name("x")).run(NewSecret::Made(&mut make), &mut accept).is_err());
    assert_eq!(store.entry(&name("x")).unwrap(), before);
}

#[test]
fn an_expired_credential_can_be_rotated_and_a_deactivated_one_cannot() {
    let store = filled(&place(), &["gone"]);
    let mut old = record("x", Kind::Custom);
    old.expires = Some(std::time::SystemTime::UNIX_EPOCH.into());
    store.create(old, secret("x-1")).unwrap();
    assert!(matches!(store.get(&name("x"), Selector::CURRENT), Err(Error::Expired { .. })));
    Rotation::new(&*store, name("x")).run(NewSecret::Given(secret("x-2")), &mut accept).unwrap();
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-2");
    store.deactivate(&name("gone")).unwrap();
    let refused = Rotation::new(&*store, name("gone")).run(NewSecret::Given(secret("s")), &mut accept);
    assert!(matches!(refused, Err(Error::Inactive(_))));
}

#[test]
fn what_is_due_is_listed_with_the_most_urgent_first() {
    let store = filled(&place(), &["never"]);
    for (text, days) in [("later", 30), ("soon", 2), ("now", 1)] {
        let mut due = record(text, Kind::Custom);
        due.rotate_every = Some(Duration::from_secs(days * 86_400));
        store.create(due, secret("s")).unwrap();
    }
    let by = store.now().plus(Duration::from_secs(7 * 86_400));
    let names: Vec<_> = due(&*store, by).unwrap().iter().map(|entry| entry.record.name.to_string()).collect();
    assert_eq!(names, ["now", "soon"]);
    store.deactivate(&name("now")).unwrap();
    assert_eq!(due(&*store, by).unwrap().len(), 1);
}

#[cfg(unix)]
#[test]
fn commands_make_and_check_a_secret() {
    let place = place();
    let store = filled(&place, &["x"]);
    let make = |command: &'static str| move |entry: &_| secret_of_command(command, entry);
    let check = |command: &'static str| move |credential: &_| check_by_command(command, credential);
    let rotation = Rotation::new(&*store, name("x"));
    let print = "printf 'made for %s\\n' \"$MODELCRYPT_CREDENTIAL\"";
    rotation.run(NewSecret::Made(&mut make(print)), &mut check("grep -qx 'made for x'")).unwrap();
    assert_eq!(text(&*place.open(), "x", Selector::CURRENT), "made for x");
    let refused = rotation.run(NewSecret::Made(&mut make("echo canary")), &mut check("exit 3"));
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("failed") && !message.contains("canary"), "{message}");
    for command in ["exit 1", "true", "yes | head -c 70000"] {
        let failed = rotation.run(NewSecret::Made(&mut make(command)), &mut accept);
        assert!(matches!(failed, Err(Error::CheckFailed { .. })), "{command}");
    }
    assert_eq!(text(&*store, "x", Selector::CURRENT), "made for x");
    // A check that does not read its input is not failed by it.
    let long = SecretText::new(vec![b'a'; 60_000]);
    rotation.run(NewSecret::Given(long), &mut check("true")).unwrap();
}
