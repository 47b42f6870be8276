//! The verbs of signed URLs.
#![allow(clippy::doc_markdown, reason = "the docs are the help, which is no Markdown")]

use std::ffi::OsString;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::cred::StoreArgs;
use super::key::KeyArgs;

/// Sign a URL with which anybody can do one thing with one object in S3
///
/// Prints it: whoever has it may use it. The credential is the one that --credential names, with its region and
/// endpoint, else it comes from $AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY and
/// $AWS_SESSION_TOKEN; the region from --region, $AWS_REGION or $AWS_DEFAULT_REGION. Does not connect anywhere: a wrong
/// credential or bucket shows when the URL is used.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt presign s3://models/llama/model.safetensors.enc --expires 15m")]
pub(in crate::cli) struct PresignArgs {
    /// The object; after the bucket's slash everything is its key, byte for byte
    #[arg(value_name = "s3://BUCKET/KEY")]
    pub(in crate::cli) object: OsString,
    /// What the URL is for
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    pub(in crate::cli) method: String,
    /// How long it is valid: 90s, 15m, 12h, 7d; less if $AWS_CREDENTIAL_EXPIRATION comes before
    #[arg(long, value_name = "LIFE", default_value = "1h")]
    pub(in crate::cli) expires: Life,
    /// The region of the bucket; with --endpoint us-east-1 unless given
    #[arg(long, value_name = "REGION")]
    pub(in crate::cli) region: Option<String>,
    /// A server that is not of AWS, like http://127.0.0.1:9000
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) endpoint: Option<String>,
    /// Put the bucket into the path; usual with --endpoint
    #[arg(long, conflicts_with = "virtual_host")]
    pub(in crate::cli) path_style: bool,
    /// Put the bucket into the host; usual without --endpoint
    #[arg(long)]
    pub(in crate::cli) virtual_host: bool,
    /// A header that has to be sent exactly so, like range:bytes=0-1023
    #[arg(long, value_name = "NAME:VALUE")]
    pub(in crate::cli) header: Vec<String>,
    /// A query parameter, like response-content-type=text/plain or partNumber=1
    #[arg(long, value_name = "NAME=VALUE")]
    pub(in crate::cli) query: Vec<String>,
    /// This version of the object
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) version_id: Option<String>,
    /// Sign for plain http to another machine too
    #[arg(long)]
    pub(in crate::cli) allow_http: bool,
    /// Sign with this credential of `modelcrypt cred`
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) credential: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) stores: StoreArgs,
}

/// Sign a URL of your own gateway
///
/// Prints it: whoever has it may use it. Needs a master key (mck1_…), which the gateway verifies it with; a passphrase
/// signs no URLs. Does not make a gateway: examples/gateway.rs is one.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: modelcrypt sign-url https://models.example/llama/model.safetensors.enc --expires 1h"
)]
pub(in crate::cli) struct SignUrlArgs {
    /// The URL, as a browser would send it
    #[arg(value_name = "URL")]
    pub(in crate::cli) url: String,
    /// How long it is valid: 90s, 15m, 12h, 7d at most
    #[arg(long, value_name = "LIFE")]
    pub(in crate::cli) expires: Life,
    /// What it is for; several times for several
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    pub(in crate::cli) method: Vec<String>,
    /// Which of the gateway's keys signs; the id of the master key unless given
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) kid: Option<String>,
    /// Sign for plain http to another machine too
    #[arg(long)]
    pub(in crate::cli) allow_http: bool,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// Verify a URL that sign-url has signed
///
/// Exit code 4: it was changed, or signed with another key. Exit code 5: it was signed so, and has expired, is not valid
/// yet or is for other methods. Does not know which keys a gateway has revoked.
#[derive(Debug, Args)]
#[command(after_help = "Example: modelcrypt verify-url - --method GET < url.txt")]
pub(in crate::cli) struct VerifyUrlArgs {
    /// The URL; - takes it from standard input, where others on the machine do not see it
    #[arg(value_name = "URL")]
    pub(in crate::cli) url: String,
    /// What somebody wants to use it for
    #[arg(long, value_name = "METHOD")]
    pub(in crate::cli) method: String,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
}

/// A span of time: how long a URL lives, how old a secret may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Life(pub(in crate::cli) Duration);

impl FromStr for Life {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = "not a number with s, m, h or d behind it";
        let number = text.strip_suffix(['s', 'm', 'h', 'd']).ok_or(wanted)?;
        let unit = match &text[number.len()..] {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => 86_400,
        };
        // `parse` takes a plus sign too.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wanted);
        }
        let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or(wanted)?;
        Ok(Self(Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_number_with_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800), ("0s", 0)] {
            assert_eq!(text.parse(), Ok(Life(Duration::from_secs(seconds))));
        }
        for wrong in [
            "",
            "s",
            "900",
            "+1s",
            "-1s",
            "1.5h",
            "1w",
            "1 h",
            "1H",
            "18446744073709551616s",
            "999999999999999999d",
        ] {
            assert!(wrong.parse::<Life>().is_err(), "{wrong}");
        }
    }
}
