//! Credentials in environment variables, read-only. One of the two files of the library that may read the
//! environment.
//!
//! Only variables that are meant for it are looked at: with the prefix `MODELCRYPT`, the credential `hf-token` is in
//! `MODELCRYPT__HF_TOKEN`, or in the file that `MODELCRYPT__HF_TOKEN_FILE` names; `MODELCRYPT__HF_TOKEN__TYPE`,
//! `…__USERNAME` and `…__ENDPOINT` are its type, user name and extra fields.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::file::FileSource;
use super::read_only::{credential, refused};
use crate::base::SecretText;
use crate::credentials::{
    Access, Action, Apply, Credential, CredentialStore, Entry, Error, Kind, Label, Listing, Moment, Name,
    Record, Selector, check,
};
use crate::keys::Permissions;

/// The environment as a store.
pub struct Environment {
    prefix: String,
    permissions: Permissions,
    variables: Variables,
}

/// Where variables come from.
enum Variables {
    Process,
    Given(BTreeMap<String, OsString>),
}

impl Environment {
    /// The prefix unless another one is chosen.
    pub const PREFIX: &str = "MODELCRYPT";

    /// The variables of this process that begin with [`PREFIX`](Self::PREFIX) and two underscores.
    #[must_use]
    pub fn new() -> Self {
        Self { prefix: Self::PREFIX.into(), permissions: Permissions::Private, variables: Variables::Process }
    }

    /// The same with another prefix.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// Whether files that others may read are refused.
    #[must_use]
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    /// The same over variables that are handed in.
    #[must_use]
    pub fn with_variables(mut self, variables: impl IntoIterator<Item = (String, OsString)>) -> Self {
        self.variables = Variables::Given(variables.into_iter().collect());
        self
    }

    /// `PREFIX__NAME`: letters in upper case, everything that no variable's name has as `_`.
    fn variable(&self, name: &Name) -> String {
        let upper = name.as_str().chars().flat_map(char::to_uppercase);
        let plain = upper.map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
        format!("{}__{}", self.prefix, plain.collect::<String>())
    }

    fn value(&self, variable: &str) -> Option<OsString> {
        match &self.variables {
            Variables::Process => std::env::var_os(variable),
            Variables::Given(variables) => variables.get(variable).cloned(),
        }
    }

    /// All variables with the prefix, without it.
    fn own(&self) -> BTreeMap<String, OsString> {
        let prefix = format!("{}__", self.prefix);
        let strip = |(name, value): (String, OsString)| Some((name.strip_prefix(&prefix)?.to_owned(), value));
        match &self.variables {
            Variables::Process => {
                let texts =
                    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
                texts.filter_map(strip).collect()
            }
            Variables::Given(variables) => variables.clone().into_iter().filter_map(strip).collect(),
        }
    }

    /// The secret of `name`; `None`: no variable is meant for it.
    fn secret(&self, name: &Name) -> Result<Option<SecretText>, Error> {
        let variable = self.variable(name);
        let file_variable = format!("{variable}{FILE_SUFFIX}");
        match (self.value(&variable), self.value(&file_variable)) {
            (Some(_), Some(_)) => Err(Error::Invalid {
                field: file_variable,
                reason: "it is set beside the one without `_FILE`",
            }),
            (Some(value), None) => Ok(Some(SecretText::new(value.into_encoded_bytes()))),
            (None, Some(path)) => FileSource::new(path).permissions(self.permissions).read().map(Some),
            (None, None) => Ok(None),
        }
    }

    fn record(&self, name: &Name) -> Result<Record, Error> {
        let mut record = Record::new(name.clone(), Kind::EnvVar, std::time::SystemTime::UNIX_EPOCH);
        let variable = self.variable(name);
        let own = variable.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix("__"));
        let fields = format!("{}__", own.expect("made of the prefix"));
        for (field, value) in self.own() {
            let Some(field) = field.strip_prefix(&fields) else { continue };
            let no_text = || Error::Invalid { field: field.to_lowercase(), reason: "it is not UTF-8" };
            let value = value.into_string().map_err(|_| no_text())?;
            match field {
                "TYPE" => record.kind = value.parse()?,
                "USERNAME" => record.username = Some(value),
                _ => drop(record.extra.insert(field.to_lowercase(), value)),
            }
        }
        Ok(record)
    }

    fn found(&self, name: &Name) -> Result<(Record, SecretText), Error> {
        let secret = self.secret(name)?.ok_or_else(|| Error::NotFound(name.to_string()))?;
        let record = self.record(name)?;
        check(&record, &secret)?;
        Ok((record, secret))
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new()
    }
}

