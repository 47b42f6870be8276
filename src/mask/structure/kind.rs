//! What kind of secret a name announces.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::mask::rule::{Rule, rule};

/// What kind of secret a name announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Password,
    Secret,
    Token,
    ApiKey,
    Credential,
    Authorization,
    UrlCredentials,
    Signature,
    Salt,
}

impl Kind {
    /// The rule that a find of this kind is reported under.
    pub(super) fn rule(self) -> &'static Rule {
        RULES[self as usize]
    }
}

/// Ids in the order of the variants.
const IDS: [&str; 9] = [
    "password",
    "secret",
    "token",
    "api-key",
    "credential",
    "authorization",
    "url-credentials",
    "signature",
    "salt",
];

static RULES: LazyLock<[&'static Rule; 9]> =
    LazyLock::new(|| IDS.map(|id| rule(id).expect("rules.toml describes what structure finds")));
