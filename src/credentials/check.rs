//! Whether a secret is what its record says: each type has its form. An error names the field, never the value.

use std::str::from_utf8;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use zeroize::Zeroizing;

use super::address::Address;
use super::record::invalid;
use super::{Error, Kind, Record, wiped_json};
use crate::base::SecretText;

/// Checks the fields of `record`, and `secret` by its type.
pub fn check(record: &Record, secret: &SecretText) -> Result<(), Error> {
    record.validate()?;
    let bytes = secret.expose();
    if bytes.is_empty() {
        return Err(in_secret("it is empty"));
    }
    if bytes.len() > MAX_SECRET_LEN {
        return Err(in_secret("it is longer than 64 KiB"));
    }
    match record.kind {
        Kind::Ssh => ssh(bytes),
        Kind::HttpBasic => {
            let user = record.username.as_ref().ok_or_else(|| invalid("username", "it is missing"))?;
            if user.contains(':') {
                return Err(invalid("username", "it holds a colon, which ends a user name in HTTP"));
            }
            text(bytes).and_then(one_line)
        }
        Kind::BearerToken | Kind::ApiKey | Kind::OauthToken | Kind::WebhookSecret => token(bytes),
        Kind::Huggingface => {
            token(bytes)?;
            let is_token = bytes.starts_with(b"hf_") || bytes.starts_with(b"api_org_");
            is_token
                .then_some(())
                .ok_or_else(|| in_secret("it begins neither with `hf_` nor with `api_org_`"))
        }
        Kind::DbDsn => dsn(bytes),
        Kind::Aws => aws(record, bytes),
        Kind::Jwt => jwt(bytes),
        Kind::ServiceAccountJson => service_account(bytes),
        Kind::TlsCertificate => tls(bytes),
        Kind::EnvVar if bytes.contains(&0) => Err(in_secret("it holds a zero byte")),
        Kind::EnvVar | Kind::EncryptionKey | Kind::Custom => Ok(()),
    }
}

fn in_secret(reason: &'static str) -> Error {
    invalid("secret", reason)
}

fn text(bytes: &[u8]) -> Result<&str, Error> {
    from_utf8(bytes).map_err(|_| in_secret("it is not UTF-8"))
}

fn one_line(text: &str) -> Result<(), Error> {
    if text.chars().any(char::is_control) {
        return Err(in_secret("it holds a control character"));
    }
    Ok(())
}

/// What can stand in a header: visible ASCII.
fn token(bytes: &[u8]) -> Result<(), Error> {
    let is_visible = bytes.iter().all(u8::is_ascii_graphic);
    is_visible.then_some(()).ok_or_else(|| in_secret("it holds something else than visible ASCII"))
}

/// A private key as PEM, or a password.
fn ssh(bytes: &[u8]) -> Result<(), Error> {
    let text = text(bytes)?;
    if !text.trim_start().starts_with("-----BEGIN") {
        return one_line(text);
    }
    let labels = pem_labels(text)?;
    let is_key = labels.len() == 1 && labels[0].ends_with("PRIVATE KEY");
    is_key.then_some(()).ok_or_else(|| in_secret("it is no single private key in PEM"))
}

fn tls(bytes: &[u8]) -> Result<(), Error> {
    let labels = pem_labels(text(bytes)?)?;
    if !labels.contains(&"CERTIFICATE") {
        return Err(in_secret("there is no certificate in its PEM"));
    }
    if labels.iter().filter(|label| label.ends_with("PRIVATE KEY")).count() != 1 {
        return Err(in_secret("there is not exactly one private key in its PEM"));
    }
    Ok(())
}

/// The labels of the blocks of a PEM file (RFC 7468), each of which must be closed and hold base64.
fn pem_labels(text: &str) -> Result<Vec<&str>, Error> {
    let broken = || in_secret("it is not PEM");
    let mut labels = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) else {
            // Text between the blocks is allowed, half a marker is not.
            if line.starts_with("-----") {
                return Err(broken());
            }
            continue;
        };
        let mut body = Zeroizing::new(String::with_capacity(text.len()));
        loop {
            let line = lines.next().ok_or_else(broken)?;
            if let Some(end) = line.strip_prefix("-----END ") {
                if end.strip_suffix("-----") != Some(label) {
                    return Err(broken());
                }
                break;
            }
            // Headers of an encrypted key of the old form (RFC 1421).
            if !line.contains(':') {
                body.push_str(line.trim());
            }
        }
        let decoded = BASE64.decode(body.as_bytes()).map(Zeroizing::new).map_err(|_| broken())?;
        if decoded.is_empty() {
            return Err(broken());
        }
        labels.push(label);
    }
    if labels.is_empty() { Err(broken()) } else { Ok(labels) }
}