impl CredentialStore for Environment {
    fn name(&self) -> &'static str {
        STORE
    }

    fn access(&self) -> Access {
        Access::ReadOnly
    }

    fn entry(&self, name: &Name) -> Result<Entry, Error> {
        let (record, secret) = self.found(name)?;
        Ok(credential(STORE, record, secret).0)
    }

    /// The names as the variables tell them, in lower case.
    fn list(&self) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        let own = self.own();
        let names = own.keys().filter(|variable| !variable.contains("__"));
        let mut names: Vec<_> = names
            .map(|variable| variable.strip_suffix(FILE_SUFFIX).unwrap_or(variable).to_lowercase())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            match name.parse().and_then(|name| self.entry(&name)) {
                Ok(entry) => listing.entries.push(entry),
                Err(problem) => listing.problems.push(problem),
            }
        }
        Ok(listing)
    }

    fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error> {
        let (record, secret) = self.found(name)?;
        let (entry, secret) = credential(STORE, record, secret);
        let version = *entry.select(selector, now)?;
        Ok(Credential { record: entry.record, version, secret })
    }

    fn change(&self, _: &Name, _: Action, _: Apply<'_>) -> Result<Entry, Error> {
        Err(refused(STORE))
    }

    fn purge(&self, _: &Name) -> Result<(), Error> {
        Err(refused(STORE))
    }
}

/// The secret in one variable that was named.
pub(in crate::credentials) fn secret_in_variable(variable: &str) -> Option<SecretText> {
    std::env::var_os(variable).map(|value| SecretText::new(value.into_encoded_bytes()))
}

/// Where the vault is, unless a place is named: `$MODELCRYPT_VAULT`, else `vault.db` in the user's data folder.
/// `None`: the user has no home folder, and so no data folder.
#[must_use]
pub fn vault_path() -> Option<PathBuf> {
    if let Some(path) = set("MODELCRYPT_VAULT") {
        return Some(path.into());
    }
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("modelcrypt").join("vault.db"))
}

/// The token that the tools of the Hugging Face Hub take before any other: `$HF_TOKEN`, then the token file. Which
/// of the two it is stands in the record's description.
#[must_use]
pub fn hub_token() -> Option<Credential> {
    let (secret, place) = if let Some(token) = set("HF_TOKEN") {
        (SecretText::new(token.into_encoded_bytes()).without_final_newline(), "$HF_TOKEN".to_owned())
    } else {
        let path = hub_token_path()?;
        // The Hub's own tools write it for everybody to read.
        let file = FileSource::new(&path).permissions(Permissions::Loose);
        (file.read().ok().filter(|token| !token.expose().is_empty())?, path.display().to_string())
    };
    let name = "huggingface".parse().expect("letters are a name");
    let mut record = Record::new(name, Kind::Huggingface, std::time::SystemTime::UNIX_EPOCH);
    record.description = Some(place);
    let (entry, secret) = credential(STORE, record, secret);
    let version = *entry.history.labelled(Label::Current)?;
    Some(Credential { record: entry.record, version, secret })
}

fn hub_token_path() -> Option<PathBuf> {
    if let Some(path) = set("HF_TOKEN_PATH") {
        return Some(path.into());
    }
    let home = || set("HF_HOME").map(PathBuf::from);
    let cache = || set("XDG_CACHE_HOME").map(|cache| PathBuf::from(cache).join("huggingface"));
    let usual = || set("HOME").map(|home| PathBuf::from(home).join(".cache/huggingface"));
    Some(home().or_else(cache).or_else(usual)?.join("token"))
}

/// A variable with something in it.
fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

const STORE: &str = "environment";
const FILE_SUFFIX: &str = "_FILE";
