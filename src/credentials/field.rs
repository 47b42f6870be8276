//! What `NAME/FIELD` stands for.

use std::str::from_utf8;

use zeroize::Zeroizing;

use super::address::Address;
use super::{Credential, Error, Kind, wiped_json};
use crate::base::SecretText;

impl Credential {
    /// The field of that name: `secret`, `username`, one of `extra`, or a part that the secret has by its type.
    ///
    /// An `aws` credential has `access_key_id`, `secret_access_key` and, if it is temporary, `session_token`; a
    /// `db_dsn` has `user`, `password`, `host`, `port` and `database`, percent-decoded; of a secret that is a JSON
    /// object, each text is a field.
    pub fn field(&self, name: &str) -> Result<SecretText, Error> {
        let missing = || Error::NoField { name: self.record.name.to_string(), field: shown(name).to_owned() };
        let plain = |text: &String| SecretText::new(text.clone().into_bytes());
        match name {
            "secret" => return Ok(SecretText::new(self.secret.expose().to_vec())),
            "username" if self.record.username.is_some() => {}
            _ if self.record.extra.contains_key(name) => return Ok(plain(&self.record.extra[name])),
            _ => return self.part(name).ok_or_else(missing),
        }
        self.record.username.as_ref().map(plain).ok_or_else(missing)
    }

    fn part(&self, name: &str) -> Option<SecretText> {
        let secret = self.secret.expose();
        let is_object = secret.first() == Some(&b'{');
        match (self.record.kind, name) {
            (Kind::HttpBasic, "password") => Some(SecretText::new(secret.to_vec())),
            (Kind::Aws, "access_key_id") => Some(SecretText::new(self.record.username.clone()?.into_bytes())),
            (Kind::Aws, "secret_access_key") if !is_object => Some(SecretText::new(secret.to_vec())),
            (Kind::DbDsn, _) => dsn_part(from_utf8(secret).ok()?, name),
            _ if is_object => {
                let fields = wiped_json::object(secret).ok()?;
                Some(SecretText::new(fields.text(name)?.as_bytes().to_vec()))
            }
            _ => None,
        }
    }
}

fn dsn_part(dsn: &str, name: &str) -> Option<SecretText> {
    let address = Address::parse(dsn).ok()?;
    match name {
        "user" | "username" => percent_decoded(address.user?),
        "password" => percent_decoded(address.password?),
        "host" if !address.host.is_empty() => percent_decoded(address.host),
        "port" => Some(SecretText::new(address.port?.to_string().into_bytes())),
        "database" => percent_decoded(address.path.strip_prefix('/').filter(|path| !path.is_empty())?),
        _ => None,
    }
}

/// `None`: a percent sign without two hexadecimal digits behind it.
fn percent_decoded(text: &str) -> Option<SecretText> {
    let mut bytes = text.bytes();
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    while let Some(byte) = bytes.next() {
        let digit =
            |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        decoded.push(if byte == b'%' { digit(bytes.next())? * 16 + digit(bytes.next())? } else { byte });
    }
    Some(SecretText::new(std::mem::take(&mut *decoded)))
}

/// A field's name as an error may show it: a secret typed in its place is long or strange.
fn shown(name: &str) -> &str {
    let is_name =
        name.len() <= MAX_SHOWN_LEN && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if is_name { name } else { "…" }
}

const MAX_SHOWN_LEN: usize = 32;

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::credentials::{Entry, Record, Selector};

    fn credential(kind: Kind, secret: &str) -> Credential {
        let now = SystemTime::now().into();
        let mut record = Record::new("x".parse().unwrap(), kind, now);
        record.username = Some("who".into());
        record.extra.insert("region".into(), "eu-west-1".into());
        let mut entry = Entry::new(record);
        let number = entry.stage(now, None).unwrap();
        entry.switch(number, now, None).unwrap();
        let version = *entry.select(Selector::CURRENT, now).unwrap();
        Credential { record: entry.record, version, secret: SecretText::new(secret.into()) }
    }

    fn field(credential: &Credential, name: &str) -> Option<String> {
        credential.field(name).ok().map(|text| String::from_utf8(text.expose().to_vec()).unwrap())
    }

    fn assert_fields(credential: &Credential, expected: &[(&str, Option<&str>)]) {
        for (name, value) in expected {
            assert_eq!(field(credential, name).as_deref(), *value, "{name}");
        }
    }

    #[test]
    fn every_credential_has_its_secret_user_and_extra() {
        let any = credential(Kind::ApiKey, "s3cret");
        let expected = [
            ("secret", Some("s3cret")),
            ("username", Some("who")),
            ("region", Some("eu-west-1")),
            ("host", None),
            ("password", None),
        ];
        assert_fields(&any, &expected);
    }

    #[test]
    fn an_access_key_has_its_parts_in_both_forms() {
        let bare =
            [("access_key_id", Some("who")), ("secret_access_key", Some("k")), ("session_token", None)];
        assert_fields(&credential(Kind::Aws, "k"), &bare);
        let with_token =
            [("access_key_id", Some("who")), ("secret_access_key", Some("k")), ("session_token", Some("t"))];
        let json = r#"{"secret_access_key":"k","session_token":"t"}"#;
        assert_fields(&credential(Kind::Aws, json), &with_token);
    }

    #[test]
    fn a_dsn_has_its_parts_decoded() {
        let dsn = credential(Kind::DbDsn, "postgres://me:p%40ss%2F@db.example:5432/main?x=1");
        let expected = [
            ("user", Some("me")),
            ("password", Some("p@ss/")),
            ("host", Some("db.example")),
            ("port", Some("5432")),
            ("database", Some("main")),
        ];
        assert_fields(&dsn, &expected);
        assert_eq!(field(&credential(Kind::DbDsn, "postgres://me:p%4@h/"), "password"), None);
    }

    #[test]
    fn an_error_does_not_repeat_what_may_be_a_secret() {
        let any = credential(Kind::ApiKey, "s3cret");
        let typed = "hf_canarycanarycanarycanarycanarycanary";
        let error = any.field(typed).unwrap_err().to_string();
        assert!(!error.contains("canary"), "{error}");
    }
}
