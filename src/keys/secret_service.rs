//! Looks at the Secret Service without touching it: whether it is there, what is locked. The store over it would make
//! a dialog appear where something is locked, and says less of why it cannot be reached.

use std::collections::HashMap;
use std::io;

use zbus::Message;
use zbus::blocking::{Connection, connection};
use zbus::names::ErrorName;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue};

use super::error::{Error, KEYRING_PATIENCE};

/// The Secret Service of the session (freedesktop.org, Secret Service API 0.2).
pub(super) struct SecretService(Connection);

impl SecretService {
    /// Reaches the bus of the session.
    pub(super) fn connect() -> Result<Self, Error> {
        let connect = || connection::Builder::session()?.method_timeout(KEYRING_PATIENCE).build();
        connect()
            .map(Self)
            .map_err(|error| Error::KeyringUnavailable(format!("there is no D-Bus session: {error}")))
    }

    /// Whether anything offers the service.
    pub(super) fn answers(&self) -> Result<(), Error> {
        self.alias("default").map(drop)
    }

    /// Whether a new entry could be made: its collection is there and not locked.
    pub(super) fn takes_entries(&self) -> Result<(), Error> {
        let Some(collection) = self.alias("default")? else {
            return Err(Error::KeyringUnavailable("it has no default collection".into()));
        };
        let reply = self.ask(
            collection.as_str(),
            "org.freedesktop.DBus.Properties",
            "Get",
            &("org.freedesktop.Secret.Collection", "Locked"),
        )?;
        let locked: OwnedValue = reply.body().deserialize().map_err(of_bus)?;
        match bool::try_from(locked) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Error::KeyringLocked),
            Err(error) => Err(Error::KeyringUnavailable(error.to_string())),
        }
    }

    /// How many entries have these attributes; an error if one of them is locked.
    pub(super) fn count(&self, attributes: &[(&str, &str)]) -> Result<usize, Error> {
        let attributes: HashMap<_, _> = attributes.iter().copied().collect();
        let reply = self.ask(PATH, INTERFACE, "SearchItems", &(attributes,))?;
        let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            reply.body().deserialize().map_err(of_bus)?;
        if locked.is_empty() { Ok(unlocked.len()) } else { Err(Error::KeyringLocked) }
    }

    fn alias(&self, name: &str) -> Result<Option<OwnedObjectPath>, Error> {
        let reply = self.ask(PATH, INTERFACE, "ReadAlias", &(name,))?;
        let path: OwnedObjectPath = reply.body().deserialize().map_err(of_bus)?;
        Ok((path.as_str() != "/").then_some(path))
    }

    fn ask(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        body: &(impl serde::Serialize + DynamicType),
    ) -> Result<Message, Error> {
        self.0.call_method(Some(NAME), path, Some(interface), method, body).map_err(of_bus)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn of_bus(error: zbus::Error) -> Error {
    match &error {
        zbus::Error::MethodError(name, ..) if is_nobody(name) => {
            Error::KeyringUnavailable("no program of this session offers one".into())
        }
        zbus::Error::MethodError(name, ..) if name.as_str() == "org.freedesktop.DBus.Error.NoReply" => {
            Error::KeyringSilent
        }
        zbus::Error::InputOutput(error) if error.kind() == io::ErrorKind::TimedOut => Error::KeyringSilent,
        _ => Error::KeyringUnavailable(error.to_string()),
    }
}

/// Nobody has the name, or who was started to have it did not take it.
fn is_nobody(error: &ErrorName<'_>) -> bool {
    let Some(error) = error.strip_prefix("org.freedesktop.DBus.Error.") else { return false };
    matches!(error, "ServiceUnknown" | "NameHasNoOwner") || error.starts_with("Spawn.")
}

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";
