//! The tables: one row for the vault, one for each credential, one for each version of a secret.

use rusqlite::{OptionalExtension, Transaction, params};

use super::database::{Fail, tampered};
use super::index::{Buckets, bucket_mac, bucket_of, root_checksum, root_mac};
use super::keys::{RowId, VaultKeys};
use super::record::VaultRecord;
use crate::credentials::Error;
use crate::crypto::constant_time_eq;

/// The tables.
const TABLES: [&str; 4] = [
    "CREATE TABLE vault (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        record BLOB NOT NULL, generation INTEGER NOT NULL, slots BLOB NOT NULL, buckets BLOB NOT NULL,
        mac BLOB NOT NULL, checksum BLOB NOT NULL
    ) STRICT",
    "CREATE TABLE credential (row BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE secret (
        row BLOB NOT NULL, version INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (row, version)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE audit_head (one INTEGER PRIMARY KEY CHECK (one = 1), head BLOB NOT NULL, mac BLOB NOT NULL) STRICT",
];

/// Makes the tables, and says in the file's header what it is.
pub(super) fn make_tables(transaction: &Transaction<'_>, fail: &Fail<'_>) -> Result<(), Error> {
    let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};");
    let tables = TABLES.join(";");
    transaction.execute_batch(&(marks + &tables)).map_err(|error| fail.of(&error))
}

/// Checks that there are the tables that were made and nothing else: no trigger, no view, no virtual table under
/// one of their names, none without its key.
pub(super) fn check_tables(transaction: &Transaction<'_>, fail: &Fail<'_>) -> Result<(), Error> {
    let mut statement = transaction
        .prepare("SELECT sql FROM sqlite_schema ORDER BY rowid")
        .map_err(|error| fail.of(&error))?;
    let mut found = statement.query([]).map_err(|error| fail.of(&error))?;
    let changed = || tampered("its tables are not as they were made");
    let mut missing = TABLES.to_vec();
    while let Some(row) = found.next().map_err(|error| fail.of(&error))? {
        let sql: Option<String> = row.get(0).map_err(|error| fail.of(&error))?;
        let at = missing.iter().position(|table| Some(*table) == sql.as_deref()).ok_or_else(changed)?;
        missing.swap_remove(at);
    }
    if missing.is_empty() { Ok(()) } else { Err(changed()) }
}

/// `MCVT`: what SQLite keeps in the file's header as the application's id.
pub(super) const APPLICATION_ID: i64 = 0x4d43_5654;

/// The version of the tables.
pub(super) const SCHEMA_VERSION: i64 = 1;

/// The row of the vault itself.
pub(super) struct Root {
    pub(super) record: VaultRecord,
    pub(super) generation: u64,
    pub(super) slots: Vec<u8>,
    pub(super) buckets: Buckets,
    mac: [u8; 32],
}

impl Root {
    /// That of a new vault.
    pub(super) fn new(record: VaultRecord, slots: Vec<u8>, keys: &VaultKeys) -> Self {
        Self { record, generation: 0, slots, buckets: Buckets::empty(keys), mac: [0; 32] }
    }

    /// Reads it and checks that no byte of it was damaged; whether it is authentic takes the key.
    pub(super) fn load(transaction: &Transaction<'_>, fail: &Fail<'_>) -> Result<Self, Error> {
        let sql = "SELECT record, generation, slots, buckets, mac, checksum FROM vault";
        let mut statement = transaction.prepare_cached(sql).map_err(|error| fail.of(&error))?;
        let found = statement.query_row([], |row| {
            let blob = |at| row.get::<_, Vec<u8>>(at);
            Ok((blob(0)?, row.get::<_, i64>(1)?, blob(2)?, blob(3)?, blob(4)?, blob(5)?))
        });
        let (record, generation, slots, buckets, mac, checksum) = found.map_err(|error| fail.of(&error))?;
        let parsed = (|| {
            let record = VaultRecord::parse(&record)?;
            let generation = u64::try_from(generation).ok()?;
            let buckets = Buckets::from_bytes(buckets)?;
            let mac = mac.try_into().ok()?;
            let found = root_checksum(&record, generation, &slots, &buckets, &mac);
            (found[..] == checksum[..]).then_some(Self { record, generation, slots, buckets, mac })
        })();
        parsed.ok_or_else(|| tampered("its first row is damaged"))
    }

    pub(super) fn authenticate(&self, keys: &VaultKeys) -> Result<(), Error> {
        let expected = root_mac(keys, self.generation, &self.slots, &self.buckets);
        if constant_time_eq(&expected, &self.mac) {
            return Ok(());
        }
        Err(tampered("its first row was changed"))
    }

    /// Writes it as the next generation.
    pub(super) fn save(
        &mut self,
        transaction: &Transaction<'_>,
        fail: &Fail<'_>,
        keys: &VaultKeys,
    ) -> Result<(), Error> {
        self.generation += 1;
        self.mac = root_mac(keys, self.generation, &self.slots, &self.buckets);
        let checksum = root_checksum(&self.record, self.generation, &self.slots, &self.buckets, &self.mac);
        let generation = i64::try_from(self.generation).map_err(|_| tampered("its generation is absurd"))?;
        let sql = "INSERT OR REPLACE INTO vault (one, record, generation, slots, buckets, mac, checksum) \
                   VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)";
        let values =
            params![self.record.bytes(), generation, self.slots, self.buckets.bytes(), self.mac, checksum];
        execute(transaction, fail, sql, values)
    }
}

/// The rows of one bucket, all of them authentic as a set.
pub(super) struct Bucket {
    number: u8,
    rows: Vec<(RowId, Vec<u8>)>,
}

