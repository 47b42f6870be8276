//! `SELECT 1` on a server of `PostgreSQL`.

use std::net::IpAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Config, NoTls};

use super::answer::Answer;
use crate::ErrorKind;
use crate::cli::failure::Failure;
use crate::credentials::Credential;

pub(super) fn ask(credential: &Credential, patience: Duration) -> Result<Answer, Failure> {
    let name = &credential.record.name;
    let dsn = std::str::from_utf8(credential.secret.expose()).ok();
    let dsn = dsn.filter(|dsn| ["postgres://", "postgresql://"].iter().any(|scheme| dsn.starts_with(scheme)));
    let dsn =
        dsn.ok_or_else(|| Failure::usage(format!("`{name}` is no address of a PostgreSQL database")))?;
    // What the parser complains about may be the password.
    let mut config: Config = dsn
        .parse()
        .map_err(|_| Failure::usage(format!("`{name}` has a parameter that is not known here")))?;
    let server = shown(&config);
    check(&config, &server)?;
    config.connect_timeout(patience).application_name("modelcrypt");
    let (sender, answered) = mpsc::channel();
    // The server may accept and then say nothing.
    thread::spawn(move || sender.send(select(&config)));
    Ok(match answered.recv_timeout(patience) {
        Ok(Ok(())) => Answer::good(server, "it selects 1"),
        Ok(Err(said)) => Answer::bad(server, said),
        Err(_) => Answer::bad(server, "no answer in time"),
    })
}

/// There is no TLS here: the password goes to this machine, or where the address says that it may go as it is.
fn check(config: &Config, server: &str) -> Result<(), Failure> {
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
        SslMode::Disable => Ok(()),
        SslMode::Prefer if is_here => Ok(()),
        _ => Err(Failure::new(
            ErrorKind::PolicyViolation,
            format!("{server} wants TLS, which is not built in"),
        )
        .hint("try it with psql; sslmode=disable in the address lets the password go as it is")),
    }
}

fn select(config: &Config) -> Result<(), String> {
    let mut client = config.connect(NoTls).map_err(|error| words(&error))?;
    let row = client.query_one("SELECT 1", &[]).map_err(|error| words(&error))?;
    if row.get::<_, i32>(0) == 1 { Ok(()) } else { Err("it selects something else".into()) }
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
