//! The vault: the suite, and that every change of its file is noticed and named.

use std::fs;
use std::path::PathBuf;

use modelcrypt::base::SecretText;
use modelcrypt::credentials::stores::vault::Vault;
use modelcrypt::credentials::{CredentialStore, Error, Kind, Selector};
use modelcrypt::{ErrorKind, MasterKey};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::suite::{Place, filled, name, record, secret, suite, text};

/// A folder with a vault in it.
pub(crate) struct VaultPlace {
    folder: tempfile::TempDir,
    key: MasterKey,
}

suite!(|| Some(place()));

pub(crate) fn place() -> VaultPlace {
    VaultPlace { folder: private_folder(), key: MasterKey::generate().unwrap() }
}

/// For its owner only, whatever the umask.
pub(crate) fn private_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }
    folder
}

impl VaultPlace {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("vault.db")
    }

    pub(crate) fn vault(&self) -> Result<Vault, Error> {
        Vault::open(&self.path(), &self.key)
    }

    pub(crate) fn key(&self) -> &MasterKey {
        &self.key
    }

    /// The file as somebody sees it who has no key.
    pub(crate) fn intruder(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }
}

impl Place for VaultPlace {
    fn open(&self) -> Box<dyn CredentialStore> {
        Box::new(Vault::open_or_create(&self.path(), &self.key).unwrap())
    }
}

fn kind(error: Error) -> ErrorKind {
    modelcrypt::Error::from(error).kind()
}

fn phrase(text: &str) -> MasterKey {
    MasterKey::from_passphrase(SecretText::new(text.into())).unwrap()
}

#[test]
fn another_key_is_named_as_such() {
    let place = place();
    filled(&place, &["x"]);
    let other = MasterKey::generate().unwrap();
    assert_eq!(kind(Vault::open(&place.path(), &other).unwrap_err()), ErrorKind::WrongKey);
    assert_eq!(kind(Vault::open(&place.path(), &phrase("guess")).unwrap_err()), ErrorKind::WrongKey);
}

#[test]
fn a_passphrase_opens_what_it_made() {
    let place = place();
    let path = place.path();
    let vault = Vault::create_with(&path, &phrase("correct horse"), 100_000).unwrap();
    vault.create(record("x", Kind::Custom), secret("x-1")).unwrap();
    let again = Vault::open(&path, &phrase("correct horse")).unwrap();
    assert_eq!(text(&again, "x", Selector::CURRENT), "x-1");
    assert_eq!(kind(Vault::open(&path, &phrase("wrong horse")).unwrap_err()), ErrorKind::WrongKey);
}

#[test]
fn a_vault_may_be_moved_and_is_never_made_over_another() {
    let place = place();
    filled(&place, &["x"]);
    let again = Vault::create(&place.path(), &place.key).unwrap_err();
    assert_eq!(kind(again), ErrorKind::AlreadyExists);
    let moved = place.folder.path().join("elsewhere.db");
    fs::rename(place.path(), &moved).unwrap();
    assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::NotFound);
    assert_eq!(text(&Vault::open(&moved, &place.key).unwrap(), "x", Selector::CURRENT), "x-1");
}

#[test]
fn other_files_are_no_vaults() {
    let place = place();
    fs::write(place.path(), "no database, but some text that is long enough to be one").unwrap();
    make_private(&place);
    assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::Unsupported);
    fs::remove_file(place.path()).unwrap();
    place.intruder().execute_batch("CREATE TABLE vault (x)").unwrap();
    make_private(&place);
    assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::Unsupported);
    assert_eq!(kind(Vault::create(&place.path(), &place.key).unwrap_err()), ErrorKind::AlreadyExists);
}

#[test]
fn a_vault_whose_making_was_cut_short_is_made_by_the_next() {
    let place = place();
    fs::write(place.path(), "").unwrap();
    make_private(&place);
    assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::Truncated);
    drop(filled(&place, &["x"]));
    fs::remove_file(place.path()).unwrap();
    let mode: String = place.intruder().query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0)).unwrap();
    assert_eq!((mode.as_str(), fs::metadata(place.path()).unwrap().len()), ("wal", 4096));
    make_private(&place);
    assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::Unsupported);
    filled(&place, &["x"]);
    assert_eq!(text(&place.vault().unwrap(), "x", Selector::CURRENT), "x-1");
}

