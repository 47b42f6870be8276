//! Master keys in the keyring of the operating system; without the feature `keyring`, why not.

use super::error::Error;
use super::master::MasterKey;
#[cfg(feature = "keyring")]
use super::os_keyring::OsKeyring;
use crate::base::SecretText;

/// Keeps a raw key in the keyring under a name that must not be taken yet. A passphrase is not kept: a person does.
pub fn write_keyring_key(name: &str, key: &MasterKey) -> Result<(), Error> {
    // Said before anything else is asked: it must not end up in an error.
    if MasterKey::looks_like_text(name.as_bytes()) {
        return Err(Error::KeyAsName);
    }
    create(name, key.to_text().ok_or(Error::NotRaw)?)
}

#[cfg(feature = "keyring")]
fn create(name: &str, text: SecretText) -> Result<(), Error> {
    OsKeyring::new().create(name, text)
}

#[cfg(not(feature = "keyring"))]
fn create(_: &str, _: SecretText) -> Result<(), Error> {
    Err(Error::NoKeyring)
}

#[cfg(feature = "keyring")]
pub(super) fn read(name: &str) -> Result<SecretText, Error> {
    OsKeyring::new().get(name)?.ok_or_else(|| Error::NotInKeyring(name.to_owned()))
}

#[cfg(not(feature = "keyring"))]
pub(super) fn read(_: &str) -> Result<SecretText, Error> {
    Err(Error::NoKeyring)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_where_its_name_should_be_is_not_repeated() {
        let key = MasterKey::generate().unwrap();
        let error = write_keyring_key("mck1_canary", &key).unwrap_err();
        assert!(matches!(error, Error::KeyAsName));
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    #[test]
    fn a_passphrase_is_not_kept() {
        let key = MasterKey::from_passphrase(SecretText::new(b"correct horse".to_vec())).unwrap();
        assert!(matches!(write_keyring_key("a", &key), Err(Error::NotRaw)));
    }
}
