//! The credentials file of AWS: profiles with an access key each.

use serde::Serialize;
use zeroize::Zeroizing;

use super::found::{Found, Item};
use crate::base::SecretText;
use crate::credentials::Kind;

/// The profiles in `text` that have an access key: `default` as `aws`, each other one as `aws:PROFILE`.
pub(super) fn parse(text: &str) -> Found {
    let mut found = Found::default();
    let mut profile: Option<Profile<'_>> = None;
    for line in text.lines() {
        // Settings of a setting are indented; comments begin a line.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            found.take(profile.take());
            let name = header.trim();
            // As it is called in the configuration file.
            profile = Some(Profile::new(name.strip_prefix("profile ").unwrap_or(name).trim()));
        } else if let (Some(profile), Some((key, value))) = (&mut profile, line.split_once('=')) {
            profile.set(key.trim(), value.trim());
        }
    }
    found.take(profile);
    found
}

#[derive(Default)]
struct Profile<'t> {
    name: &'t str,
    id: Option<&'t str>,
    secret: Option<&'t str>,
    token: Option<&'t str>,
    extra: Vec<(&'static str, String)>,
}

impl<'t> Profile<'t> {
    fn new(name: &'t str) -> Self {
        Self { name, ..Self::default() }
    }

    fn set(&mut self, key: &str, value: &'t str) {
        match key.to_ascii_lowercase().as_str() {
            _ if value.is_empty() => {}
            "aws_access_key_id" => self.id = Some(value),
            "aws_secret_access_key" => self.secret = Some(value),
            "aws_session_token" => self.token = Some(value),
            "region" => self.extra.push(("region", value.to_owned())),
            "endpoint_url" => self.extra.push(("endpoint", value.to_owned())),
            _ => {}
        }
    }
}

impl Found {
    fn take(&mut self, profile: Option<Profile<'_>>) {
        let Some(profile) = profile else { return };
        let (Some(id), Some(secret)) = (profile.id, profile.secret) else {
            self.passed_over.push(format!("the profile `{}` has no access key", profile.name));
            return;
        };
        let name = if profile.name == "default" { "aws".to_owned() } else { format!("aws:{}", profile.name) };
        let secret = match profile.token {
            None => SecretText::new(secret.as_bytes().to_vec()),
            Some(token) => with_token(secret, token),
        };
        let username = Some(id.to_owned());
        self.items.push(Item { username, extra: profile.extra, ..Item::new(name, Kind::Aws, secret) });
    }
}

/// The form in which a secret of type `aws` carries a session token.
fn with_token(secret_access_key: &str, session_token: &str) -> SecretText {
    #[derive(Serialize)]
    struct Temporary<'t> {
        secret_access_key: &'t str,
        session_token: &'t str,
    }
    let mut json =
        Zeroizing::new(Vec::with_capacity(6 * (secret_access_key.len() + session_token.len()) + 64));
    serde_json::to_writer(&mut *json, &Temporary { secret_access_key, session_token })
        .expect("two texts serialize");
    SecretText::new(std::mem::take(&mut *json))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# a comment
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
region = eu-west-1
s3 =
    max_concurrent_requests = 20

[profile temporary]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = a=b#c
aws_session_token = t\"k
[sso]
sso_session = x
";

    #[test]
    fn each_profile_with_a_key_is_found() {
        let found = parse(FILE);
        let [first, second] = &found.items[..] else { panic!("{found:?}") };
        assert_eq!((first.name.as_str(), first.username.as_deref()), ("aws", Some("AKIAIOSFODNN7EXAMPLE")));
        assert_eq!(first.secret.expose(), b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        assert_eq!(first.extra, [("region", "eu-west-1".to_owned())]);
        assert_eq!(second.name, "aws:temporary");
        assert_eq!(second.secret.expose(), br#"{"secret_access_key":"a=b#c","session_token":"t\"k"}"#);
        assert_eq!(found.passed_over, ["the profile `sso` has no access key"]);
    }

    #[test]
    fn what_is_no_such_file_holds_none() {
        assert!(parse("aws_access_key_id = x\naws_secret_access_key = y\n").items.is_empty());
        assert!(parse("").items.is_empty());
    }
}