#[test]
fn another_program_s_database_is_never_written_to() {
    let place = place();
    place.intruder().execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").unwrap();
    make_private(&place);
    let before = fs::read(place.path()).unwrap();
    assert_eq!(kind(Vault::open_or_create(&place.path(), &place.key).unwrap_err()), ErrorKind::Unsupported);
    assert_eq!(before, fs::read(place.path()).unwrap());
}

#[test]
fn a_later_version_is_not_guessed_at() {
    let place = place();
    filled(&place, &["x"]);
    place.intruder().pragma_update(None, "user_version", 2).unwrap();
    assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::Unsupported);
}

#[test]
fn a_vault_cut_off_anywhere_says_so() {
    let place = place();
    let store = filled(&place, &[]);
    for number in 0..40 {
        store.create(record(&format!("n{number}"), Kind::Custom), secret(&"s".repeat(500))).unwrap();
    }
    drop(store);
    let whole = fs::read(place.path()).unwrap();
    assert!(whole.len() > 40_000, "{}", whole.len());
    for len in [0, 10, 50, 100, 4095, 4096, 5000, 20_000, whole.len() - 4096, whole.len() - 1] {
        fs::write(place.path(), &whole[..len]).unwrap();
        let looked = place.vault().and_then(|vault| vault.verify().map(drop)).map_err(kind);
        assert_eq!(looked, Err(ErrorKind::Truncated), "cut at {len} of {}", whole.len());
    }
    fs::write(place.path(), &whole).unwrap();
    assert!(place.vault().unwrap().verify().unwrap().is_empty());
}

#[test]
fn every_byte_of_the_tables_is_accounted_for() {
    let place = place();
    filled(&place, &["x", "y"]).put(&name("x"), secret("x-2"), None, None).unwrap();
    let columns = [
        ("vault", "record"),
        ("vault", "generation"),
        ("vault", "slots"),
        ("vault", "buckets"),
        ("vault", "mac"),
        ("vault", "checksum"),
        ("credential", "row"),
        ("credential", "sealed"),
        ("secret", "row"),
        ("secret", "version"),
        ("secret", "sealed"),
        ("audit_head", "head"),
        ("audit_head", "mac"),
    ];
    for (table, column) in columns {
        let intruder = place.intruder();
        let select = format!("SELECT {column} FROM {table} LIMIT 1");
        let old: Value = intruder.query_row(&select, [], |row| row.get(0)).unwrap();
        let update = format!("UPDATE {table} SET {column} = ?1 WHERE {column} = ?2");
        for changed in changes(&old) {
            intruder.execute(&update, (&changed, &old)).unwrap();
            let error = look(&place).expect_err(&format!("{table}.{column}"));
            assert_eq!(kind(error), ErrorKind::Tampered, "{table}.{column}");
            intruder.execute(&update, (&old, &changed)).unwrap();
        }
        look(&place).unwrap();
    }
}

/// The value with one bit changed at several places, and cut.
fn changes(value: &Value) -> Vec<Value> {
    match value {
        Value::Integer(number) => vec![Value::Integer(number + 7)],
        Value::Blob(bytes) => {
            let flip = |at: usize| {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                Value::Blob(changed)
            };
            let mut all: Vec<_> = [0, bytes.len() / 2, bytes.len() - 1].map(flip).into();
            all.push(Value::Blob(bytes[..bytes.len() - 1].to_vec()));
            all
        }
        other => panic!("{other:?}"),
    }
}

/// Opens the vault anew and looks at all of it.
fn look(place: &VaultPlace) -> Result<(), Error> {
    let vault = place.vault()?;
    vault.audit_head()?;
    vault.verify()?.into_iter().next().map_or(Ok(()), Err)
}

