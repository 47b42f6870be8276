//! How long a signed URL takes: from the cache, signed for S3, signed and verified for a gateway, and beside them by botocore,
//! where `python3` has it.
//!
//! `cargo bench --bench presign`. What it prints is for people to read: no clock makes it fail.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use modelcrypt::MasterKey;
use modelcrypt::base::SecretText;
use modelcrypt::presign::{
    AwsCredentials, CachePolicy, Endpoint, Grant, Method, ObjectRequest, PresignCache, Region, S3Signer,
    UrlSigner,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let region = Region::parse("eu-west-1")?;
    let credentials = AwsCredentials::new("AKIDEXAMPLE", SecretText::new(SECRET.into()))?;
    let signer = S3Signer::new(Endpoint::aws(&region)?, region, credentials);
    let request = ObjectRequest::get("models", KEY)?;
    let hour = Duration::from_secs(3600);

    let cache = PresignCache::new(CachePolicy::new(hour));
    for number in 0..10_000 {
        cache.url(&signer, &ObjectRequest::get("models", number.to_string())?)?;
    }
    told("cached hit, 10,000 URLs there", || cache.url(&signer, &request).is_ok());
    told("signature for S3", || signer.presign(&request, hour, SystemTime::now()).is_ok());
    match botocore() {
        Some(microseconds) => println!("{:<40} {microseconds:>10.2} µs", "signature for S3, botocore"),
        None => println!("{:<40} {:>13}", "signature for S3, botocore", "not installed"),
    }

    let gateway = UrlSigner::new(&MasterKey::generate()?, "2026-01")?;
    let (grant, now) = (Grant::new(Method::GET, hour), SystemTime::now());
    let url = format!("https://models.example/{KEY}");
    let signed = gateway.sign(&url, &grant, now)?;
    let unknown = signed.expose().replacen("mc-kid=2026-01", "mc-kid=2026-02", 1);
    let wrong = signed.expose().replacen("/llama", "/llamb", 1);
    told("signature for a gateway", || gateway.sign(&url, &grant, now).is_ok());
    told("verified", || gateway.verify_url(&Method::GET, signed.expose(), now).is_ok());
    told("refused, wrong signature", || gateway.verify_url(&Method::GET, &wrong, now).is_err());
    told("refused, unknown key", || gateway.verify_url(&Method::GET, &unknown, now).is_err());
    Ok(())
}

/// Prints the median of many runs.
fn told(what: &str, run: impl Fn() -> bool) {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                assert!(black_box(run()));
            }
            start.elapsed() / ROUNDS
        })
        .collect();
    times.sort_unstable();
    println!("{what:<40} {:>10.2} µs", times[RUNS / 2].as_secs_f64() * 1e6);
}

/// Microseconds of one `generate_presigned_url`.
fn botocore() -> Option<f64> {
    let script = format!(
        "import timeit, botocore.session as s\n\
         from botocore.config import Config\n\
         c = s.Session().create_client('s3', region_name='eu-west-1', aws_access_key_id='AKIDEXAMPLE',\n\
             aws_secret_access_key='{SECRET}', config=Config(signature_version='s3v4', s3={{'addressing_style': 'virtual'}}))\n\
         f = lambda: c.generate_presigned_url('get_object', Params={{'Bucket': 'models', 'Key': '{KEY}'}}, ExpiresIn=3600)\n\
         f()\n\
         print(min(timeit.repeat(f, number=200, repeat=5)) / 200 * 1e6)"
    );
    let output = Command::new("python3").args(["-c", &script]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

const KEY: &str = "llama-3-70b/model-00001-of-00030.safetensors.enc";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const RUNS: usize = 21;
const ROUNDS: u32 = 2000;