fn dsn(bytes: &[u8]) -> Result<(), Error> {
    let address = Address::parse(text(bytes)?).map_err(in_secret)?;
    let scheme = address.scheme.split('+').next().unwrap_or_default();
    if !DATABASES.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(in_secret("its scheme is none of a database"));
    }
    if address.host.is_empty() && !scheme.eq_ignore_ascii_case("sqlite") {
        return Err(in_secret("an address has no host"));
    }
    Ok(())
}

/// The secret access key, or a JSON object of `secret_access_key` and `session_token`.
fn aws(record: &Record, bytes: &[u8]) -> Result<(), Error> {
    let id = record.username.as_ref().ok_or_else(|| invalid("username", "the access key id is missing"))?;
    if !id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/') {
        return Err(invalid("username", "it holds characters that no access key id has"));
    }
    if bytes.first() != Some(&b'{') {
        return token(bytes);
    }
    let fields = wiped_json::object(bytes).map_err(in_secret)?;
    if !fields.names().all(|name| ["secret_access_key", "session_token"].contains(&name)) {
        return Err(in_secret("it has a field that no access key has"));
    }
    let secret = fields.text("secret_access_key").ok_or_else(|| in_secret("it has no secret_access_key"))?;
    for part in [Some(secret), fields.text("session_token")].into_iter().flatten() {
        if part.is_empty() {
            return Err(in_secret("a field of it is empty"));
        }
        token(part.as_bytes())?;
    }
    Ok(())
}

fn jwt(bytes: &[u8]) -> Result<(), Error> {
    let no_jwt = || in_secret("it is not three parts of base64url with dots between them");
    let parts: Vec<_> = text(bytes)?.split('.').collect();
    let [header, payload, signature] = parts[..] else { return Err(no_jwt()) };
    for part in [header, payload, signature] {
        BASE64URL_NOPAD.decode(part.as_bytes()).map(Zeroizing::new).map_err(|_| no_jwt())?;
    }
    for part in [header, payload] {
        let decoded = BASE64URL_NOPAD.decode(part.as_bytes()).map(Zeroizing::new).map_err(|_| no_jwt())?;
        wiped_json::object(&decoded).map_err(in_secret)?;
    }
    Ok(())
}

fn service_account(bytes: &[u8]) -> Result<(), Error> {
    let fields = wiped_json::object(bytes).map_err(in_secret)?;
    if fields.text("type") != Some("service_account") {
        return Err(in_secret("its type is not service_account"));
    }
    if fields.text("client_email").is_none_or(|email| !email.contains('@')) {
        return Err(in_secret("it has no client_email"));
    }
    let key = fields.text("private_key").ok_or_else(|| in_secret("it has no private_key"))?;
    let labels = pem_labels(key)?;
    let is_key = labels.len() == 1 && labels[0].ends_with("PRIVATE KEY");
    is_key.then_some(()).ok_or_else(|| in_secret("its private_key is no private key in PEM"))
}

