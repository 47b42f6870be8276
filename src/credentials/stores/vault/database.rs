//! The connection to SQLite and what its errors mean.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::file;
use crate::credentials::Error;

/// One connection to a vault.
pub(super) struct Database {
    path: PathBuf,
    connection: Connection,
}

/// What a transaction does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

/// When a commit returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// When it is on the medium.
    Medium,
    /// When every other process sees it; a power cut may lose it.
    Processes,
}

impl Database {
    /// Opens a file that is there.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        file::check(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let fails = |error| meaning("opening", path, &error);
        // Never taken for a URI, which may say more than where the file is: those begin with `file:`.
        let place = std::path::absolute(path).map_err(file::failed("opening", path))?;
        let connection = Connection::open_with_flags(place, flags).map_err(fails)?;
        connection.busy_timeout(PATIENCE).map_err(fails)?;
        // What is longer is read by nobody: the lengths in the file are not to be trusted.
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_ROW_LEN).map_err(fails)?;
        // Whoever can write to the file can write its schema too.
        for (config, value) in [
            (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        ] {
            connection.set_db_config(config, value).map_err(fails)?;
        }
        let database = Self { path: path.to_owned(), connection };
        for (pragma, value) in [
            ("secure_delete", "ON"),
            ("synchronous", "FULL"),
            ("temp_store", "MEMORY"),
            ("cell_size_check", "ON"),
        ] {
            database.connection.pragma_update(None, pragma, value).map_err(fails)?;
        }
        Ok(database)
    }

    /// Has readers and one writer work side by side from now on.
    pub(super) fn use_write_ahead_log(&self) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            let mode = self
                .connection
                .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
            match mode {
                // A file system that has no shared memory keeps the older journal.
                Ok(_) => return Ok(()),
                // SQLite does not wait for this change by itself.
                Err(error) if is_busy(&error) && started.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(error) => return Err(self.meaning("opening", &error)),
            }
        }
    }

    /// Runs `work` in one transaction, which is kept if it succeeds.
    pub(super) fn transaction<T>(
        &mut self,
        purpose: Purpose,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>, &Fail<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (doing, behavior) = match purpose {
            Purpose::Read => ("reading", TransactionBehavior::Deferred),
            Purpose::Write => ("writing", TransactionBehavior::Immediate),
        };
        let fail = Fail { doing, path: &self.path };
        let level = if durability == Durability::Medium { "FULL" } else { "NORMAL" };
        self.connection.pragma_update(None, "synchronous", level).map_err(|error| fail.of(&error))?;
        let transaction =
            self.connection.transaction_with_behavior(behavior).map_err(|error| fail.of(&error))?;
        let result = work(&transaction, &fail)?;
        transaction.commit().map_err(|error| fail.of(&error))?;
        Ok(result)
    }

    /// Moves what is in the write-ahead log into the file, as far as nobody reads there.
    pub(super) fn checkpoint(&self) -> Result<(), Error> {
        let moved = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        moved.map_err(|error| self.meaning("writing", &error))
    }

    /// SQLite's own look at the structure of its file.
    pub(super) fn check_structure(&self) -> Result<(), Error> {
        let found = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
        match found {
            Ok(found) if found == "ok" => Ok(()),
            Ok(_) => Err(tampered("the structure of its database is broken")),
            Err(error) => Err(self.meaning("reading", &error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn meaning(&self, doing: &'static str, error: &rusqlite::Error) -> Error {
        meaning(doing, &self.path, error)
    }
}

/// Turns SQLite's errors into ours within a transaction.
pub(super) struct Fail<'a> {
    doing: &'static str,
    path: &'a Path,
}

impl Fail<'_> {
    pub(super) fn of(&self, error: &rusqlite::Error) -> Error {
        meaning(self.doing, self.path, error)
    }
}

pub(super) fn tampered(what: &str) -> Error {
    Error::Tampered { store: STORE.into(), what: what.into() }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn meaning(doing: &'static str, path: &Path, error: &rusqlite::Error) -> Error {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) if file::is_cut(&path) => {
            Error::Truncated(path)
        }
        Some(ErrorCode::NotADatabase) => {
            Error::Unsupported { path, reason: "it is not an SQLite database".into() }
        }
        Some(ErrorCode::DatabaseCorrupt) => tampered("the structure of its database is broken"),
        Some(ErrorCode::TooBig) => tampered("a row of it is longer than any that is written"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Unavailable {
            store: STORE.into(),
            reason: "others have been writing to it all the time".into(),
        },
        // A table or column that is not there, or a value of another type.
        Some(ErrorCode::Unknown | ErrorCode::TypeMismatch) | None => {
            tampered("its tables are not as they were made")
        }
        Some(code) => Error::Database { doing, path, reason: format!("SQLite says {code:?}") },
    }
}

/// How long one waits for the others.
const PATIENCE: Duration = Duration::from_secs(60);

/// In bytes: more than any record with all its fields full, and its key slots.
const MAX_ROW_LEN: i32 = 4 * 1024 * 1024;

/// The store's name.
pub(super) const STORE: &str = "vault";
