//! Logins, each for one server, found by the address that its record has as its service.

use crate::base::SecretText;
use crate::cli::failure::Failure;
use crate::credentials::{CredentialStore, Entry, Error, Kind, Moment, Name, Record, Selector};

/// A login as it comes from the program that it is for.
pub(super) struct Login<'l> {
    pub(super) service: &'l str,
    pub(super) username: &'l str,
    pub(super) secret: SecretText,
    pub(super) expires: Option<Moment>,
    /// Where its name begins: `git`.
    pub(super) family: &'l str,
}

/// All that are for a server, deactivated ones too.
pub(super) fn all(store: &dyn CredentialStore) -> Result<Vec<Entry>, Failure> {
    let mut entries = store.list()?.to_choose_from()?;
    entries.retain(|entry| entry.record.kind == Kind::HttpBasic && entry.record.service.is_some());
    Ok(entries)
}

/// The active one for `service`, and for `username` if that is given.
pub(super) fn find(
    store: &dyn CredentialStore,
    service: &str,
    username: Option<&str>,
) -> Result<Option<Entry>, Failure> {
    let is_it = |entry: &Entry| entry.record.active && is_for(&entry.record, service, username);
    Ok(all(store)?.into_iter().find(is_it))
}

/// Keeps it: as a new one in `home`, or as a new version. One that is the same already stays as it is.
pub(super) fn keep(
    store: &dyn CredentialStore,
    home: &dyn CredentialStore,
    login: Login,
    one_per_server: bool,
) -> Result<(), Failure> {
    let username = (!one_per_server).then_some(login.username);
    let found = all(store)?.into_iter().find(|entry| is_for(&entry.record, login.service, username));
    let Some(entry) = found else { return create(store, home, login) };
    let name = &entry.record.name;
    if !entry.record.active {
        store.restore(name)?;
    }
    if entry.record.username.as_deref() != Some(login.username) {
        store.edit(name, &mut |record| record.username = Some(login.username.to_owned()))?;
    }
    let is_same = match store.get(name, Selector::CURRENT) {
        Ok(current) => current.secret.expose() == login.secret.expose(),
        Err(Error::Expired { .. } | Error::NoVersion { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    if !is_same {
        store.put(name, login.secret, login.expires, None)?;
    }
    Ok(())
}

fn is_for(record: &Record, service: &str, username: Option<&str>) -> bool {
    let is_user = username.is_none_or(|username| record.username.as_deref() == Some(username));
    record.service.as_deref() == Some(service) && is_user
}

fn create(store: &dyn CredentialStore, home: &dyn CredentialStore, login: Login) -> Result<(), Failure> {
    let mut record = Record::new(name(login.family, login.service, 1)?, Kind::HttpBasic, store.now());
    // Two servers, or two users of one, may have names that come out alike.
    for number in 2..MAX_ALIKE {
        if store.look_up(&record.name)?.is_none() {
            break;
        }
        record.name = name(login.family, login.service, number)?;
    }
    record.username = Some(login.username.to_owned());
    record.service = Some(login.service.to_owned());
    record.expires = login.expires;
    home.create(record, login.secret)?;
    Ok(())
}

/// A name that shows the server as far as a name can.
fn name(family: &str, service: &str, number: u32) -> Result<Name, Error> {
    let place = service.split_once("://").map_or(service, |(_, place)| place);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._-@:+".contains(c);
    let place: String =
        place.chars().map(|c| if is_of_name(c) { c } else { '_' }).take(MAX_PLACE_LEN).collect();
    let place = place.trim_matches('_');
    let name = if number == 1 { format!("{family}:{place}") } else { format!("{family}:{place}+{number}") };
    name.parse()
}

const MAX_ALIKE: u32 = 1000;
const MAX_PLACE_LEN: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_its_server() {
        for (service, made) in [
            ("https://index.docker.io/v1/", "docker:index.docker.io_v1"),
            ("ghcr.io", "docker:ghcr.io"),
            ("localhost:5000", "docker:localhost:5000"),
            ("https://é/", "docker:"),
        ] {
            assert_eq!(name("docker", service, 1).unwrap().as_str(), made);
        }
        assert_eq!(name("git", "https://a/b", 2).unwrap().as_str(), "git:a_b+2");
        assert!(name("docker", &"x".repeat(1000), 999).is_ok());
    }
}
