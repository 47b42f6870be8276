//! `bench`: how fast the primitives are on this machine, backend by backend.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::{human, interrupt, json, table};
use crate::crypto::{Aead, Backend, NONCE_LEN, Sha256, TAG_LEN, pbkdf2_sha256};
use crate::format::geometry::CHUNK_LEN;
use crate::format::limits::DEFAULT_ITERATIONS;

pub(in crate::cli) fn run(context: &Context) -> Result<Exit, Failure> {
    interrupt::let_signals_kill()?;
    context.terminal.say(&format!("medians of {RUNS} runs on one thread"));
    let measured: Vec<Measured> = Backend::ALL.iter().map(|&backend| measure(backend)).collect();
    if context.json {
        context.terminal.print(&json::line(&Document {
            verb: context.verb,
            chunk_len: CHUNK_LEN,
            pbkdf2_iterations: DEFAULT_ITERATIONS,
            backends: measured,
        }))?;
        return Ok(Exit::Done);
    }
    let header = ["backend", "AES-256-GCM seal", "AES-256-GCM open", "SHA-256", "PBKDF2 × 600,000"];
    let rate = |bytes_per_s| human::rate(bytes_per_s, Duration::from_secs(1));
    let row = |m: &Measured| {
        vec![
            m.backend.to_owned(),
            rate(m.aes_256_gcm_seal_bytes_per_s),
            rate(m.aes_256_gcm_open_bytes_per_s),
            rate(m.sha256_bytes_per_s),
            format!("{:.0} ms", m.pbkdf2_ms),
        ]
    };
    let rows = measured.iter().map(row);
    context.terminal.print(&table::render(&header, rows, &[1, 2, 3, 4], Terminal::columns()))?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Document {
    verb: &'static str,
    chunk_len: usize,
    pbkdf2_iterations: u32,
    backends: Vec<Measured>,
}

#[derive(Serialize)]
struct Measured {
    backend: &'static str,
    aes_256_gcm_seal_bytes_per_s: u64,
    aes_256_gcm_open_bytes_per_s: u64,
    sha256_bytes_per_s: u64,
    pbkdf2_ms: f64,
}

fn measure(backend: Backend) -> Measured {
    let aead = Aead::new(backend, &[7; 32]);
    let nonce = [0; NONCE_LEN];
    let plaintext = vec![0; CHUNK_LEN];
    let mut opened = vec![0; CHUNK_LEN];
    let mut sealed = vec![0; CHUNK_LEN + TAG_LEN];
    // One nonce for one plaintext: nothing is learnt from sealing it again.
    let seal = throughput(|| aead.seal(&nonce, &[], black_box(&plaintext), &mut sealed));
    let open = throughput(|| {
        aead.open(&nonce, &[], black_box(&sealed), &mut opened).expect("what was sealed opens");
    });
    let mut hasher = Sha256::new(backend);
    let sha256 = throughput(|| hasher.update(black_box(&plaintext)));
    black_box(hasher.finish());
    let iterations = NonZeroU32::new(DEFAULT_ITERATIONS).expect("600,000 is not 0");
    let derive = || drop(black_box(pbkdf2_sha256(backend, b"correct horse", &[7; 32], iterations)));
    Measured {
        backend: backend.name(),
        aes_256_gcm_seal_bytes_per_s: seal,
        aes_256_gcm_open_bytes_per_s: open,
        sha256_bytes_per_s: sha256,
        pbkdf2_ms: median(|| time(derive)) * 1000.0,
    }
}

/// Bytes a second of `work`, which goes over one chunk.
fn throughput(mut work: impl FnMut()) -> u64 {
    let run = || {
        let started = Instant::now();
        let mut chunks = 0_u32;
        while started.elapsed() < RUN {
            (0..CHUNKS_BETWEEN_LOOKS_AT_THE_CLOCK).for_each(|_| work());
            chunks += CHUNKS_BETWEEN_LOOKS_AT_THE_CLOCK;
        }
        started.elapsed().as_secs_f64() / f64::from(chunks)
    };
    let chunk_len = u32::try_from(CHUNK_LEN).expect("16 KiB");
    whole(f64::from(chunk_len) / median(run))
}

fn time(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

fn median(mut run: impl FnMut() -> f64) -> f64 {
    let mut runs: [f64; RUNS] = std::array::from_fn(|_| run());
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2]
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is far below 2^64")]
fn whole(rate: f64) -> u64 {
    rate as u64
}

const RUNS: usize = 5;
const RUN: Duration = Duration::from_millis(60);
const CHUNKS_BETWEEN_LOOKS_AT_THE_CLOCK: u32 = 16;
