//! A vault made, and opened.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Transaction;

use super::database::{Database, Durability, Fail, Purpose, tampered};
use super::file;
use super::head::Head;
use super::keys::VaultKeys;
use super::record::{VaultRecord, encode_slots, parse_slots};
use super::rows::{self, Root};
use crate::base::{Clock, SystemClock};
use crate::credentials::{Entry, Error};
use crate::format::limits::DEFAULT_ITERATIONS;
use crate::keys::{self, FileKey, KeyWrapper, MasterKey};

/// A vault, unlocked. Any number of threads and processes may use one at the same time.
///
/// ```
/// use modelcrypt::MasterKey;
/// use modelcrypt::credentials::stores::vault::Vault;
/// use modelcrypt::credentials::{CredentialStore, Kind, Record, WithSecret};
/// # let folder = tempfile::tempdir()?;
/// let key = MasterKey::generate()?;
/// let vault = Vault::create(&folder.path().join("vault.db"), &key)?;
/// let record = Record::new("hf".parse()?, Kind::Huggingface, std::time::SystemTime::now());
/// let name = record.name.clone();
/// vault.create(record, modelcrypt::base::SecretText::new(b"hf_example".to_vec()))?;
/// assert_eq!(vault.with_secret(&name, |secret| secret.len())?, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Vault {
    pub(super) inner_key: FileKey,
    pub(super) keys: VaultKeys,
    pub(super) clock: Box<dyn Clock + Send>,
    pub(super) record: VaultRecord,
    database: Mutex<Database>,
    listed: Mutex<Option<Listed>>,
    /// The highest generation seen: one that is lower later on was put back.
    generation: AtomicU64,
}

/// All metadata as it was when the vault was in this state.
pub(super) struct Listed {
    /// Generation, and what SQLite counts up at every commit of others, theirs by hand included.
    pub(super) state: (u64, i64),
    pub(super) entries: Arc<[Entry]>,
}

impl Vault {
    /// Makes a vault that is not there yet.
    pub fn create(path: &Path, key: &MasterKey) -> Result<Self, Error> {
        Self::create_with(path, key, DEFAULT_ITERATIONS)
    }

    /// Makes one with so many PBKDF2 iterations, which count for a passphrase only.
    pub fn create_with(path: &Path, key: &MasterKey, iterations: u32) -> Result<Self, Error> {
        let wrapper = KeyWrapper::new(key, iterations)?;
        let vault_key = FileKey::generate()?;
        let record = VaultRecord::generate().map_err(Error::Random)?;
        let keys = VaultKeys::new(&vault_key, record);
        let slots = encode_slots(&[wrapper.wrap(&vault_key, &record)?]);
        file::prepare(path)?;
        let mut database = Database::open(path)?;
        // Before anything is written: it may be somebody else's.
        database.transaction(Purpose::Read, Durability::Processes, |transaction, fail| {
            refuse_tables(transaction, fail, path)
        })?;
        database.use_write_ahead_log()?;
        // All of it or nothing: a program killed in here leaves a file without tables, which the next one fills.
        database.transaction(Purpose::Write, Durability::Medium, |transaction, fail| {
            refuse_tables(transaction, fail, path)?;
            rows::make_tables(transaction, fail)?;
            let mut root = Root::new(record, slots, &keys);
            root.save(transaction, fail, &keys)?;
            Head::default().save(transaction, fail, &keys, root.generation)
        })?;
        crate::base::sync_dir(crate::base::parent_dir(path)).map_err(file::failed("making", path))?;
        Ok(Self::of(vault_key, keys, record, database))
    }

    /// Opens a vault. A wrong key, a file that is no vault, one that was cut off and one that was changed are told
    /// apart.
    pub fn open(path: &Path, key: &MasterKey) -> Result<Self, Error> {
        file::check(path)?;
        if file::is_empty(path) {
            return Err(Error::Truncated(path.to_owned()));
        }
        let mut database = Database::open(path)?;
        let root = database.transaction(Purpose::Read, Durability::Processes, |transaction, fail| {
            check_kind(transaction, fail, path)?;
            if file::ends_in_a_page(path) {
                return Err(Error::Truncated(path.to_owned()));
            }
            rows::check_tables(transaction, fail)?;
            Root::load(transaction, fail)
        })?;
        let slots = parse_slots(&root.slots).ok_or_else(|| tampered("its key slots are malformed"))?;
        let vault_key = keys::unwrap(key, &slots, &root.record)?;
        let keys = VaultKeys::new(&vault_key, root.record);
        root.authenticate(&keys)?;
        Ok(Self::of(vault_key, keys, root.record, database))
    }

