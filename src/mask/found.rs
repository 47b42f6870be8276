//! Where a secret stands in a text.

use std::ops::Range;

use super::rule::Rule;
use super::severity::Confidence;

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The bytes of the secret: of the value alone, without its name, quotes or scheme.
    pub span: Range<usize>,
    /// What found it.
    pub rule: &'static Rule,
    /// How sure it is.
    pub confidence: Confidence,
    /// What has to stand around the masked form so that the text stays what it was.
    pub place: Place,
}

/// What has to stand around the masked form so that the text stays what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nothing: text, or inside of quotes.
    Text,
    /// Quotes: a number or a word in JSON.
    BareJson,
}
