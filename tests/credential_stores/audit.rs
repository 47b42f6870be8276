//! The audit log: what is on record, and that every way to change it is told from the others and from a crash.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use modelcrypt::MasterKey;
use modelcrypt::credentials::audit::{Actor, AuditLog, Audited, Finding, Outcome, Sync};
use modelcrypt::credentials::stores::vault::Vault;
use modelcrypt::credentials::{CredentialStore, Error, Kind, Name, Selector};

use crate::suite::{Place, name, record, secret, suite};
use crate::vault::{VaultPlace, place};

type Store = Audited<Arc<Vault>>;

/// A vault of which every access is on record.
struct AuditedPlace(VaultPlace);

suite!(|| Some(AuditedPlace(place())));

impl Place for AuditedPlace {
    fn open(&self) -> Box<dyn CredentialStore> {
        drop(self.0.open());
        Box::new(audited(&self.0))
    }
}

pub(crate) fn audited(place: &VaultPlace) -> Store {
    let vault = Arc::new(place.vault().unwrap());
    let log = Arc::new(AuditLog::of(Arc::clone(&vault)));
    Audited::new(vault, log, actor())
}

/// The same, after the machine was started anew.
fn restarted(place: &VaultPlace) -> Store {
    let vault = Arc::new(place.vault().unwrap());
    let log = Arc::new(AuditLog::of(Arc::clone(&vault)).boot([9; 16]));
    Audited::new(vault, log, actor())
}

fn actor() -> Actor {
    Actor { name: "test".into(), correlation: "c-1".into() }
}

/// A log with lines 1 to 6: two changes, of which each is two lines, and two reads.
fn filled() -> (VaultPlace, Store) {
    let place = place();
    drop(place.open());
    let store = audited(&place);
    store.create(record("x", Kind::Custom), secret("canary-1")).unwrap();
    store.put(&name("x"), secret("canary-2"), None, None).unwrap();
    store.get(&name("x"), Selector::CURRENT).unwrap();
    store.get(&name("x"), Selector::Number(1)).unwrap();
    (place, store)
}

fn lines(store: &Store) -> Vec<String> {
    fs::read_to_string(store.log().path()).unwrap().lines().map(|line| format!("{line}\n")).collect()
}

fn write(store: &Store, lines: &[String]) {
    fs::write(store.log().path(), lines.concat()).unwrap();
}

fn findings(store: &Store) -> Vec<Finding> {
    store.log().verify().unwrap().findings
}

fn is_refused(store: &Store) -> bool {
    matches!(store.get(&name("x"), Selector::CURRENT), Err(Error::Tampered { store, .. }) if store == "audit log")
}

#[test]
fn every_access_is_on_record_and_failed_ones_too() {
    let (_place, store) = filled();
    store.get(&name("nobody"), Selector::CURRENT).unwrap_err();
    store.create(record("x", Kind::Custom), secret("canary-3")).unwrap_err();
    store.list().unwrap();
    store.purge(&name("x")).unwrap();
    let lines = store.log().lines().unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.seq, line.action.as_str(), line.name.as_deref(), line.version, line.outcome))
        .collect();
    let x = Some("x");
    let expected = [
        (1, "create", x, None, Outcome::Begun),
        (2, "create", x, Some(1), Outcome::Ok),
        (3, "put", x, None, Outcome::Begun),
        (4, "put", x, Some(2), Outcome::Ok),
        (5, "get", x, Some(2), Outcome::Ok),
        (6, "get", x, Some(1), Outcome::Ok),
        (7, "get", Some("nobody"), None, Outcome::Failed),
        (8, "create", x, None, Outcome::Begun),
        (9, "create", x, None, Outcome::Failed),
        (10, "list", None, None, Outcome::Ok),
        (11, "purge", x, None, Outcome::Begun),
        (12, "purge", x, None, Outcome::Ok),
    ];
    assert_eq!(told, expected);
    assert!(
        lines.iter().all(|line| line.actor == "test" && line.correlation == "c-1" && line.store == "vault")
    );
    #[cfg(unix)]
    assert!(lines.iter().all(|line| line.uid == Some(rustix::process::getuid().as_raw())));
    let report = store.log().verify().unwrap();
    assert_eq!((report.lines, report.last_seq, report.findings), (12, 12, vec![]));
    assert!(!fs::read_to_string(store.log().path()).unwrap().contains("canary"));
}

