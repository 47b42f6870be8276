//! The keyring of the operating system, on a real GNOME Keyring in a session of its own, beside `secret-tool`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "os_keyring/inside.rs"]
mod inside;
#[path = "os_keyring/session.rs"]
mod session;
#[path = "os_keyring/store.rs"]
mod store;
#[path = "credential_stores/suite.rs"]
mod suite;

use std::fs;
use std::time::Instant;

use session::{Ran, Session};

#[test]
fn a_key_that_is_kept_opens_what_it_seals() {
    let Some(session) = Session::start() else { return };
    let id = session.done(&["keygen", "--keyring", "prod"]).stdout;
    assert_eq!(id.trim_end().len(), 16, "the id, not the key: {id}");
    session.write_model();
    session.done(&["encrypt", "m", "--keyring", "prod"]);
    assert!(!session.path("m/a.safetensors").exists());
    session.done(&["verify", "m", "--keyring", "prod"]);
    session.done(&["keygen", "--keyring", "next"]);
    session.done(&["rewrap", "m", "--keyring", "prod", "--new-keyring", "next"]);
    failed(&session.run(&["verify", "m", "--keyring", "prod"]), 3, "no key slot opens with this key");
    session.done(&["decrypt", "m", "--keyring", "next"]);
    assert_eq!(fs::read(session.path("m/a.safetensors")).unwrap(), b"weights");
}

#[test]
fn secret_tool_reads_the_key_that_was_kept() {
    let Some(session) = Session::start() else { return };
    let id = session.done(&["keygen", "--keyring", "prod"]).stdout;
    let key = session.tool(&["lookup", "service", "modelcrypt", "name", "prod"], "").stdout;
    fs::write(session.path("key"), &key).unwrap();
    session.write_model();
    session.done(&["encrypt", "m", "--keyring", "prod"]);
    session.done(&["verify", "m", "--key-file", "key", "--allow-loose-permissions"]);
    assert!(!id.contains(&key));
}

#[test]
fn a_key_that_secret_tool_stored_is_used() {
    let Some(session) = Session::start() else { return };
    session.write_model();
    let store = ["store", "--label=a key", "service", "modelcrypt", "name", "typed"];
    assert_eq!(session.tool(&store, "correct horse").code, 0);
    session.done(&["encrypt", "m", "--keyring", "typed", "--iterations", "100000"]);
    fs::write(session.path("pass"), "correct horse").unwrap();
    session.done(&["verify", "m", "--passphrase-file", "pass", "--allow-loose-permissions"]);
}

#[test]
fn a_program_that_is_run_finds_the_key_nowhere_in_its_holder() {
    let Some(session) = Session::start() else { return };
    session.done(&["keygen", "--keyring", "prod"]);
    let key = session.tool(&["lookup", "service", "modelcrypt", "name", "prod"], "").stdout;
    fs::write(session.path("key"), key).unwrap();
    session.write_model();
    session.done(&["encrypt", "m", "--keyring", "prod"]);
    let search = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/search_memory.py");
    let found = session.done(&["run", "m", "--keyring", "prod", "--", "python3", search, "key"]).stdout;
    let searched = found.trim_end().strip_prefix("searched ").map(str::parse);
    assert!(matches!(searched, Some(Ok(1_048_576u64..))), "{found}");
}

#[test]
fn keygen_replaces_no_entry_whoever_made_it() {
    let Some(session) = Session::start() else { return };
    let store = ["store", "--label=a key", "service", "modelcrypt", "name", "taken"];
    assert_eq!(session.tool(&store, "correct horse").code, 0);
    let ran = session.run(&["keygen", "--keyring", "taken"]);
    failed(&ran, 1, "the keyring has an entry `taken` already\nhint: choose another name");
    assert_eq!(ran.stdout, "");
    let kept = session.tool(&["lookup", "service", "modelcrypt", "name", "taken"], "").stdout;
    assert_eq!(kept, "correct horse");
}

#[test]
fn a_key_that_is_not_there_is_named_with_what_makes_it() {
    let Some(session) = Session::start() else { return };
    session.write_model();
    let ran = session.run(&["encrypt", "m", "--keyring", "it's new"]);
    failed(
        &ran,
        3,
        "the keyring has no entry `it's new`\nhint: `modelcrypt keygen --keyring 'it'\\''s new'`",
    );
    assert!(session.path("m/a.safetensors").exists());
}

#[test]
fn a_locked_keyring_is_said_to_be_locked_and_nobody_is_asked() {
    let Some(session) = Session::start() else { return };
    session.done(&["keygen", "--keyring", "prod"]);
    session.write_model();
    session.lock();
    let begin = Instant::now();
    failed(&session.run(&["encrypt", "m", "--keyring", "prod"]), 1, "the keyring is locked\nhint: unlock");
    failed(&session.run(&["keygen", "--keyring", "another"]), 1, "the keyring is locked\nhint: unlock");
    // A dialog would have been waited for, as long as a call may take.
    assert!(begin.elapsed() < modelcrypt::keys::OsKeyring::PATIENCE, "{:?}", begin.elapsed());
    assert!(session.path("m/a.safetensors").exists());
}

#[test]
fn a_keyring_that_hangs_is_given_up() {
    let Some(session) = Session::start() else { return };
    session.done(&["keygen", "--keyring", "prod"]);
    session.write_model();
    session.signal("STOP");
    let begin = Instant::now();
    let ran = session.run(&["encrypt", "m", "--keyring", "prod"]);
    failed(&ran, 1, "the keyring did not answer within 3 seconds\nhint: ");
    assert!(begin.elapsed() >= modelcrypt::keys::OsKeyring::PATIENCE);
    session.signal("CONT");
    session.done(&["encrypt", "m", "--keyring", "prod"]);
}

