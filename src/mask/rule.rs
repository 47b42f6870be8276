//! What is known of each kind of secret, as data.

use std::sync::LazyLock;

use serde::Deserialize;

use super::severity::Severity;

/// One kind of secret, as `rules.toml` describes it.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Lower-case words with hyphens between them; stands in masked text, reports and baselines for good.
    pub id: String,
    /// For people.
    pub title: String,
    /// How bad it is if one leaks.
    pub severity: Severity,
    /// One of these stands in every secret of this kind, or right before it. None: found by its place
    /// (`structure`), by its registration (`known-value`), or over several lines (`private-key`).
    #[serde(default)]
    pub keywords: Vec<String>,
    /// The regular expression of the secret. Its group 1, if it has one, is the secret; else all of it.
    #[serde(default)]
    pub pattern: Option<String>,
}

impl Eq for Rule {}

/// All rules, in the order of `rules.toml`.
#[must_use]
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The rule of this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().iter().find(|rule| rule.id == id)
}

#[derive(Deserialize)]
struct File {
    rule: Vec<Rule>,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("rules.toml")).expect("rules.toml is tested");
    file.rule
});
