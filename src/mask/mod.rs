//! Finds secrets in text and takes them out.

mod finder;
mod found;
mod rule;
mod severity;
#[allow(dead_code, unused_imports, reason = "the finder is to call it")]
mod structure;
mod syntax;

pub use finder::Finder;
pub use found::{Found, Place};
pub use rule::{Rule, rule, rules};
pub use severity::{Confidence, Severity};
pub use syntax::Syntax;