#[test]
fn an_access_that_cannot_be_put_on_record_does_not_take_place() {
    let (place, store) = filled();
    fs::remove_file(store.log().path()).unwrap();
    fs::create_dir(store.log().path()).unwrap();
    assert!(matches!(store.get(&name("x"), Selector::CURRENT), Err(Error::Audit { .. })));
    assert!(matches!(store.put(&name("x"), secret("s"), None, None), Err(Error::Audit { .. })));
    assert!(matches!(store.purge(&name("x")), Err(Error::Audit { .. })));
    assert_eq!(place.vault().unwrap().entry(&name("x")).unwrap().history.versions().len(), 2);
}

#[test]
fn an_edited_line_is_found() {
    for at in 0..6 {
        let (_place, store) = filled();
        let mut edited = lines(&store);
        edited[at] = edited[at].replace("\"actor\":\"test\"", "\"actor\":\"rest\"");
        write(&store, &edited);
        let mut found = findings(&store);
        assert_eq!(found.remove(0), Finding::Edited { line: at as u64 + 1 });
        assert_eq!(found, []);
        assert_eq!(is_refused(&store), at == 5, "only the end is looked at before each access");
    }
}

#[test]
fn lines_taken_out_are_found() {
    let (_place, store) = filled();
    let mut cut = lines(&store);
    cut.drain(1..3);
    write(&store, &cut);
    assert_eq!(findings(&store), [Finding::Removed { from: 2, to: 3 }]);
    let (_place, store) = filled();
    write(&store, &lines(&store)[2..]);
    assert_eq!(findings(&store), [Finding::Removed { from: 1, to: 2 }]);
}

#[test]
fn a_log_cut_short_is_found_and_not_continued() {
    for left in 0..3 {
        let (_place, store) = filled();
        write(&store, &lines(&store)[..left]);
        assert_eq!(findings(&store), [Finding::Truncated { from: left as u64 + 1, to: 6 }], "{left} left");
        assert!(is_refused(&store), "{left} left");
    }
    let (_place, store) = filled();
    fs::remove_file(store.log().path()).unwrap();
    assert_eq!(findings(&store), [Finding::Truncated { from: 1, to: 6 }]);
    assert!(is_refused(&store), "a vault that was moved without its log");
}

