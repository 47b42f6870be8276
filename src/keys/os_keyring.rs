//! The keyring of the operating system: the Secret Service on Linux, the keychain on macOS, the credential
//! manager on Windows. No call waits longer than a person would, and none makes a dialog appear.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::error::{Error, KEYRING_PATIENCE};
use super::keyring_entries::Entries;
use crate::base::SecretText;

/// The entries of one service in the keyring of the user who runs this.
///
/// An entry is a name and a secret. On Linux both `name` and `username` are attributes of it beside `service`, so
/// that `secret-tool lookup service modelcrypt name NAME` prints what is stored here, and what `secret-tool store`
/// puts there is read here.
///
/// Every call runs on a thread of its own and is given up after [`PATIENCE`](Self::PATIENCE): a keyring that hangs
/// holds nobody up. What was given up wipes its secrets when it ends; a change may still be made.
#[derive(Clone)]
pub struct OsKeyring {
    service: &'static str,
    /// Shared by the handles of all services.
    open: Arc<Mutex<Option<Arc<Entries>>>>,
}

impl OsKeyring {
    /// How long a call may take.
    pub const PATIENCE: Duration = KEYRING_PATIENCE;
    /// The service of master keys, and of the current value of each credential.
    pub const SERVICE: &str = "modelcrypt";

    /// The entries of the service `modelcrypt`. Connects when it is first asked.
    #[must_use]
    pub fn new() -> Self {
        Self { service: Self::SERVICE, open: Arc::default() }
    }

    /// The entries of another service, over the same connection.
    ///
    /// No service may contain a dot: on Windows it separates the name from the service.
    #[must_use]
    pub fn of_service(&self, service: &'static str) -> Self {
        Self { service, open: Arc::clone(&self.open) }
    }

    /// Says why the keyring cannot be used, if it cannot. Writes nothing.
    pub fn probe(&self) -> Result<(), Error> {
        self.call(|entries, _| entries.probe())
    }

    /// Reads an entry; `None` if there is none of this name.
    pub fn get(&self, name: &str) -> Result<Option<SecretText>, Error> {
        let name = checked(name)?;
        self.call(move |entries, service| entries.get(service, &name))
    }

    /// Makes an entry, and refuses if there is one of this name.
    pub fn create(&self, name: &str, secret: SecretText) -> Result<(), Error> {
        let name = checked(name)?;
        self.call(move |entries, service| match entries.get(service, &name)? {
            Some(_) => Err(Error::InKeyring(name)),
            None => entries.put(service, &name, &secret),
        })
    }

    /// Makes an entry, or replaces the secret of the one that is there: readers see the old one or the new one.
    pub fn replace(&self, name: &str, secret: SecretText) -> Result<(), Error> {
        let name = checked(name)?;
        self.call(move |entries, service| entries.put(service, &name, &secret))
    }

    /// Deletes an entry; `false` if there is none of this name.
    pub fn delete(&self, name: &str) -> Result<bool, Error> {
        let name = checked(name)?;
        self.call(move |entries, service| entries.delete(service, &name))
    }

    /// The names of all entries, in order.
    pub fn names(&self) -> Result<Vec<String>, Error> {
        self.call(Entries::names)
    }

    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Entries, &str) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let this = self.clone();
        let result = within(Self::PATIENCE, move || work(&*this.entries()?, this.service));
        if matches!(result, Err(Error::KeyringSilent)) {
            // The thread that was given up holds the connection; the next call makes its own.
            *self.lock() = None;
        }
        result
    }

    /// The connection, made if need be: outside the lock, which others must not wait for.
    fn entries(&self) -> Result<Arc<Entries>, Error> {
        if let Some(entries) = &*self.lock() {
            return Ok(Arc::clone(entries));
        }
        let entries = Arc::new(Entries::open()?);
        *self.lock() = Some(Arc::clone(&entries));
        Ok(entries)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Entries>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for OsKeyring {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for OsKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OsKeyring({})", self.service)
    }
}

/// A name that each of the three systems takes, and none takes for a pattern.
fn checked(name: &str) -> Result<String, Error> {
    if name.is_empty() {
        return Err(Error::KeyringName("is empty"));
    }
    if name.len() > MAX_NAME_LEN {
        return Err(Error::KeyringName("is too long"));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::KeyringName("has control characters"));
    }
    Ok(name.to_owned())
}

/// Runs `work` on a thread of its own and waits for it as long as `patience` says. What comes later is dropped by
/// that thread.
fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (answer, answered) = mpsc::sync_channel(1);
    let ask = move || {
        // Nobody may be waiting any more: then the answer is dropped here, and what it holds is wiped.
        let _ = answer.send(work());
    };
    thread::Builder::new()
        .name("keyring".into())
        .spawn(ask)
        .map_err(|error| Error::KeyringUnavailable(format!("no thread: {error}")))?;
    match answered.recv_timeout(patience) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(Error::KeyringSilent),
        Err(RecvTimeoutError::Disconnected) => Err(Error::KeyringUnavailable("its client failed".into())),
    }
}

/// The least of the three systems', less what stands around a name there.
const MAX_NAME_LEN: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_does_not_come_is_not_waited_for() {
        let (release, released) = mpsc::channel::<()>();
        let (dropped, was_dropped) = mpsc::channel();
        let result = within(Duration::from_millis(20), move || {
            let _ = released.recv();
            Ok(TellsWhenDropped(dropped))
        });
        assert!(matches!(result, Err(Error::KeyringSilent)));
        assert!(was_dropped.try_recv().is_err());
        drop(release);
        was_dropped.recv().expect("the answer that came too late is dropped");
    }

    #[test]
    fn a_client_that_panics_is_an_error() {
        let result = within::<()>(Duration::from_secs(60), || panic!("a panic that this test wants"));
        assert!(matches!(result, Err(Error::KeyringUnavailable(_))));
    }

    #[test]
    fn a_name_that_one_system_would_not_take_is_refused_on_all() {
        for wrong in ["", "a\0b", "a\nb", &"n".repeat(401)] {
            assert!(matches!(checked(wrong), Err(Error::KeyringName(_))), "{wrong:?}");
        }
        assert_eq!(checked("prod/eu west.ü").unwrap(), "prod/eu west.ü");
    }

    #[test]
    fn debug_shows_only_the_service() {
        assert_eq!(format!("{:?}", OsKeyring::new()), "OsKeyring(modelcrypt)");
    }

    #[derive(Debug)]
    struct TellsWhenDropped(mpsc::Sender<()>);

    impl Drop for TellsWhenDropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
}
