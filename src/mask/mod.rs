//! Finds secrets in text and takes them out.

mod boundary;
mod checksum;
mod entropy;
mod finder;
mod found;
mod placeholder;
mod rule;
mod severity;
mod syntax;

pub use checksum::Checksum;
pub use entropy::entropy;
pub use finder::Finder;
pub use found::{Found, Place};
pub use placeholder::is_placeholder;
pub use rule::{Match, Rule, rule, rules};
pub use severity::{Confidence, Severity};
pub use syntax::Syntax;