    /// Opens a vault, and makes it first if it is not there, or if its making was cut short.
    pub fn open_or_create(path: &Path, key: &MasterKey) -> Result<Self, Error> {
        let is_unmade = |error: &Error| match error {
            Error::Io { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Error::Truncated(_) => file::is_empty(path),
            // A database without tables as yet: another process may be about to make them.
            Error::Unsupported { .. } => true,
            _ => false,
        };
        match Self::open(path, key) {
            Err(error) if is_unmade(&error) => {}
            opened => return opened,
        }
        match Self::create(path, key) {
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                Self::open(path, key)
            }
            made => made,
        }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + Send + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.database().path().to_owned()
    }

    /// Hands `work` the vault's first row, authenticated.
    pub(super) fn transaction<T>(
        &self,
        purpose: Purpose,
        work: impl FnOnce(&Transaction<'_>, &Fail<'_>, Root) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let durability = if purpose == Purpose::Write { Durability::Medium } else { Durability::Processes };
        let mut database = self.database();
        let done = database.transaction(purpose, durability, |transaction, fail| {
            let root = self.root(transaction, fail)?;
            work(transaction, fail, root)
        })?;
        if purpose == Purpose::Write {
            // Each writes one generation more than it found.
            self.generation.fetch_add(1, Ordering::Relaxed);
        }
        Ok(done)
    }

    /// The vault's first row, authenticated.
    pub(super) fn root(&self, transaction: &Transaction<'_>, fail: &Fail<'_>) -> Result<Root, Error> {
        let root = Root::load(transaction, fail)?;
        if root.record != self.record {
            return Err(tampered("another vault was put in its place"));
        }
        root.authenticate(&self.keys)?;
        if self.generation.fetch_max(root.generation, Ordering::Relaxed) > root.generation {
            return Err(tampered("an earlier state of it was put in its place"));
        }
        Ok(root)
    }

    /// Writes the vault's first row as the next generation, to which the head of the audit log is bound then.
    pub(super) fn save(
        &self,
        transaction: &Transaction<'_>,
        fail: &Fail<'_>,
        root: &mut Root,
    ) -> Result<(), Error> {
        let head = Head::load(transaction, fail, &self.keys, root.generation)?;
        root.save(transaction, fail, &self.keys)?;
        head.save(transaction, fail, &self.keys, root.generation)
    }

    pub(super) fn database(&self) -> MutexGuard<'_, Database> {
        // A transaction that a panic cut short was rolled back.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn listed(&self) -> MutexGuard<'_, Option<Listed>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(vault_key: FileKey, keys: VaultKeys, record: VaultRecord, database: Database) -> Self {
        let clock = Box::new(SystemClock);
        Self {
            inner_key: vault_key,
            keys,
            clock,
            record,
            database: database.into(),
            listed: Mutex::default(),
            generation: AtomicU64::new(0),
        }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault(`{}`)", self.path().display())
    }
}

fn refuse_tables(transaction: &Transaction<'_>, fail: &Fail<'_>, path: &Path) -> Result<(), Error> {
    let count = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    match count.map_err(|error| fail.of(&error))? {
        0 => Ok(()),
        _ => Err(file::failed("making", path)(io::ErrorKind::AlreadyExists.into())),
    }
}

fn check_kind(transaction: &Transaction<'_>, fail: &Fail<'_>, path: &Path) -> Result<(), Error> {
    let number = |pragma| {
        transaction.query_row(pragma, [], |row| row.get::<_, i64>(0)).map_err(|error| fail.of(&error))
    };
    let unsupported = |reason: &str| Err(Error::Unsupported { path: path.to_owned(), reason: reason.into() });
    if number("PRAGMA application_id")? != rows::APPLICATION_ID {
        return unsupported("it is a database of something else");
    }
    if number("PRAGMA user_version")? != rows::SCHEMA_VERSION {
        return unsupported("it is of a later version");
    }
    Ok(())
}
