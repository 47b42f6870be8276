//! A GET with the credential in its header.

use std::time::Duration;

use data_encoding::BASE64;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use zeroize::Zeroizing;

use super::answer::Answer;
use super::trust;
use crate::cli::failure::Failure;
use crate::credentials::{Credential, Kind};
use crate::presign::{Endpoint, PlainHttp};

pub(super) fn ask(credential: &Credential, patience: Duration) -> Result<Answer, Failure> {
    let record = &credential.record;
    let address = record.extra.get("url").or_else(|| record.extra.get("endpoint"));
    let address = address.ok_or_else(|| {
        Failure::usage(format!("nobody knows where `{}` is good: it has no extra url", record.name))
            .hint(format!("`modelcrypt cred edit {} --extra url=https://…`", record.name))
    })?;
    let is_allowed = record.extra.get("allow_http").is_some_and(|value| value == "true");
    check(address, if is_allowed { PlainHttp::Allowed } else { PlainHttp::LoopbackOnly })?;
    let secret = std::str::from_utf8(credential.secret.expose())
        .map_err(|_| Failure::usage(format!("`{}` is not UTF-8", record.name)))?;
    let value = match record.kind {
        Kind::HttpBasic => {
            let pair = format!("{}:{secret}", record.username.as_deref().unwrap_or_default());
            format!("Basic {}", BASE64.encode(Zeroizing::new(pair).as_bytes()))
        }
        Kind::ApiKey if record.extra.contains_key("header") => secret.to_owned(),
        _ => format!("Bearer {secret}"),
    };
    let header = match record.kind {
        Kind::ApiKey => record.extra.get("header").map_or("Authorization", String::as_str),
        _ => "Authorization",
    };
    let found = get(address, Some((header, &Zeroizing::new(value))), patience);
    Ok(found.map_or_else(|said| Answer::bad(address, said), |found| found.answer(address)))
}

/// An address that a secret may be sent to.
pub(super) fn check(address: &str, plain_http: PlainHttp) -> Result<(), Failure> {
    let origin = address.split(['?', '#']).next().unwrap_or_default();
    Endpoint::parse(origin, plain_http)?;
    Ok(())
}

/// What came back.
pub(super) struct Found {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Found {
    pub(super) fn answer(&self, server: &str) -> Answer {
        let said = self.status_line();
        if (200..300).contains(&self.status) { Answer::good(server, said) } else { Answer::bad(server, said) }
    }

    pub(super) fn status_line(&self) -> String {
        let status = ureq::http::StatusCode::from_u16(self.status).ok();
        let reason = status.and_then(|status| status.canonical_reason()).unwrap_or("");
        format!("{} {reason}", self.status).trim_end().to_owned()
    }
}

/// One request, with no redirect followed: a secret goes where it was sent and nowhere else. The error is words that
/// hold nothing of the address or the header.
pub(super) fn get(address: &str, header: Option<(&str, &str)>, patience: Duration) -> Result<Found, String> {
    let is_https = address.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    // Plain http goes to this machine, which is behind no proxy.
    let proxy = is_https.then(ureq::Proxy::try_from_env).flatten();
    let mut config = ureq::Agent::config_builder()
        .timeout_global(Some(patience))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(proxy)
        .user_agent(concat!("modelcrypt/", env!("CARGO_PKG_VERSION")));
    if is_https {
        config = config.tls_config(TlsConfig::builder().root_certs(roots()).build());
    }
    let mut request = config.build().new_agent().get(address);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let mut response = request.call().map_err(|error| words(&error))?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MAX_BODY_LEN).lossy_utf8(true).read_to_string();
    // A long or broken body does not change what the status says.
    Ok(Found { status, body: body.unwrap_or_default() })
}

/// The machine's authorities, or those of Mozilla where it has none, as in a bare container.
fn roots() -> RootCerts {
    let known = trust::authorities();
    if known.is_empty() {
        return RootCerts::WebPki;
    }
    let known: Vec<_> = known.iter().map(|known| Certificate::from_der(known).to_owned()).collect();
    RootCerts::new_with_certs(&known)
}

fn words(error: &ureq::Error) -> String {
    use ureq::Error as E;
    match error {
        E::Io(error) => format!("no answer: {}", error.kind()),
        E::Timeout(_) => "no answer in time".into(),
        E::HostNotFound => "there is no such host".into(),
        E::ConnectionFailed => "nobody listens there".into(),
        E::Tls(_) | E::Rustls(_) => format!("no trust in its certificate: {error}"),
        _ => "no answer that makes sense".into(),
    }
}

const MAX_BODY_LEN: u64 = 256 * 1024;
