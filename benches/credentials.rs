//! How long a vault of 10,000 credentials takes, in a process that has it open: one secret, all metadata, a change, and
//! the same with every access on record.
//!
//! `cargo bench --bench credentials`. Filling it takes a minute or more: every credential waits for the disk. What it
//! prints is for people to read: no clock makes it fail.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use modelcrypt::MasterKey;
use modelcrypt::base::SecretText;
use modelcrypt::credentials::audit::{Actor, AuditLog, Audited};
use modelcrypt::credentials::stores::vault::Vault;
use modelcrypt::credentials::{CredentialStore, Kind, Name, Record, Selector};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let vault = Arc::new(Vault::create(&folder.path().join("vault.db"), &MasterKey::generate()?)?);
    let start = Instant::now();
    for number in 0..COUNT {
        vault.create(record(number)?, SecretText::new(format!("secret of {number}").into_bytes()))?;
    }
    println!("{:<40} {:>13.1?}", format!("filled with {COUNT}, each"), start.elapsed() / COUNT);

    let mut next = 0;
    let mut name = || -> Name {
        next = (next + 7919) % COUNT;
        format!("credential-{next}").parse().expect("a name of the bench's own making")
    };
    told("get", 2000, || vault.get(&name(), Selector::CURRENT).is_ok());
    told("list", 50, || vault.list().is_ok_and(|listing| listing.entries.len() == COUNT as usize));
    told("put", 50, || vault.put(&name(), SecretText::new(b"new".to_vec()), None, None).is_ok());
    let log = Arc::new(AuditLog::of(Arc::clone(&vault)));
    let actor = Actor { name: "bench".into(), correlation: "1".into() };
    let audited = Audited::new(Arc::clone(&vault), log, actor);
    told("get, on record", 1000, || audited.get(&name(), Selector::CURRENT).is_ok());
    told("list, on record", 50, || audited.list().is_ok());
    told("put, on record", 50, || audited.put(&name(), SecretText::new(b"new".to_vec()), None, None).is_ok());
    let start = Instant::now();
    let report = audited.log().verify()?;
    println!("{:<40} {:>13.1?}", format!("log verified, {} lines", report.lines), start.elapsed());
    Ok(())
}

fn record(number: u32) -> Result<Record, Box<dyn Error>> {
    let mut record = Record::new(format!("credential-{number}").parse()?, Kind::Custom, SystemTime::now());
    record.username = Some(format!("user-{number}"));
    record.extra.insert("endpoint".into(), "https://service.example/v1".into());
    record.tags.extend(["team-a".to_owned(), "prod".to_owned()]);
    record.service = Some("service".into());
    record.environment = Some("prod".into());
    Ok(record)
}

/// Prints the median and the slowest of many runs.
fn told(what: &str, runs: usize, mut run: impl FnMut() -> bool) {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            assert!(black_box(run()));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("{what:<40} {:>13.1?}   slowest {:.1?}", times[runs / 2], times[runs - 1]);
}

const COUNT: u32 = 10_000;
