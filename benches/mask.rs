//! How fast secrets are taken out: of logs with every detector on, of logs without structure, with a thousand registered values, of one
//! long line; how long the first line takes, and a record of `tracing`. Beside it kingfisher, where it is on the path.
//!
//! `cargo bench --bench mask`. What it prints is for people to read: no clock makes it fail.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]
#![allow(clippy::cast_precision_loss, reason = "no text here has 2^52 bytes")]

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use modelcrypt::base::SecretText;
use modelcrypt::mask::{MaskLayer, Masker};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let len = if std::env::args().any(|arg| arg == "--quick") { 10_000_000 } else { 100_000_000 };
    let (json, secrets) = json_logs(len);
    let masker = Masker::new();
    let everything = told("JSON logs, 0.8 % of lines secret", 100, &masker, &json)?;
    println!("{:<40} {:>10} of {secrets}", "  masked", masked(&masker, &json)?);
    told("logs without structure", 250, &masker, &clean_logs(len))?;
    told("one line of 10 MB", 50, &masker, &long_line(10_000_000))?;

    let knowing = Masker::new();
    for number in 0..1000 {
        knowing.register(&SecretText::new(random_text(number, 40).into()))?;
    }
    let start = Instant::now();
    let _ = knowing.text("");
    println!("{:<40} {:>10.1} ms", "1,000 registered values made ready", start.elapsed().as_secs_f64() * 1e3);
    told("JSON logs, 1,000 registered values", 100, &knowing, &json)?;
    told("clean logs, 1,000 registered values", 150, &knowing, &clean_logs(len))?;
    first_line(&json)?;
    records("a record as a line", MaskLayer::new(knowing.clone(), io::sink as fn() -> _));
    records("a record as JSON", MaskLayer::new(knowing, io::sink as fn() -> _).json());

    let file = tempfile::Builder::new().suffix(".log").tempfile()?;
    std::fs::write(file.path(), &json)?;
    match kingfisher(file.path()) {
        Some(time) => {
            let rate = json.len() as f64 / time.as_secs_f64() / 1e6;
            println!(
                "{:<40} {rate:>10.1} MB/s, we are {:.1} times as fast",
                "kingfisher, one job",
                everything / rate
            );
        }
        None => println!("{:<40} {:>10}", "kingfisher", "not installed"),
    }
    Ok(())
}

/// Prints the median rate of a stream of pieces as pipes give them; gives it in MB/s.
fn told(what: &str, bar: u32, masker: &Masker, text: &[u8]) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let mut writer = masker.writer(io::sink());
        for piece in text.chunks(PIECE_LEN) {
            writer.write_all(piece)?;
        }
        writer.finish()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let rate = text.len() as f64 / times[RUNS / 2].as_secs_f64() / 1e6;
    println!("{what:<40} {rate:>10.1} MB/s (bar: {bar})");
    Ok(rate)
}

fn masked(masker: &Masker, text: &[u8]) -> Outcome<usize> {
    let mut writer = masker.writer(Vec::new());
    writer.write_all(text)?;
    let out = writer.finish()?;
    Ok(out.windows(9).filter(|window| window == b"__masked.").count())
}

