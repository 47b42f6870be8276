//! The protocol of Git's credential helpers (gitcredentials(7), git-credential(1)).

use std::str::from_utf8;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::logins::{self, Login};
use crate::base::SecretText;
use crate::cli::args::cred::{GitAction, HelperGitArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, secret_input};
use crate::credentials::{CredentialStore, Selector};

pub(super) fn run(args: &HelperGitArgs, context: &Context) -> Result<Exit, Failure> {
    let input = secret_input::from_stdin(MAX_INPUT_LEN)?;
    let Some(asked) = Asked::parse(input.expose()) else { return Ok(Exit::Done) };
    match args.action {
        GitAction::Get => {
            let store = credential_store::open(&args.stores, context)?;
            get(&asked, &store, context)?;
        }
        GitAction::Store => {
            let (Some(username), Some(password)) = (asked.username, asked.password) else {
                return Ok(Exit::Done);
            };
            let store = credential_store::open_to_keep(&args.stores, context)?;
            let home = credential_store::home(&store, &args.stores)?;
            let service = &asked.services()[0];
            let secret = SecretText::new(password.as_bytes().to_vec());
            let expires = asked.expires.map(Into::into);
            logins::keep(&store, home, Login { service, username, secret, expires, family: "git" }, false)?;
        }
        GitAction::Erase => {
            let store = credential_store::open_to_change(&args.stores, context)?;
            erase(&asked, &store)?;
        }
    }
    Ok(Exit::Done)
}

/// What Git says about a login.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked<'i> {
    protocol: &'i str,
    host: &'i str,
    path: Option<&'i str>,
    username: Option<&'i str>,
    password: Option<&'i str>,
    expires: Option<SystemTime>,
}

impl<'i> Asked<'i> {
    /// `None`: it is about nothing that is kept here.
    fn parse(input: &'i [u8]) -> Option<Self> {
        let mut asked = Self::default();
        for line in from_utf8(input).ok()?.split('\n').take_while(|line| !line.is_empty()) {
            let (key, value) = line.split_once('=')?;
            let value = Some(value).filter(|value| !value.is_empty());
            match key {
                "protocol" => asked.protocol = value?,
                "host" => asked.host = value?,
                "path" => asked.path = value,
                "username" => asked.username = value,
                "password" => asked.password = value,
                "password_expiry_utc" => {
                    let seconds = value.and_then(|value| value.parse().ok()).map(Duration::from_secs);
                    asked.expires = seconds.and_then(|end| SystemTime::UNIX_EPOCH.checked_add(end));
                }
                // More than a helper has to know.
                _ => {}
            }
        }
        (!asked.protocol.is_empty() && !asked.host.is_empty()).then_some(asked)
    }

    /// The addresses that it may be kept under, the narrowest first.
    fn services(&self) -> Vec<String> {
        let host = format!("{}://{}", self.protocol, self.host);
        let with_path = self.path.map(|path| format!("{host}/{path}"));
        with_path.into_iter().chain([host]).collect()
    }
}

fn get(asked: &Asked, store: &dyn CredentialStore, context: &Context) -> Result<(), Failure> {
    for service in asked.services() {
        let Some(entry) = logins::find(store, &service, asked.username)? else { continue };
        let credential = store.get(&entry.record.name, Selector::CURRENT)?;
        let is_value = |text: &&str| !text.contains(['\n', '\r', '\0']);
        let secret = from_utf8(credential.secret.expose()).ok().filter(is_value);
        let secret = secret.ok_or_else(|| {
            Failure::usage(format!(
                "`{}` holds a newline or no text, which Git does not take",
                entry.record.name
            ))
        })?;
        // A keyring holds what any program has put there.
        let username = credential.record.username.as_deref().unwrap_or_default();
        if !is_value(&username) {
            return Err(Failure::usage(format!("the user of `{}` holds a newline", entry.record.name)));
        }
        let answer = Zeroizing::new(format!("username={username}\npassword={secret}\n"));
        return context.terminal.print_bytes(answer.as_bytes());
    }
    // Git asks the next helper then.
    Ok(())
}

/// What was refused is given no more, unless it is not what is kept.
fn erase(asked: &Asked, store: &dyn CredentialStore) -> Result<(), Failure> {
    for service in asked.services() {
        let Some(entry) = logins::find(store, &service, asked.username)? else { continue };
        let name = &entry.record.name;
        let is_other = match asked.password {
            None => false,
            Some(password) => store
                .get(name, Selector::CURRENT)
                .is_ok_and(|current| current.secret.expose() != password.as_bytes()),
        };
        if !is_other {
            store.deactivate(name)?;
        }
        return Ok(());
    }
    Ok(())
}

const MAX_INPUT_LEN: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_read_up_to_the_empty_line() {
        let input = b"protocol=https\nhost=a.example:8443\npath=x.git\ncapability[]=authtype\nusername=me\npassword=a=b\n\nhost=c\n";
        let asked = Asked::parse(input).unwrap();
        assert_eq!((asked.username, asked.password), (Some("me"), Some("a=b")));
        assert_eq!(asked.services(), ["https://a.example:8443/x.git", "https://a.example:8443"]);
    }

    #[test]
    fn what_names_no_server_is_about_nothing() {
        for input in ["", "protocol=https\n", "host=a\n", "host=\nprotocol=https\n", "x\n"] {
            assert_eq!(Asked::parse(input.as_bytes()), None, "{input}");
        }
    }
}