#[test]
fn a_cut_last_line_of_a_read_shows_for_good() {
    let (place, store) = filled();
    write(&store, &lines(&store)[..5]);
    let store = restarted(&place);
    assert_eq!(findings(&store), [Finding::LostUnsynced { from: 6, to: 6 }]);
    store.get(&name("x"), Selector::CURRENT).unwrap();
    assert_eq!(findings(&store), [Finding::LostUnsynced { from: 6, to: 6 }]);
    let told: Vec<_> = store.log().lines().unwrap().into_iter().map(|line| (line.seq, line.action)).collect();
    assert_eq!(told[5..], [(7, "recover".to_owned()), (8, "get".to_owned())]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_cut_last_line_is_no_crash_while_the_machine_runs_on() {
    let (place, store) = filled();
    write(&store, &lines(&store)[..5]);
    for store in [&store, &audited(&place)] {
        assert_eq!(findings(store), [Finding::Truncated { from: 6, to: 6 }]);
        assert!(is_refused(store));
    }
    let place = crate::vault::place();
    drop(place.open());
    let store = audited(&place);
    store.list().unwrap();
    write(&store, &[]);
    assert!(matches!(store.list(), Err(Error::Tampered { .. })), "the only line, too");
}

#[test]
fn a_crash_covers_no_more_than_the_lines_that_it_took() {
    let (place, store) = filled();
    write(&store, &lines(&store)[..5]);
    let store = restarted(&place);
    store.get(&name("x"), Selector::CURRENT).unwrap();
    // Line 7 says that line 6 is lost. Somebody takes the second change out too.
    let mut cut = lines(&store);
    cut.drain(2..5);
    write(&store, &cut);
    let expected = [Finding::Removed { from: 3, to: 5 }, Finding::LostUnsynced { from: 6, to: 6 }];
    assert_eq!(findings(&store), expected);
}

#[test]
fn looking_for_what_is_to_be_made_is_no_failed_access() {
    let (_place, store) = filled();
    assert_eq!(store.look_up(&name("new")).unwrap(), None);
    assert!(store.look_up(&name("x")).unwrap().is_some());
    let told: Vec<_> = store.log().lines().unwrap().split_off(6);
    let told: Vec<_> =
        told.iter().map(|line| (line.action.as_str(), line.outcome, line.reason.as_deref())).collect();
    let expected = [("describe", Outcome::Ok, Some("it is not there")), ("describe", Outcome::Ok, None)];
    assert_eq!(told, expected);
    fs::remove_file(store.log().path()).unwrap();
    fs::create_dir(store.log().path()).unwrap();
    assert!(matches!(store.look_up(&name("new")), Err(Error::Audit { .. })));
}

#[test]
fn a_shared_store_polls_without_a_record_too() {
    let (_place, store) = filled();
    let path = store.log().path().to_owned();
    let shared = Arc::new(store);
    assert_eq!(shared.current_number(&name("x")).unwrap(), 2);
    assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 6);
}

#[test]
fn a_checkpoint_that_a_crash_has_cut_is_not_forged() {
    let (place, store) = filled();
    store.log().checkpoint().unwrap();
    let path = PathBuf::from(format!("{}.checkpoints.jsonl", place.path().display()));
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{whole}{}", &whole[..50])).unwrap();
    assert_eq!(findings(&store), [Finding::CutByCrash { bytes: 50 }]);
    store.log().checkpoint().unwrap();
    let report = store.log().verify().unwrap();
    assert_eq!((report.checkpoints, report.findings), (2, vec![]));
}

#[test]
fn a_cut_last_line_that_was_waited_for_is_no_crash() {
    let place = place();
    drop(place.open());
    let vault = Arc::new(place.vault().unwrap());
    let log = Arc::new(AuditLog::of(Arc::clone(&vault)).sync(Sync::Always));
    let store = Audited::new(vault, log, actor());
    store.create(record("x", Kind::Custom), secret("s")).unwrap();
    store.get(&name("x"), Selector::CURRENT).unwrap();
    write(&store, &lines(&store)[..2]);
    assert_eq!(findings(&store), [Finding::Truncated { from: 3, to: 3 }]);
    assert!(is_refused(&store));
}

#[test]
fn lines_of_another_time_are_not_those_that_were_written() {
    let (place, store) = filled();
    let intruder = place.intruder();
    let head: (Vec<u8>, Vec<u8>) = head_of(&intruder);
    let before = lines(&store);
    store.get(&name("x"), Selector::CURRENT).unwrap();
    let first_try = lines(&store);
    // Somebody who has the key writes the seventh line anew.
    write(&store, &before);
    intruder.execute("UPDATE audit_head SET head = ?1, mac = ?2", (&head.0, &head.1)).unwrap();
    store.get(&name("x"), Selector::Number(1)).unwrap();
    let second_head = head_of(&intruder);
    assert_ne!(head, second_head);
    write(&store, &first_try);
    assert_eq!(findings(&store), [Finding::Rewritten { seq: 7 }]);
    assert!(is_refused(&store));
}

fn head_of(intruder: &rusqlite::Connection) -> (Vec<u8>, Vec<u8>) {
    intruder.query_row("SELECT head, mac FROM audit_head", (), |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn a_crash_between_the_line_and_the_vault_is_nobody_s_fault() {
    let (place, store) = filled();
    let intruder = place.intruder();
    let head = head_of(&intruder);
    store.get(&name("x"), Selector::CURRENT).unwrap();
    intruder.execute("UPDATE audit_head SET head = ?1, mac = ?2", (&head.0, &head.1)).unwrap();
    assert_eq!(findings(&store), []);
    store.get(&name("x"), Selector::CURRENT).unwrap();
    let report = store.log().verify().unwrap();
    assert_eq!((report.last_seq, report.findings), (8, vec![]));
}

#[test]
fn a_piece_of_a_line_is_the_trace_of_a_crash() {
    let (_place, store) = filled();
    let mut torn = lines(&store);
    let piece = torn[5][..100].to_owned();
    torn.push(piece);
    write(&store, &torn);
    assert_eq!(findings(&store), [Finding::CutByCrash { bytes: 100 }]);
    assert!(!store.log().verify().unwrap().is_tampered());
    store.get(&name("x"), Selector::CURRENT).unwrap();
    assert_eq!(findings(&store), []);
    let lines = store.log().lines().unwrap();
    assert_eq!((lines[6].action.as_str(), lines[7].action.as_str()), ("recover", "get"));
    assert!(lines[6].reason.as_ref().unwrap().contains("100 bytes"));
}

#[test]
fn a_vault_put_back_is_older_than_its_log() {
    let (place, store) = filled();
    drop(store);
    let old = fs::read(place.path()).unwrap();
    let store = audited(&place);
    store.put(&name("x"), secret("canary-3"), None, None).unwrap();
    store.get(&name("x"), Selector::CURRENT).unwrap();
    drop(store);
    fs::write(place.path(), old).unwrap();
    let store = audited(&place);
    assert_eq!(findings(&store), [Finding::VaultPutBack { vault_seq: 6, log_seq: 9 }]);
    assert!(is_refused(&store));
}

#[test]
fn what_the_vault_remembers_cannot_be_put_back_alone() {
    let (place, store) = filled();
    let intruder = place.intruder();
    let (head, log) = (head_of(&intruder), fs::read(store.log().path()).unwrap());
    store.put(&name("x"), secret("canary-3"), None, None).unwrap();
    // Who covers up that change puts back where the log had ended, and the log with it.
    intruder.execute("UPDATE audit_head SET head = ?1, mac = ?2", (&head.0, &head.1)).unwrap();
    fs::write(store.log().path(), log).unwrap();
    for store in [&store, &audited(&place)] {
        assert!(matches!(store.log().verify(), Err(Error::Tampered { .. })));
        assert!(matches!(store.get(&name("x"), Selector::CURRENT), Err(Error::Tampered { .. })));
        let put = store.put(&name("x"), secret("s"), None, None);
        assert!(matches!(put, Err(Error::Tampered { .. })));
    }
}

#[test]
fn checkpoints_show_what_vault_and_log_together_no_longer_know() {
    let (place, store) = filled();
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("checkpoints");
    let with_checkpoints = |place: &VaultPlace| {
        let vault = Arc::new(place.vault().unwrap());
        let log = Arc::new(AuditLog::of(Arc::clone(&vault)).checkpoints_at(&second));
        Audited::new(vault, log, actor())
    };
    let path = store.log().path().to_owned();
    drop(store);
    let old = (fs::read(place.path()).unwrap(), fs::read(&path).unwrap());
    let store = with_checkpoints(&place);
    store.get(&name("x"), Selector::CURRENT).unwrap();
    let checkpoint = store.log().checkpoint().unwrap();
    assert_eq!(checkpoint.seq, 7);
    assert_eq!(store.log().verify().unwrap().checkpoints, 1);
    drop(store);
    fs::write(place.path(), old.0).unwrap();
    fs::write(path, old.1).unwrap();
    let store = with_checkpoints(&place);
    assert_eq!(findings(&store), [Finding::Truncated { from: 7, to: 7 }]);
    store.get(&name("x"), Selector::Number(1)).unwrap();
    assert_eq!(findings(&store), [Finding::Rewritten { seq: 7 }]);
    assert!(matches!(store.log().checkpoint(), Err(Error::Tampered { .. })), "nobody signs that");
}

#[test]
fn a_checkpoint_is_checked_by_who_has_the_public_key_alone() {
    let (_place, store) = filled();
    let checkpoint = store.log().checkpoint().unwrap();
    let mut value = serde_json::to_value(&checkpoint).unwrap();
    let signature = value.as_object_mut().unwrap().remove("signature").unwrap();
    let message = [&b"modelcrypt/v1/audit-checkpoint\0"[..], value.to_string().as_bytes()].concat();
    let signature = data_encoding::HEXLOWER.decode(signature.as_str().unwrap().as_bytes()).unwrap();
    let signature = signature.try_into().unwrap();
    assert!(modelcrypt::crypto::is_signed(&store.log().public_key(), &message, &signature));
}

#[test]
fn a_forged_checkpoint_is_found() {
    let (place, store) = filled();
    store.log().checkpoint().unwrap();
    let mut path = place.path().into_os_string();
    path.push(".checkpoints.jsonl");
    let path = PathBuf::from(path);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{}", text.replace("\"seq\":6", "\"seq\":5"))).unwrap();
    assert_eq!(findings(&store), [Finding::ForgedCheckpoint { line: 2 }]);
}

