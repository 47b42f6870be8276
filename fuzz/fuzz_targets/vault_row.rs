//! Rows of a vault, as somebody without its key writes them.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use modelcrypt::base::SecretText;
use modelcrypt::credentials::stores::vault::Vault;
use modelcrypt::credentials::{CredentialStore, Error, Kind, Record, Selector};
use modelcrypt::MasterKey;

fuzz_target!(|input: (u8, Vec<u8>)| {
    let (at, bytes) = input;
    let made = made();
    let path = made.folder.path().join("vault.db");
    std::fs::write(&path, &made.vault).expect("the file is there");
    let (table, column) = COLUMNS[usize::from(at) % COLUMNS.len()];
    let intruder = rusqlite::Connection::open(&path).expect("an ordinary database");
    let select = format!("SELECT {column} FROM {table}");
    let old: Vec<u8> = intruder.query_row(&select, [], |row| row.get(0)).expect("one row");
    intruder.execute(&format!("UPDATE {table} SET {column} = ?1"), [&bytes]).expect("no key is needed");
    drop(intruder);
    let read = Vault::open(&path, &made.key).and_then(|vault| {
        vault.audit_head()?;
        vault.get(&"x".parse().expect("a name"), Selector::CURRENT)
    });
    match read {
        Ok(found) => assert!(old == bytes && found.secret.expose() == b"secret"),
        Err(error) => assert!(matches!(error, Error::Tampered { .. }), "{error}"),
    }
});

struct Made {
    folder: tempfile::TempDir,
    key: MasterKey,
    vault: Vec<u8>,
}

/// A vault with one credential.
fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("a mode");
        let key = MasterKey::generate().expect("randomness");
        let path = folder.path().join("vault.db");
        let vault = Vault::create(&path, &key).expect("a new vault");
        let record = Record::new("x".parse().expect("a name"), Kind::Custom, std::time::SystemTime::now());
        vault.create(record, SecretText::new(b"secret".to_vec())).expect("a new credential");
        drop(vault);
        let vault = std::fs::read(&path).expect("the file is there");
        Made { folder, key, vault }
    })
}

const COLUMNS: [(&str, &str); 8] = [
    ("vault", "record"),
    ("vault", "slots"),
    ("vault", "buckets"),
    ("vault", "mac"),
    ("credential", "sealed"),
    ("secret", "sealed"),
    ("audit_head", "head"),
    ("audit_head", "mac"),
];
