//! `verify-url`: whether a signed URL of one's own gateway holds.

use std::io::{Read, stdin};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::ErrorKind;
use crate::base::{Clock, SystemClock, to_rfc3339};
use crate::cli::args::VerifyUrlArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{json, key};
use crate::presign::{Granted, Method, UrlSigner, kid_of};

pub(in crate::cli) fn run(args: &VerifyUrlArgs, context: &Context) -> Result<Exit, Failure> {
    let method = Method::parse(&args.method.to_ascii_uppercase())?;
    let url = if args.url == "-" { from_stdin()? } else { Zeroizing::new(args.url.clone()) };
    let kid = kid_of(&url)?;
    let key = key::existing(&args.key, context)?;
    let granted = UrlSigner::new(&key.master, kid)?.verify_url(&method, &url, SystemClock.now())?;
    let verified = Verified::new(context.verb, &granted);
    context.terminal.print(&if context.json { json::line(&verified) } else { verified.told() })?;
    Ok(Exit::Done)
}

/// The URL on standard input, less the newline at its end.
fn from_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_LEN));
    let read = stdin().lock().take(MAX_LEN as u64).read_to_string(&mut text);
    read.map_err(|error| Failure::new(ErrorKind::Io, format!("reading standard input: {error}")))?;
    let len = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(len);
    Ok(text)
}

#[derive(Serialize)]
struct Verified {
    verb: &'static str,
    kid: String,
    methods: Vec<String>,
    not_before: Option<String>,
    expires: String,
}

impl Verified {
    fn new(verb: &'static str, granted: &Granted) -> Self {
        Self {
            verb,
            kid: granted.kid.clone(),
            methods: granted.methods.iter().map(ToString::to_string).collect(),
            not_before: granted.not_before.map(to_rfc3339),
            expires: to_rfc3339(granted.expires_at),
        }
    }

    fn told(&self) -> String {
        format!(
            "valid until {} for {}, signed with the key {}\n",
            self.expires,
            self.methods.join(", "),
            self.kid
        )
    }
}

/// More than any URL that is signed has.
const MAX_LEN: usize = 16_384;
