//! What a library does with the keyring, in a process that a session has started: `Session::inside` runs these.

use std::process::Command;

use modelcrypt::base::SecretText;
use modelcrypt::keys::{Error, OsKeyring};

#[test]
#[ignore = "runs in a session of its own"]
fn entries_are_kept_found_replaced_and_deleted() {
    let keyring = OsKeyring::new();
    let other = keyring.of_service("modelcrypt-test");
    assert!(keyring.get("a").unwrap().is_none() && keyring.names().unwrap().is_empty());
    let binary = b"\0\xff\n not text";
    keyring.create("a", secret(binary)).unwrap();
    assert!(matches!(keyring.create("a", secret(b"other")), Err(Error::InKeyring(name)) if name == "a"));
    assert_eq!(keyring.get("a").unwrap().unwrap().expose(), binary);
    assert!(other.get("a").unwrap().is_none(), "each service has entries of its own");
    other.replace("a", secret(b"of the other")).unwrap();
    keyring.replace("a", secret(b"new")).unwrap();
    keyring.replace("ü/b c", secret(b"")).unwrap();
    assert_eq!(keyring.get("a").unwrap().unwrap().expose(), b"new");
    assert_eq!(keyring.get("ü/b c").unwrap().unwrap().expose(), b"");
    assert_eq!(keyring.names().unwrap(), ["a", "ü/b c"]);
    assert!(keyring.delete("a").unwrap() && !keyring.delete("a").unwrap());
    assert!(keyring.get("a").unwrap().is_none());
    assert_eq!(other.get("a").unwrap().unwrap().expose(), b"of the other");
    let large = vec![b'x'; 100_000];
    keyring.replace("large", secret(&large)).unwrap();
    assert_eq!(keyring.get("large").unwrap().unwrap().expose(), large);
}

#[test]
#[ignore = "runs in a session of its own"]
fn entries_of_others_are_found() {
    let keyring = OsKeyring::new();
    assert_eq!(keyring.get("u").unwrap().unwrap().expose(), b"one");
    assert_eq!(keyring.get("n").unwrap().unwrap().expose(), b"two");
    assert_eq!(keyring.names().unwrap(), ["n", "twice", "u"]);
    keyring.replace("u", secret(b"three")).unwrap();
    assert_eq!(keyring.get("u").unwrap().unwrap().expose(), b"three");
    for result in [keyring.get("twice").map(drop), keyring.replace("twice", secret(b"x"))] {
        assert!(matches!(result, Err(Error::KeyringAmbiguous { count: 2, .. })), "{result:?}");
    }
}

#[test]
#[ignore = "runs in a session of its own"]
fn a_handle_outlives_a_keyring_that_hung() {
    let keyring = OsKeyring::new();
    keyring.create("a", secret(b"kept")).unwrap();
    signal("STOP");
    assert!(matches!(keyring.get("a"), Err(Error::KeyringSilent)));
    signal("CONT");
    assert_eq!(keyring.get("a").unwrap().unwrap().expose(), b"kept");
}

#[test]
#[ignore = "runs in a session of its own"]
fn probing_says_how_it_stands() {
    OsKeyring::new().probe().unwrap();
}

#[test]
#[ignore = "runs in a session of its own"]
fn probing_says_that_it_is_locked() {
    assert!(matches!(OsKeyring::new().probe(), Err(Error::KeyringLocked)));
}

fn secret(bytes: &[u8]) -> SecretText {
    SecretText::new(bytes.to_vec())
}

/// The session has said who the keyring is.
fn signal(name: &str) {
    let daemon = std::env::var("KEYRING_PID").unwrap();
    assert!(Command::new("kill").args([&format!("-{name}"), &daemon]).status().unwrap().success());
}