const MAX_SECRET_LEN: usize = 64 * 1024;
const DATABASES: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "sqlite",
    "mongodb",
    "redis",
    "rediss",
    "mssql",
    "sqlserver",
    "oracle",
    "clickhouse",
    "cockroachdb",
    "snowflake",
    "bigquery",
    "amqp",
    "amqps",
];

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn record(kind: Kind) -> Record {
        let mut record = Record::new("x".parse().unwrap(), kind, SystemTime::now());
        record.username = Some("AKIDEXAMPLE".into());
        record
    }

    fn outcome(record: &Record, secret: &str) -> Result<(), String> {
        check(record, &SecretText::new(secret.into())).map_err(|error| error.to_string())
    }

    fn pem(label: &str) -> String {
        format!("-----BEGIN {label}-----\nY2FuYXJ5IGNhbmFyeQ==\n-----END {label}-----\n")
    }

    fn service_account(key: &str) -> String {
        let account = serde_json::json!({
            "type": "service_account", "client_email": "a@b.example", "private_key": key,
        });
        account.to_string()
    }

    #[test]
    fn each_type_takes_its_form_and_refuses_another() {
        let key = pem("PRIVATE KEY");
        let open_ssh = pem("OPENSSH PRIVATE KEY");
        let certificate = pem("CERTIFICATE");
        let both = format!("{certificate}{key}");
        let account = service_account(&key);
        let no_key_account = service_account("canary");
        let cases: &[(Kind, &[&str], &[&str])] = &[
            (Kind::Ssh, &[&open_ssh, "a password"], &[&certificate, "-----BEGIN canary", "canary\nx"]),
            (Kind::HttpBasic, &["pass word"], &["canary\n"]),
            (Kind::BearerToken, &["abc.def"], &["canary x", "canary\n", "canaryé"]),
            (Kind::ApiKey, &["sk-1"], &["canary\0"]),
            (Kind::OauthToken, &["ya29.x"], &["canary x"]),
            (Kind::WebhookSecret, &["whsec_1"], &["canary\t"]),
            (Kind::Huggingface, &["hf_abc", "api_org_abc"], &["canary", "hf_ canary"]),
            (
                Kind::DbDsn,
                &["postgres://u:p@h/db", "mysql+pymysql://h", "sqlite:///x.db"],
                &["canary", "https://u:canary@h/db", "postgres://u:canary@h:x/db", "postgres:///canary"],
            ),
            (
                Kind::Aws,
                &["wJalr/x+y", r#"{"secret_access_key":"k","session_token":"t"}"#],
                &[
                    "canary x",
                    r#"{"session_token":"canary"}"#,
                    r#"{"secret_access_key":"canary","x":"y"}"#,
                    "{canary",
                ],
            ),
            (
                Kind::Jwt,
                &["e30.e30.c2ln", "e30.e30."],
                &["canary", "e30.canary.x", "e30.e30.c2ln.x", "bm8.e30.x"],
            ),
            (Kind::ServiceAccountJson, &[&account], &["canary", r#"{"type":"canary"}"#, &no_key_account]),
            (Kind::TlsCertificate, &[&both], &[&certificate, &key, "canary"]),
            (Kind::EncryptionKey, &["\0\u{1}"], &[]),
            (Kind::EnvVar, &["a\nb"], &["canary\0"]),
            (Kind::Custom, &["\0anything\n"], &[]),
        ];
        assert_eq!(cases.len(), Kind::ALL.len());
        for (kind, good, bad) in cases {
            let record = record(*kind);
            for secret in *good {
                assert_eq!(outcome(&record, secret), Ok(()), "{kind}");
            }
            for secret in bad.iter().chain(&[""]) {
                let reason = outcome(&record, secret).expect_err(kind.as_str());
                assert!(reason.starts_with("secret: ") && !reason.contains("canary"), "{kind}: {reason}");
            }
        }
    }

    #[test]
    fn a_user_name_is_asked_for_where_it_is_needed() {
        for kind in [Kind::HttpBasic, Kind::Aws] {
            for username in [None, Some("a:/b c".to_owned())] {
                let record = Record { username, ..record(kind) };
                assert!(outcome(&record, "secret").unwrap_err().starts_with("username: "), "{kind}");
            }
        }
    }

    #[test]
    fn an_endpoint_is_https_unless_it_is_this_machine_or_allowed() {
        let with = |key: &str, value: &str| {
            let mut record = record(Kind::ApiKey);
            record.extra.insert(key.into(), value.into());
            record
        };
        for (key, value) in [
            ("endpoint", "https://s3.example"),
            ("url", "http://localhost:9000"),
            ("api_endpoint", "http://[::1]:80/x"),
            ("curl", "http://plain.example"),
        ] {
            assert_eq!(outcome(&with(key, value), "k"), Ok(()), "{value}");
        }
        let bad = [
            "http://plain.example",
            "ftp://h",
            "s3.example",
            "https://user:canary@h",
            "http://127.0.0.1.evil",
        ];
        for value in bad {
            let reason = outcome(&with("base_url", value), "k").unwrap_err();
            assert!(reason.starts_with("extra.base_url: ") && !reason.contains("canary"), "{reason}");
        }
        let mut allowed = with("endpoint", "http://plain.example");
        allowed.extra.insert("allow_http".into(), "true".into());
        assert_eq!(outcome(&allowed, "k"), Ok(()));
    }

    #[test]
    fn fields_are_bounded_and_free_of_control_characters() {
        let bad: [fn(&mut Record); 9] = [
            |record| drop(record.extra.insert("Password".into(), "canary".into())),
            |record| record.username = Some("a\nb".into()),
            |record| record.service = Some(String::new()),
            |record| record.environment = Some("x".repeat(5000)),
            |record| record.description = Some("\u{1b}[2J".into()),
            |record| record.tags.extend(["a\tb".to_owned()]),
            |record| drop(record.extra.insert("a/b".into(), "x".into())),
            |record| drop(record.extra.insert("secret".into(), "x".into())),
            |record| record.rotate_every = Some(std::time::Duration::ZERO),
        ];
        for change in bad {
            let mut record = record(Kind::Custom);
            change(&mut record);
            assert!(outcome(&record, "x").is_err(), "{record:?}");
        }
        let mut many = record(Kind::Custom);
        many.tags = (0..65).map(|number| number.to_string()).collect();
        assert!(outcome(&many, "x").is_err());
    }

    #[test]
    fn a_secret_has_64_kib_at_most() {
        assert_eq!(outcome(&record(Kind::Custom), &"x".repeat(MAX_SECRET_LEN)), Ok(()));
        assert!(outcome(&record(Kind::Custom), &"x".repeat(MAX_SECRET_LEN + 1)).is_err());
    }
}