/// The time from a fresh masker, patterns not compiled, to the first line.
fn first_line(text: &[u8]) -> Outcome<()> {
    struct First(Instant, Option<Duration>);
    impl Write for First {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.1.get_or_insert_with(|| self.0.elapsed());
            Ok(piece.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let end = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
    let mut writer = Masker::new().writer(First(Instant::now(), None));
    writer.write_all(&text[..end])?;
    let time = writer.finish()?.1.unwrap_or_default();
    println!("{:<40} {:>10.3} ms (bar: 20)", "first line", time.as_secs_f64() * 1e3);
    Ok(())
}

/// Prints the median time of a record of a server, with a secret in a field, and that of the slowest in a hundred.
fn records(what: &str, layer: MaskLayer<fn() -> io::Sink>) {
    let mut times = Vec::new();
    tracing::subscriber::with_default(registry().with(layer), || {
        let span = tracing::info_span!("request", request_id = "5f1d3c6a7b2e4f09", method = "POST");
        let _inside = span.enter();
        for number in 0..10_000_u64 {
            let start = Instant::now();
            tracing::info!(
                status = 200,
                duration_ms = number % 700,
                prompt_tokens = number % 4096,
                path = "/v1/completions",
                authorization = "Bearer q8Zr1tVx0bLmN4kJ",
                "answered in {} ms for {}",
                number % 700,
                "https://models.example/llama"
            );
            times.push(start.elapsed());
        }
    });
    times.sort_unstable();
    let [median, slow] = [times.len() / 2, times.len() * 99 / 100].map(|at| times[at].as_secs_f64() * 1e3);
    println!("{what:<40} {median:>10.4} ms, of a hundred the slowest {slow:.4} (bar: 1)");
}

fn kingfisher(file: &Path) -> Option<Duration> {
    let mut times = Vec::new();
    for _ in 0..3 {
        let start = Instant::now();
        let status = Command::new("kingfisher")
            .args(["scan", "--no-validate", "--no-update-check", "--jobs", "1", "--format", "json"])
            .args(["--max-file-size", "1000"])
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .ok()?;
        // 200: it found something.
        if !matches!(status.code(), Some(0 | 200 | 205)) {
            return None;
        }
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Some(times[1])
}

/// Logs of a trainer and a server, as JSON lines.
fn json_logs(len: usize) -> (Vec<u8>, usize) {
    let (mut text, mut number, mut secrets) = (String::with_capacity(len + 1000), 0_u64, 0);
    while text.len() < len {
        number += 1;
        let time = format!(
            "2026-03-0{}T1{}:{:02}:{:02}.{:03}Z",
            number % 9 + 1,
            number % 10,
            number % 60,
            number % 59,
            number % 1000
        );
        let _ = match number % 5 {
            _ if number % 125 == 7 => {
                secrets += 1;
                let secret = random_text(number, 36);
                match secrets % 4 {
                    0 => writeln!(
                        text,
                        r#"{{"time":"{time}","level":"DEBUG","target":"hub","message":"login","token":"hf_{}"}}"#,
                        &secret[..34]
                    ),
                    1 => writeln!(
                        text,
                        r#"{{"time":"{time}","level":"ERROR","target":"db","message":"cannot connect to postgres://svc:{secret}@db:5432/models"}}"#
                    ),
                    2 => writeln!(
                        text,
                        r#"{{"time":"{time}","level":"DEBUG","target":"http","headers":{{"authorization":"Bearer {secret}","accept":"*/*"}}}}"#
                    ),
                    _ => writeln!(
                        text,
                        r#"{{"time":"{time}","level":"INFO","target":"config","message":"loaded","db":{{"user":"svc","password":"{secret}"}}}}"#
                    ),
                }
            }
            0 => writeln!(
                text,
                r#"{{"time":"{time}","level":"INFO","target":"train","step":{number},"loss":{}.{:04},"tokens_per_second":{},"max_tokens":4096,"message":"step done"}}"#,
                number % 7,
                number % 9973,
                number % 90_000
            ),
            1 => writeln!(
                text,
                r#"{{"time":"{time}","level":"DEBUG","target":"tokenizer","message":"loaded tokenizer with {} special tokens","path":"/models/llama-3-70b/tokenizer.json","key":"model.layers.{}.self_attn.k_proj.weight"}}"#,
                number % 300,
                number % 80
            ),
            2 => writeln!(
                text,
                r#"{{"time":"{time}","level":"INFO","target":"server","request_id":"{:016x}","method":"POST","path":"/v1/completions","status":200,"prompt_tokens":{},"completion_tokens":{},"duration_ms":{}.{}}}"#,
                number.wrapping_mul(0x9E37_79B9_7F4A_7C15),
                number % 4096,
                number % 512,
                number % 700,
                number % 10
            ),
            3 => writeln!(
                text,
                r#"{{"time":"{time}","level":"INFO","target":"cache","message":"evicted {} blocks, {} free","keys":{},"hit_rate":0.{:03},"url":"https://models.example/llama/{number}"}}"#,
                number % 90,
                number % 4000,
                number % 100_000,
                number % 1000
            ),
            _ => writeln!(
                text,
                r#"{{"time":"{time}","level":"WARN","target":"scheduler","message":"queue is {} long, waiting for a worker of pool {}","author":"ops","sessions":{}}}"#,
                number % 1000,
                number % 16,
                number % 64
            ),
        };
    }
    (text.into_bytes(), secrets)
}

/// Sentences, as programs print them.
fn clean_logs(len: usize) -> Vec<u8> {
    let (mut text, mut number) = (String::with_capacity(len + 1000), 0_u64);
    while text.len() < len {
        number += 1;
        let _ = match number % 4 {
            0 => writeln!(
                text,
                "2026-03-01 12:{:02}:{:02} INFO loaded shard {} of 30 in {} ms",
                number % 60,
                number % 59,
                number % 30,
                number % 977
            ),
            1 => writeln!(
                text,
                "2026-03-01 12:{:02}:{:02} INFO step {number} done, loss {}.{:04}, learning rate 0.0003, grad norm 1.{}",
                number % 60,
                number % 59,
                number % 7,
                number % 9973,
                number % 100
            ),
            2 => writeln!(
                text,
                "2026-03-01 12:{:02}:{:02} WARN worker {} has not answered for {} ms, asking again",
                number % 60,
                number % 59,
                number % 16,
                number % 5000
            ),
            _ => writeln!(
                text,
                "2026-03-01 12:{:02}:{:02} INFO wrote checkpoint at step {number} to /mnt/models/run-{}/checkpoint-{number}",
                number % 60,
                number % 59,
                number % 40
            ),
        };
    }
    text.into_bytes()
}

fn long_line(len: usize) -> Vec<u8> {
    let (mut line, _) = json_logs(len);
    line.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
    line
}

/// Letters and digits that nobody would guess, the same in every run.
fn random_text(seed: u64, len: usize) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(alphabet[usize::try_from(state >> 33).unwrap_or(0) % alphabet.len()])
    };
    (0..len).map(|_| next()).collect()
}

const RUNS: usize = 5;
const PIECE_LEN: usize = 64 << 10;