#[test]
fn without_a_bus_or_without_a_keyring_the_reason_is_said() {
    let Some(session) = Session::start() else { return };
    let no_bus = session.path("no-bus");
    let ran = session.run_at(&format!("unix:path={}", no_bus.display()), &["keygen", "--keyring", "prod"]);
    failed(&ran, 1, "the keyring cannot be used: there is no D-Bus session: ");
    assert_eq!(ran.stdout, "");
    let bare = session.bare_bus();
    let ran = session.run_at(&bare.address, &["keygen", "--keyring", "prod"]);
    failed(&ran, 1, "the keyring cannot be used: no program of this session offers one\nhint: ");
}

#[test]
fn the_entries_of_a_service_are_kept_found_replaced_and_deleted() {
    let Some(session) = Session::start() else { return };
    session.inside("inside::entries_are_kept_found_replaced_and_deleted");
}

#[test]
fn an_entry_of_another_client_is_found_and_two_of_one_name_are_not_guessed_at() {
    let Some(session) = Session::start() else { return };
    // As clients have it that know an entry by its service and user.
    assert_eq!(
        session.tool(&["store", "--label=a", "service", "modelcrypt", "username", "u"], "one").code,
        0
    );
    assert_eq!(session.tool(&["store", "--label=b", "service", "modelcrypt", "name", "n"], "two").code, 0);
    for (label, more) in [("c", "1"), ("d", "2")] {
        let label = format!("--label={label}");
        let store = ["store", &label, "service", "modelcrypt", "name", "twice", "more", more];
        assert_eq!(session.tool(&store, "which").code, 0);
    }
    session.inside("inside::entries_of_others_are_found");
    // What we wrote to is found by both names, and stays one entry.
    let found = session.tool(&["search", "--all", "service", "modelcrypt", "name", "u"], "").stdout;
    assert_eq!(found.matches("secret = ").count(), 1, "{found}");
    assert!(found.contains("secret = three"), "{found}");
}

#[test]
fn a_handle_outlives_a_keyring_that_hung() {
    let Some(session) = Session::start() else { return };
    session.inside("inside::a_handle_outlives_a_keyring_that_hung");
}

#[test]
fn probing_writes_nothing() {
    let Some(session) = Session::start() else { return };
    session.inside("inside::probing_says_how_it_stands");
    let found = session.tool(&["search", "--all", "service", "modelcrypt"], "").stdout;
    assert_eq!(found, "");
    session.lock();
    session.inside("inside::probing_says_that_it_is_locked");
}

#[test]
fn the_store_keeps_versions_and_shows_others_the_current_one() {
    let Some(session) = Session::start() else { return };
    for test in ["versions_come_and_go", "a_deactivated_credential_is_seen_by_nobody_until_it_is_restored"] {
        session.inside(&format!("store::{test}"));
    }
    let seen = session.tool(&["lookup", "service", "modelcrypt", "name", "a"], "");
    assert_eq!(seen.stdout, "first-one");
}

#[test]
fn the_store_drops_the_secrets_of_old_versions() {
    let Some(session) = Session::start() else { return };
    session.inside("store::versions_that_are_dropped_leave_no_secret");
}

#[test]
fn the_store_takes_what_secret_tool_stored_and_lets_go_what_it_cleared() {
    let Some(session) = Session::start() else { return };
    session.inside("store::one_is_put");
    for (name, secret) in [("typed", "by-hand"), ("ours", "by-hand-too")] {
        let attributes = ["service", "modelcrypt", "name", name];
        if name == "ours" {
            assert_eq!(
                session.tool(&["lookup", "service", "modelcrypt", "name", name], "").stdout,
                "by-the-store"
            );
            assert_eq!(session.tool(&["clear", "service", "modelcrypt", "name", name], "").code, 0);
        }
        assert_eq!(session.tool(&[&["store", "--label=by hand"], &attributes[..]].concat(), secret).code, 0);
    }
    session.inside("store::what_secret_tool_stored_is_the_current_version");
    for name in ["typed", "ours"] {
        assert_eq!(session.tool(&["clear", "service", "modelcrypt", "name", name], "").code, 0);
    }
    session.inside("store::what_secret_tool_cleared_is_gone");
}

#[test]
fn the_store_leaves_keys_of_models_alone() {
    let Some(session) = Session::start() else { return };
    session.done(&["keygen", "--keyring", "prod"]);
    session.inside("store::a_key_of_models_is_no_credential");
}

#[test]
fn the_store_tells_what_was_tampered_with() {
    let Some(session) = Session::start() else { return };
    session.inside("store::a_record_that_was_changed_is_told_and_hides_no_other");
}

#[test]
fn the_store_loses_nothing_to_other_writers() {
    let Some(session) = Session::start() else { return };
    session.inside("store::many_who_write_lose_nothing");
}

#[test]
fn the_store_survives_writers_that_are_killed() {
    let Some(session) = Session::start() else { return };
    session.inside("store::a_writer_that_is_killed_leaves_the_old_or_the_new");
}

#[test]
fn the_store_says_that_the_keyring_is_locked() {
    let Some(session) = Session::start() else { return };
    session.inside("store::one_is_put");
    session.lock();
    session.inside("store::a_locked_keyring_is_unavailable");
}

#[track_caller]
fn failed(ran: &Ran, code: i32, words: &str) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert!(ran.stderr.contains(words), "`{words}` is not in: {}", ran.stderr);
}