#[test]
fn a_log_that_was_tampered_with_is_put_aside_and_a_new_one_begun() {
    let (_place, store) = filled();
    write(&store, &lines(&store)[..2]);
    assert!(is_refused(&store));
    let old = store.log().start_anew(&actor()).unwrap().unwrap();
    assert_eq!(fs::read_to_string(old).unwrap().lines().count(), 2);
    store.get(&name("x"), Selector::CURRENT).unwrap();
    let report = store.log().verify().unwrap();
    assert_eq!((report.lines, report.last_seq, report.findings), (2, 8, vec![]));
    let first = &store.log().lines().unwrap()[0];
    assert_eq!(first.action, "restart");
    assert!(first.reason.as_ref().unwrap().contains("vault.db.audit.jsonl.1, SHA-256 "));
    store.log().start_anew(&actor()).unwrap().unwrap();
    store.get(&name("x"), Selector::CURRENT).unwrap();
    assert_eq!(findings(&store), []);
}

#[test]
fn a_log_without_its_first_lines_is_no_new_log() {
    let (_place, store) = filled();
    store.log().start_anew(&actor()).unwrap();
    store.get(&name("x"), Selector::CURRENT).unwrap();
    write(&store, &lines(&store)[1..]);
    assert_eq!(findings(&store), [Finding::Removed { from: 1, to: 7 }]);
}