#[test]
fn a_row_put_back_from_an_earlier_time_is_noticed_by_the_next_read() {
    let place = place();
    let store = filled(&place, &["x", "y"]);
    let intruder = place.intruder();
    let rows = "SELECT row, sealed FROM credential";
    let before: Vec<(Vec<u8>, Vec<u8>)> = pairs(&intruder, rows);
    store.put(&name("x"), secret("x-2"), None, None).unwrap();
    for (row, sealed) in &before {
        intruder.execute("UPDATE credential SET sealed = ?2 WHERE row = ?1", (row, sealed)).unwrap();
    }
    let error = store.get(&name("x"), Selector::CURRENT).unwrap_err();
    assert_eq!(kind(error), ErrorKind::Tampered);
    assert_eq!(text(&*store, "y", Selector::CURRENT), "y-1", "one bad row does not hide the others");
    let listing = store.list().unwrap();
    assert_eq!((listing.entries.len(), listing.problems.len()), (2, 1));
}

#[test]
fn a_listing_is_as_new_as_the_vault() {
    let place = place();
    let store = filled(&place, &["x", "y"]);
    let count = || store.list().unwrap().entries.len();
    assert_eq!((count(), count()), (2, 2));
    store.purge(&name("x")).unwrap();
    assert_eq!(count(), 1);
    place.open().create(record("z", Kind::Custom), secret("s")).unwrap();
    assert_eq!(count(), 2);
    place.intruder().execute("UPDATE credential SET sealed = zeroblob(300)", ()).unwrap();
    assert!(!store.list().unwrap().problems.is_empty());
}

#[test]
fn a_row_that_was_removed_is_not_just_absent() {
    let place = place();
    let store = filled(&place, &["x", "y"]);
    place.intruder().execute("DELETE FROM credential", ()).unwrap();
    assert_eq!(kind(store.get(&name("x"), Selector::CURRENT).unwrap_err()), ErrorKind::Tampered);
    assert_eq!(kind(store.create(record("x", Kind::Custom), secret("s")).unwrap_err()), ErrorKind::Tampered);
    assert!(!store.list().unwrap().problems.is_empty());
}

#[test]
fn secrets_do_not_open_in_each_other_s_place() {
    let place = place();
    let store = filled(&place, &["x", "y"]);
    let intruder = place.intruder();
    let secrets: Vec<(Vec<u8>, Vec<u8>)> = pairs(&intruder, "SELECT row, sealed FROM secret");
    let (a, b) = (&secrets[0], &secrets[1]);
    for (row, sealed) in [(&a.0, &b.1), (&b.0, &a.1)] {
        intruder.execute("UPDATE secret SET sealed = ?2 WHERE row = ?1", (row, sealed)).unwrap();
    }
    for of in ["x", "y"] {
        assert_eq!(kind(store.get(&name(of), Selector::CURRENT).unwrap_err()), ErrorKind::Tampered);
    }
}

#[test]
fn an_earlier_state_put_back_under_an_open_vault_is_noticed() {
    let place = place();
    let store = filled(&place, &["x"]);
    let intruder = place.intruder();
    let columns = "record, generation, slots, buckets, mac, checksum";
    intruder.execute_batch(&format!("CREATE TEMP TABLE old AS SELECT {columns} FROM vault")).unwrap();
    intruder.execute_batch("CREATE TEMP TABLE old_rows AS SELECT * FROM credential").unwrap();
    store.edit(&name("x"), &mut |record| record.service = Some("s".into())).unwrap();
    let restore = format!(
        "DELETE FROM credential; INSERT INTO credential SELECT * FROM old_rows;
        DELETE FROM vault; INSERT INTO vault (one, {columns}) SELECT 1, {columns} FROM old"
    );
    intruder.execute_batch(&restore).unwrap();
    assert_eq!(kind(store.entry(&name("x")).unwrap_err()), ErrorKind::Tampered);
}

#[test]
fn another_vault_put_in_the_place_of_an_open_one_is_noticed() {
    let (place, other) = (place(), place());
    let store = filled(&place, &["x"]);
    drop(filled(&other, &["x"]));
    let attach = format!(
        "ATTACH '{}' AS other; DELETE FROM vault; INSERT INTO vault SELECT * FROM other.vault",
        other.path().display()
    );
    place.intruder().execute_batch(&attach).unwrap();
    assert_eq!(kind(store.entry(&name("x")).unwrap_err()), ErrorKind::Tampered);
}

