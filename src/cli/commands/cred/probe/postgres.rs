//! `SELECT 1` on a server of `PostgreSQL`.

use std::net::IpAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::trust;
use crate::cli::failure::Failure;
use crate::credentials::Credential;

pub(super) fn ask(credential: &Credential, patience: Duration) -> Result<Answer, Failure> {
    let name = &credential.record.name;
    let dsn = std::str::from_utf8(credential.secret.expose()).ok();
    let dsn = dsn.filter(|dsn| ["postgres://", "postgresql://"].iter().any(|scheme| dsn.starts_with(scheme)));
    let dsn =
        dsn.ok_or_else(|| Failure::usage(format!("`{name}` is no address of a PostgreSQL database")))?;
    // What the parser complains about may be the password.
    let mut config: Config = without_degrees(dsn)
        .parse()
        .map_err(|_| Failure::usage(format!("`{name}` has a parameter that is not known here")))?;
    let server = shown(&config);
    let way = Way::of(&config);
    config.connect_timeout(patience).application_name("modelcrypt");
    let (sender, answered) = mpsc::channel();
    // The server may accept and then say nothing.
    thread::spawn(move || sender.send(select(config, way)));
    Ok(match answered.recv_timeout(patience) {
        Ok(Ok(())) => Answer::good(server, "it selects 1"),
        Ok(Err(said)) => Answer::bad(server, said),
        Err(_) => Answer::bad(server, "no answer in time"),
    })
}

/// The other modes of libpq that ask for TLS: here a certificate is always checked, with the name in it.
fn without_degrees(dsn: &str) -> Zeroizing<String> {
    let degree = ["sslmode=verify-full", "sslmode=verify-ca"].into_iter().find(|mode| dsn.contains(mode));
    Zeroizing::new(degree.map_or_else(|| dsn.to_owned(), |mode| dsn.replace(mode, "sslmode=require")))
}

/// How the password goes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To this machine, or where the address says that it may.
    Plain,
    /// Everywhere else, whatever the server offers.
    Tls,
}

impl Way {
    fn of(config: &Config) -> Self {
        let is_local = |host: &Host| match host {
            Host::Tcp(name) => {
                name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        let is_here =
            config.get_hosts().iter().all(is_local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
        match config.get_ssl_mode() {
            SslMode::Disable => Self::Plain,
            SslMode::Prefer if is_here => Self::Plain,
            _ => Self::Tls,
        }
    }
}

fn select(mut config: Config, way: Way) -> Result<(), String> {
    let mut client = connect(&mut config, way)?;
    let row = client.query_one("SELECT 1", &[]).map_err(|error| words(&error))?;
    if row.get::<_, i32>(0) == 1 { Ok(()) } else { Err("it selects something else".into()) }
}

fn connect(config: &mut Config, way: Way) -> Result<Client, String> {
    let connected = match way {
        Way::Plain => config.connect(NoTls),
        Way::Tls => {
            let tls = MakeRustlsConnect::new(trust::config()?);
            config.ssl_mode(SslMode::Require).connect(tls)
        }
    };
    connected.map_err(|error| words(&error))
}

/// What the server says, as far as it is no more than that.
fn words(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
    }
}

fn shown(config: &Config) -> String {
    let hosts: Vec<_> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    let ports: Vec<_> = config.get_ports().iter().map(u16::to_string).collect();
    let port = if ports.is_empty() { "5432".to_owned() } else { ports.join(",") };
    format!("PostgreSQL at {}:{port}", hosts.join(","))
}
