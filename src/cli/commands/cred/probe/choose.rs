//! Which credential is tried, and how.

use crate::ErrorKind;
use crate::base::SecretText;
use crate::cli::args::cred::TestArgs;
use crate::cli::context::Context;
use crate::cli::credential_store;
use crate::cli::failure::Failure;
use crate::credentials::stores::env::hub_token;
use crate::credentials::{Credential, CredentialStore, Kind, Name, Selector, for_url};

/// What is tried.
pub(super) enum Chosen {
    Kept(Box<Credential>),
    /// A token of the Hub that is in the environment or in its file, and where.
    Token(SecretText, String),
}

/// Finds what `NAME|s3|hf|postgres|http` stands for.
pub(super) fn choose(args: &TestArgs, context: &Context) -> Result<Chosen, Failure> {
    if args.of == "hf"
        && let Some(found) = hub_token()
    {
        return Ok(Chosen::Token(found.secret, found.record.description.unwrap_or_default()));
    }
    let name: Name = args.of.parse()?;
    let store = credential_store::open(&args.stores, context)?;
    let kept = |credential| Chosen::Kept(Box::new(credential));
    match &*args.of {
        "s3" => Ok(kept(for_url(&store, "s3://")?)),
        "hf" => Ok(kept(for_url(&store, "hf://")?)),
        "postgres" => only(&store, "db_dsn", |kind| kind == Kind::DbDsn).map(kept),
        "http" => only(&store, "http_basic, bearer_token or api_key", |kind| {
            matches!(kind, Kind::HttpBasic | Kind::BearerToken | Kind::ApiKey)
        })
        .map(kept),
        _ => Ok(kept(store.get(&name, Selector::CURRENT)?)),
    }
}

/// The only active one of a kind.
fn only(
    store: &dyn CredentialStore,
    kinds: &str,
    is_kind: impl Fn(Kind) -> bool,
) -> Result<Credential, Failure> {
    let entries = store.list()?.to_choose_from()?;
    let mut found = entries.iter().filter(|entry| entry.record.active && is_kind(entry.record.kind));
    match (found.next(), found.next()) {
        (Some(entry), None) => Ok(store.get(&entry.record.name, Selector::CURRENT)?),
        (None, _) => {
            Err(Failure::new(ErrorKind::NotFound, format!("there is no credential of the type {kinds}")))
        }
        _ => {
            Err(Failure::usage(format!("there are several credentials of the type {kinds}")).hint("name one"))
        }
    }
}
