//! `sign-url`: a URL of one's own gateway, signed.

use serde::Serialize;

use crate::base::{Clock, SystemClock, to_rfc3339};
use crate::cli::args::SignUrlArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{json, key};
use crate::presign::{Error, Grant, Method, PlainHttp, UrlSigner};

pub(in crate::cli) fn run(args: &SignUrlArgs, context: &Context) -> Result<Exit, Failure> {
    let mut methods = args.method.iter().map(|text| Method::parse(&text.to_ascii_uppercase()));
    let first = methods.next().expect("clap: there is a default")?;
    let mut grant = Grant::new(first, args.expires.0);
    for method in methods {
        grant = grant.and(method?);
    }
    let key = key::existing(&args.key, context)?;
    let key_id = key.master.id().ok_or(Error::PassphraseKey)?.to_string();
    let kid = args.kid.as_deref().unwrap_or(&key_id);
    let plain_http = if args.allow_http { PlainHttp::Allowed } else { PlainHttp::LoopbackOnly };
    let signer = UrlSigner::new(&key.master, kid)?.with_plain_http(plain_http);
    let url = signer.sign(&args.url, &grant, SystemClock.now())?;

    context.terminal.print(&if context.json {
        json::line(&Signed {
            verb: context.verb,
            url: url.expose(),
            kid,
            methods: url.methods().iter().map(Method::as_str).collect(),
            expires: to_rfc3339(url.expires_at()),
        })
    } else {
        url.expose().to_owned() + "\n"
    })?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Signed<'u> {
    verb: &'static str,
    url: &'u str,
    kid: &'u str,
    methods: Vec<&'u str>,
    expires: String,
}
