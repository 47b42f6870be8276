//! Who the Hugging Face Hub takes somebody for.

use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::web;
use crate::base::SecretText;
use crate::cli::failure::Failure;
use crate::presign::PlainHttp;

/// Asks the Hub at `endpoint`, which the record has checked; the public one unless given.
pub(super) fn ask(endpoint: Option<&str>, token: &SecretText, patience: Duration) -> Result<Answer, Failure> {
    let of_environment = std::env::var("HF_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
    let endpoint = endpoint.map(str::to_owned).or(of_environment).unwrap_or_else(|| PUBLIC.into());
    let endpoint = endpoint.trim_end_matches('/');
    web::check(endpoint, PlainHttp::LoopbackOnly)?;
    let token = std::str::from_utf8(token.expose()).map_err(|_| Failure::usage("the token is not UTF-8"))?;
    let value = Zeroizing::new(format!("Bearer {token}"));
    let found =
        match web::get(&format!("{endpoint}/api/whoami-v2"), Some(("Authorization", &value)), patience) {
            Ok(found) => found,
            Err(said) => return Ok(Answer::bad(endpoint, said)),
        };
    let document: Option<Value> = serde_json::from_str(&found.body).ok();
    let name = document.as_ref().and_then(|document| document.get("name")?.as_str());
    Ok(match name {
        Some(name) if found.status == 200 => Answer::good(endpoint, format!("it is {name}")),
        _ if found.status == 200 => Answer::bad(endpoint, "200 OK, but not from a Hub"),
        _ => found.answer(endpoint),
    })
}

const PUBLIC: &str = "https://huggingface.co";