#[test]
fn a_trigger_planted_under_an_open_vault_does_not_run() {
    let place = place();
    let store = filled(&place, &["x"]);
    let plant = "CREATE TRIGGER t AFTER INSERT ON secret BEGIN DELETE FROM credential; END";
    place.intruder().execute_batch(plant).unwrap();
    store.put(&name("x"), secret("x-2"), None, None).unwrap();
    assert_eq!(text(&*store, "x", Selector::CURRENT), "x-2");
}

#[test]
fn tables_that_are_not_as_they_were_made_are_refused() {
    let planted = [
        "CREATE TRIGGER t AFTER INSERT ON secret BEGIN DELETE FROM credential; END",
        "CREATE VIEW v AS SELECT * FROM secret",
        "CREATE TABLE other (x)",
        "CREATE INDEX i ON secret (version)",
        "ALTER TABLE secret RENAME TO s; CREATE VIEW secret AS SELECT * FROM s",
        "ALTER TABLE credential RENAME TO c; CREATE TABLE credential (row BLOB, sealed BLOB);
         INSERT INTO credential SELECT * FROM c; DROP TABLE c",
        "ALTER TABLE vault ADD COLUMN x INTEGER DEFAULT 7",
        "DROP TABLE audit_head; CREATE VIRTUAL TABLE audit_head USING fts5 (head, mac)",
        "DROP TABLE audit_head",
    ];
    for sql in planted {
        let place = place();
        drop(filled(&place, &["x"]));
        place.intruder().execute_batch(sql).unwrap();
        assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::Tampered, "{sql}");
    }
    let place = place();
    drop(filled(&place, &["x"]));
    place.intruder().execute_batch("VACUUM").unwrap();
    place.vault().unwrap();
}

#[test]
fn a_row_longer_than_any_is_not_read() {
    for (table, column) in [("vault", "slots"), ("credential", "sealed"), ("audit_head", "head")] {
        let place = place();
        drop(filled(&place, &["x"]));
        let blow_up = format!("UPDATE {table} SET {column} = zeroblob(200000000)");
        place.intruder().execute_batch(&blow_up).unwrap();
        let error = look(&place).unwrap_err();
        assert!(error.to_string().contains("longer than any"), "{table}: {error}");
        assert_eq!(kind(error), ErrorKind::Tampered, "{table}");
    }
}

#[test]
fn a_log_or_journal_planted_beside_it_shows_or_is_an_earlier_state() {
    let (place, other) = (place(), place());
    drop(filled(&place, &["x"]));
    let before = fs::read(place.path()).unwrap();
    let store = place.open();
    store.put(&name("x"), secret("x-2"), None, None).unwrap();
    let beside = |suffix: &str| PathBuf::from(format!("{}{suffix}", place.path().display()));
    let log = fs::read(beside("-wal")).unwrap();
    drop(store);
    let after = fs::read(place.path()).unwrap();
    let other_store = filled(&other, &["x"]);
    let other_log = fs::read(format!("{}-wal", other.path().display())).unwrap();
    drop(other_store);
    // Each of them under each state of the file: what is read is authentic, or nothing is read.
    for file in [&before, &after] {
        for (suffix, planted) in [
            ("-wal", &log),
            ("-wal", &other_log),
            ("-wal", &log[..log.len() / 2].to_vec()),
            ("-wal", &vec![7; 9000]),
            ("-journal", &log),
            ("-journal", &vec![0; 9000]),
        ] {
            for suffix in ["-wal", "-shm", "-journal"] {
                let _ = fs::remove_file(beside(suffix));
            }
            fs::write(place.path(), file).unwrap();
            fs::write(beside(suffix), planted).unwrap();
            let found = place.vault().and_then(|vault| vault.get(&name("x"), Selector::CURRENT));
            match found {
                Ok(found) => assert!([b"x-1", b"x-2"].iter().any(|text| found.secret.expose() == *text)),
                Err(error) => assert!(
                    matches!(kind(error), ErrorKind::Tampered | ErrorKind::Truncated | ErrorKind::WrongKey),
                    "{suffix}"
                ),
            }
        }
    }
}