#[test]
fn the_log_of_another_vault_is_not_taken() {
    let (_place, store) = filled();
    let (_other_place, other) = filled();
    fs::copy(other.log().path(), store.log().path()).unwrap();
    let all: Vec<_> = (1..=6).map(|line| Finding::Edited { line }).collect();
    assert_eq!(findings(&store), all);
    assert!(is_refused(&store));
}

#[test]
fn sixteen_threads_write_one_log() {
    let (place, store) = filled();
    let names: Vec<Name> = (0..16).map(|number| name(&format!("n{number}"))).collect();
    std::thread::scope(|scope| {
        for own in &names {
            let (store, place) = (&store, &place);
            scope.spawn(move || {
                let second = audited(place);
                store.create(record(own.as_str(), Kind::Custom), secret("s")).unwrap();
                second.get(own, Selector::CURRENT).unwrap();
                store.get(own, Selector::CURRENT).unwrap();
            });
        }
    });
    let report = store.log().verify().unwrap();
    assert_eq!((report.last_seq, report.findings), (6 + 16 * 4, vec![]));
}

#[cfg(unix)]
#[test]
fn the_log_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (_place, store) = filled();
    let mode = fs::metadata(store.log().path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let target = store.log().path().with_extension("elsewhere");
    fs::rename(store.log().path(), &target).unwrap();
    std::os::unix::fs::symlink(&target, store.log().path()).unwrap();
    assert!(matches!(store.get(&name("x"), Selector::CURRENT), Err(Error::Audit { .. })));
}

#[test]
fn a_rewrapped_vault_keeps_its_log() {
    let (place, store) = filled();
    let new = MasterKey::generate().unwrap();
    place.vault().unwrap().rewrap(place.key(), &new, 100_000).unwrap();
    let vault = Arc::new(Vault::open(&place.path(), &new).unwrap());
    let log = AuditLog::of(vault);
    assert_eq!(log.verify().unwrap().findings, []);
    drop(store);
}