impl Bucket {
    /// Reads the bucket that `row` is in and holds it against the index.
    pub(super) fn load(
        transaction: &Transaction<'_>,
        fail: &Fail<'_>,
        root: &Root,
        keys: &VaultKeys,
        row: &RowId,
    ) -> Result<Self, Error> {
        let number = bucket_of(row);
        let end = number.checked_add(1).map_or(vec![u8::MAX; 33], |next| vec![next]);
        let sql = "SELECT row, sealed FROM credential WHERE row >= ?1 AND row < ?2 ORDER BY row";
        let rows = rows(transaction, fail, sql, params![vec![number], end])?;
        let bucket = Self { number, rows };
        if !root.buckets.holds(keys, number, bucket.iter()) {
            return Err(tampered("rows were edited, exchanged, removed or put back from an earlier time"));
        }
        Ok(bucket)
    }

    pub(super) fn find(&self, row: &RowId) -> Option<&[u8]> {
        let at = self.rows.binary_search_by_key(&row, |(other, _)| other).ok()?;
        Some(&self.rows[at].1)
    }

    /// Writes or removes a row, and its bucket's MAC into `root`.
    pub(super) fn put(
        &mut self,
        transaction: &Transaction<'_>,
        fail: &Fail<'_>,
        root: &mut Root,
        keys: &VaultKeys,
        row: &RowId,
        sealed: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        let at = self.rows.binary_search_by_key(&row, |(other, _)| other);
        match &sealed {
            Some(sealed) => {
                let sql = "INSERT OR REPLACE INTO credential (row, sealed) VALUES (?1, ?2)";
                execute(transaction, fail, sql, params![row, sealed])?;
            }
            None => execute(transaction, fail, "DELETE FROM credential WHERE row = ?1", params![row])?,
        }
        match (at, sealed) {
            (Ok(at), Some(sealed)) => self.rows[at].1 = sealed,
            (Ok(at), None) => drop(self.rows.remove(at)),
            (Err(at), Some(sealed)) => self.rows.insert(at, (*row, sealed)),
            (Err(_), None) => {}
        }
        root.buckets.set(self.number, &bucket_mac(keys, self.number, self.iter()));
        Ok(())
    }

    fn iter(&self) -> impl Iterator<Item = (&RowId, &[u8])> {
        self.rows.iter().map(|(row, sealed)| (row, &sealed[..]))
    }
}

/// What SQLite counts up when another connection commits.
pub(super) fn data_version(transaction: &Transaction<'_>, fail: &Fail<'_>) -> Result<i64, Error> {
    let found = transaction.query_row("PRAGMA data_version", [], |row| row.get(0));
    found.map_err(|error| fail.of(&error))
}

/// All rows of credentials, in the order of their ids.
pub(super) fn all(transaction: &Transaction<'_>, fail: &Fail<'_>) -> Result<Vec<(RowId, Vec<u8>)>, Error> {
    rows(transaction, fail, "SELECT row, sealed FROM credential ORDER BY row", params![])
}

/// The sealed secret of a version.
pub(super) fn secret(
    transaction: &Transaction<'_>,
    fail: &Fail<'_>,
    row: &RowId,
    version: u32,
) -> Result<Option<Vec<u8>>, Error> {
    let sql = "SELECT sealed FROM secret WHERE row = ?1 AND version = ?2";
    let mut statement = transaction.prepare_cached(sql).map_err(|error| fail.of(&error))?;
    let found = statement.query_row(params![row, version], |row| row.get(0)).optional();
    found.map_err(|error| fail.of(&error))
}

pub(super) fn put_secret(
    transaction: &Transaction<'_>,
    fail: &Fail<'_>,
    row: &RowId,
    version: u32,
    sealed: &[u8],
) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO secret (row, version, sealed) VALUES (?1, ?2, ?3)";
    execute(transaction, fail, sql, params![row, version, sealed])
}

/// Removes one version's secret, or those of all.
pub(super) fn remove_secret(
    transaction: &Transaction<'_>,
    fail: &Fail<'_>,
    row: &RowId,
    version: Option<u32>,
) -> Result<(), Error> {
    let sql = "DELETE FROM secret WHERE row = ?1 AND (?2 IS NULL OR version = ?2)";
    execute(transaction, fail, sql, params![row, version])
}

/// The head of the audit log and its MAC.
pub(super) fn head(transaction: &Transaction<'_>, fail: &Fail<'_>) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let mut statement =
        transaction.prepare_cached("SELECT head, mac FROM audit_head").map_err(|error| fail.of(&error))?;
    statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(|error| fail.of(&error))
}

pub(super) fn put_head(
    transaction: &Transaction<'_>,
    fail: &Fail<'_>,
    head: &[u8],
    mac: &[u8],
) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO audit_head (one, head, mac) VALUES (1, ?1, ?2)";
    execute(transaction, fail, sql, params![head, mac])
}

fn rows(
    transaction: &Transaction<'_>,
    fail: &Fail<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<(RowId, Vec<u8>)>, Error> {
    let mut statement = transaction.prepare_cached(sql).map_err(|error| fail.of(&error))?;
    let found = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)));
    let found = found.and_then(Iterator::collect);
    found.map_err(|error| fail.of(&error))
}

fn execute(
    transaction: &Transaction<'_>,
    fail: &Fail<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<(), Error> {
    let mut statement = transaction.prepare_cached(sql).map_err(|error| fail.of(&error))?;
    statement.execute(values).map(drop).map_err(|error| fail.of(&error))
}