#[test]
fn absurd_iterations_are_not_run() {
    let place = place();
    let path = place.path();
    drop(Vault::create_with(&path, &phrase("correct horse"), 100_000).unwrap());
    let intruder = place.intruder();
    let slots: Vec<u8> = intruder.query_row("SELECT slots FROM vault", (), |row| row.get(0)).unwrap();
    // Sixteen slots that ask for 2^32 - 1 iterations each, under a checksum that needs no key.
    let mut slot = slots[1..].to_vec();
    slot[8..12].fill(0xff);
    let many = [&[16][..], &slot.repeat(16)].concat();
    let (record, generation, buckets, mac): (Vec<u8>, i64, Vec<u8>, Vec<u8>) = intruder
        .query_row("SELECT record, generation, buckets, mac FROM vault", (), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    let sha256 = modelcrypt::crypto::sha256;
    let checked = [&record[..], &generation.to_be_bytes(), &sha256(&many), &buckets, &mac].concat();
    let update = "UPDATE vault SET slots = ?1, checksum = ?2";
    intruder.execute(update, (&many, &sha256(&checked)[..])).unwrap();
    let refused = Vault::open(&path, &phrase("correct horse")).unwrap_err();
    assert_eq!(kind(refused), ErrorKind::Tampered);
}

#[test]
fn a_rewrap_changes_the_key_and_nothing_else() {
    let place = place();
    filled(&place, &["x"]);
    let vault = place.vault().unwrap();
    let (new, third) = (phrase("new key"), MasterKey::generate().unwrap());
    let same = vault.rewrap(&place.key, &place.key, 100_000).unwrap_err();
    assert_eq!(kind(same), ErrorKind::InvalidInput);
    assert_eq!(kind(vault.rewrap(&third, &new, 100_000).unwrap_err()), ErrorKind::WrongKey);
    assert_eq!(vault.rewrap(&place.key, &new, 100_000).unwrap().dropped, 1);
    assert_eq!(vault.rewrap(&place.key, &new, 100_000).unwrap().dropped, 0, "may be run again");
    assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::WrongKey);
    let vault = Vault::open(&place.path(), &new).unwrap();
    assert_eq!(text(&vault, "x", Selector::CURRENT), "x-1");
    assert!(vault.verify().unwrap().is_empty());
}

#[test]
fn slots_of_before_a_rewrap_do_not_come_back() {
    let place = place();
    filled(&place, &["x"]);
    let intruder = place.intruder();
    let slots: Vec<u8> = intruder.query_row("SELECT slots FROM vault", (), |row| row.get(0)).unwrap();
    let new = MasterKey::generate().unwrap();
    place.vault().unwrap().rewrap(&place.key, &new, 100_000).unwrap();
    intruder.execute("UPDATE vault SET slots = ?1", [slots]).unwrap();
    assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::Tampered);
}

#[cfg(unix)]
mod modes {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &std::path::Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn its_files_are_for_their_owner_only() {
        let place = place();
        let path = place.folder.path().join("new/folder/vault.db");
        let vault = Vault::create(&path, &place.key).unwrap();
        vault.create(record("x", Kind::Custom), secret("s")).unwrap();
        let names: Vec<_> =
            fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(names.len(), 3, "{names:?}");
        for name in names {
            assert_eq!(mode(&name), 0o600, "{}", name.display());
        }
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(mode(path.parent().unwrap().parent().unwrap()), 0o700);
    }

    #[test]
    fn a_file_or_folder_that_others_get_at_is_refused() {
        let place = place();
        drop(filled(&place, &["x"]));
        for bits in [0o640, 0o604, 0o620] {
            fs::set_permissions(place.path(), fs::Permissions::from_mode(bits)).unwrap();
            assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::PermissionDenied, "{bits:o}");
        }
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o770)).unwrap();
        assert_eq!(kind(place.vault().unwrap_err()), ErrorKind::PermissionDenied);
        fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        place.vault().unwrap();
    }

    #[test]
    fn a_link_in_its_place_is_refused() {
        let place = place();
        drop(filled(&place, &["x"]));
        let link = place.folder.path().join("link.db");
        std::os::unix::fs::symlink(place.path(), &link).unwrap();
        assert_eq!(kind(Vault::open(&link, &place.key).unwrap_err()), ErrorKind::Unsupported);
    }
}

fn make_private(place: &VaultPlace) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let _ = place;
}

fn pairs(connection: &Connection, sql: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}
